"""How a video of a song is made."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from subsong.core.config import ConfigBase

_MAX_FACTOR = 1000


class SongVideoOptions(ConfigBase):
    """Pace, sound and size of a video."""

    fps: int = Field(30, ge=1, le=120, description="Frames per second.")
    slow_down: float | None = Field(
        None,
        description="How many times longer the video lasts than the song, which is heard as much lower, at least 1; "
        "null: 10 for ultrasound, as bat detectors do, otherwise 1.",
    )
    shift: float | None = Field(
        None, description="Play in real time, with every frequency divided by this, above 1; null: do not."
    )
    view_s: float = Field(3.0, gt=0, le=60, description="Seconds of playing time that the spectrogram shows at once.")
    tail_s: float = Field(0.3, ge=0, le=10, description="Seconds of playing time that the point's tail lasts.")
    height: Literal[720, 1080] = Field(720, description="Height of the picture, whose sides are 16 to 9.")
    title: str = Field("", description="Stands above the picture.")

    @field_validator("slow_down", "shift")
    @classmethod
    def _is_a_factor(cls, factor: float | None, info: ValidationInfo) -> float | None:
        # A shift by 1 would change nothing, and be the slowest way to do so.
        if factor is not None and not (1 <= factor <= _MAX_FACTOR and (factor > 1 or info.field_name == "slow_down")):
            low = "at least 1" if info.field_name == "slow_down" else "above 1"
            raise ValueError(f"should be {low}, and {_MAX_FACTOR:,} at most")
        return factor

    @model_validator(mode="after")
    def _one_way_of_hearing(self) -> Self:
        if self.slow_down is not None and self.shift is not None:
            raise ValueError("slow_down and shift are two ways of bringing a song into hearing: give one of them")
        return self
