"""What may be done to chunks of song in training, as configuration; `augmenting` does it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase


class _Augmentation(ConfigBase):
    probability: float = Field(1.0, ge=0, le=1, description="How often a chunk is changed so.")


class _DecibelRange(_Augmentation):
    low_db: float
    high_db: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low_db > self.high_db:
            raise ValueError(f"low_db is {self.low_db:g} and high_db {self.high_db:g}: expected low_db <= high_db")
        return self


class GainAugmentation(_DecibelRange):
    """Louder and quieter recordings."""

    kind: Literal["gain"] = "gain"
    low_db: float = Field(-6.0, description="Least gain; any in the range is as likely.")
    high_db: float = Field(6.0, description="Largest gain.")


class NoiseAugmentation(_DecibelRange):
    """Noise of a steady spectrum on top."""

    kind: Literal["noise"] = "noise"
    colour: Literal["white", "pink"] = Field("white", description="white: flat spectrum; pink: 3 dB less an octave.")
    low_db: float = Field(5.0, description="Least signal-to-noise ratio; signal is the whole chunk.")
    high_db: float = Field(40.0, description="Largest signal-to-noise ratio.")


class BackgroundAugmentation(_DecibelRange):
    """Real background on top: of the training sound itself, or of any recordings."""

    kind: Literal["background"] = "background"
    folder: Path | None = Field(
        None, description="Recordings of background; null: what is not annotated in the training sound."
    )
    low_db: float = Field(-10.0, description="Least gain of it, relative to how it was recorded.")
    high_db: float = Field(6.0, description="Largest gain of it.")


class ResponseAugmentation(_Augmentation):
    """Another microphone at another place: a smooth frequency response, drawn anew."""

    kind: Literal["response"] = "response"
    spread_db: float = Field(4.0, gt=0, description="Standard deviation of the response, between octaves independent.")


class PolarityAugmentation(_Augmentation):
    """A microphone wired the other way round: the sign of all samples changes."""

    kind: Literal["polarity"] = "polarity"
    probability: float = Field(0.5, ge=0, le=1, description="How often a chunk is changed so.")


class ShiftAugmentation(_Augmentation):
    """Frames begin anywhere within a hop: sound and labels move together by less than a frame."""

    kind: Literal["shift"] = "shift"


class TimeMaskAugmentation(_Augmentation):
    """A stretch of frames falls silent; labels stay."""

    kind: Literal["time_mask"] = "time_mask"
    max_duration_s: float = Field(0.02, gt=0, description="Longest silence; any shorter one is as likely.")


class FrequencyMaskAugmentation(_Augmentation):
    """A band of rows falls silent; labels stay."""

    kind: Literal["frequency_mask"] = "frequency_mask"
    max_share: float = Field(0.2, gt=0, le=1, description="Largest share of the rows; any smaller one is as likely.")


SoundAugmentation = (
    GainAugmentation | NoiseAugmentation | BackgroundAugmentation | ResponseAugmentation | PolarityAugmentation
)
FrameAugmentation = TimeMaskAugmentation | FrequencyMaskAugmentation
AugmentationConfig = Annotated[
    SoundAugmentation | FrameAugmentation | ShiftAugmentation,
    Field(discriminator="kind"),
]
