"""How syllables are read: which recordings and segments, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.sources.acoustic_features import AcousticFeatureConfig
from subsong.sources.audio import AuditOptions
from subsong.sources.spectrograms import SpectrogramConfig

_ULTRASOUND_HZ = 20_000.0


class AnnotatedReading(ConfigBase):
    """Where recordings are, where their annotations, and what a recording must be like."""

    annotations: Path | None = Field(
        None, description="File or folder of the segments; null: looked for beside the recordings."
    )
    annotation_format: str | None = Field(None, description="Format of the annotations; null: told by the file.")
    channel: int | Literal["mean", "all"] | None = Field(
        None, description="Channel of recordings that have several, from 0; mean: of all; all: each by itself."
    )
    audit: AuditOptions = Field(AuditOptions(), description="What a recording must be like to be used.")


class SegmentReading(AnnotatedReading):
    """Which recordings and annotated segments are read."""

    channel: int | Literal["mean"] | None = Field(
        None, description="Channel of recordings that have several, from 0; mean: of all; null: there must be one."
    )
    min_duration_s: float = Field(0.0, ge=0, description="Shorter segments are listed as skipped.")
    leave_out: Path | None = Field(
        None, description="Table of syllables to leave out (column id), such as a selection on a map: noise, calls."
    )
    spectrogram: SpectrogramConfig = Field(SpectrogramConfig(), description="What an image is.")


class SyllableReading(SegmentReading):
    """From recordings and annotations to spectrograms and features."""

    features: bool = Field(True, description="Measure traditional acoustic features of each segment as well.")
    feature_settings: AcousticFeatureConfig | None = Field(
        None, description="Band and frames of the features; null: from the band of the spectrogram."
    )
    stored_as: Literal["float16", "uint8", "float32"] = Field(
        "float16", description="Number format of the images on the disk; float16 keeps three digits."
    )

    def choose_features(self) -> AcousticFeatureConfig:
        """Return how features are measured."""
        if self.feature_settings is not None:
            return self.feature_settings
        low_hz, high_hz = self.spectrogram.low_hz, self.spectrogram.high_hz
        default = AcousticFeatureConfig()
        # Ultrasonic calls are fast: frames of 4 ms, as AVA's windows for mice are.
        window_s = 0.004 if low_hz >= _ULTRASOUND_HZ else default.window_s
        pitch_low_hz = max(default.pitch_low_hz, low_hz)
        return AcousticFeatureConfig(low_hz=low_hz, high_hz=high_hz, window_s=window_s, pitch_low_hz=pitch_low_hz)
