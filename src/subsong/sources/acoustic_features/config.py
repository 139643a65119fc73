"""The settings of acoustic features."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError

MIN_PERIODS = 3.0
"""Periods of the lowest pitch a frame must hold (Boersma 1993)."""


class AcousticFeatureConfig(ConfigBase):
    """Frames, the band that is looked at, and where pitch may lie.

    The defaults suit songbirds, and are those of Sound Analysis Pro where it has them (frames of 9.3 ms every
    millisecond). For mice, take for example ``window_s=0.004, low_hz=30e3, high_hz=110e3, pitch_low_hz=30e3``.
    """

    window_s: float = Field(0.01, gt=0, description="Length of a frame.")
    hop_s: float = Field(0.001, gt=0, description="From one frame to the next.")
    low_hz: float = Field(300.0, ge=0, description="Lower edge of the band all features are computed in.")
    high_hz: float | None = Field(None, gt=0, description="Upper edge; null is half the sample rate.")
    pitch_low_hz: float = Field(400.0, gt=0, description="Lowest pitch looked for; three periods fit in a frame.")
    pitch_high_hz: float | None = Field(None, gt=0, description="Highest pitch looked for; null is the band's edge.")
    min_periodicity: float = Field(
        0.45, ge=0, lt=1, description="Frames less periodic than this have no pitch (0: noise, 1: strictly periodic)."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, high in (("low_hz", "high_hz"), ("pitch_low_hz", "pitch_high_hz")):
            if getattr(self, high) is not None and getattr(self, low) >= getattr(self, high):
                raise ValueError(f"{low} = {getattr(self, low):g} should be below {high} = {getattr(self, high):g}")
        if self.pitch_low_hz * self.window_s < MIN_PERIODS:
            raise ValueError(
                f"a frame of {self.window_s:g} s holds {self.pitch_low_hz * self.window_s:.2g} periods of pitch_low_hz "
                f"= {self.pitch_low_hz:g}, which needs {MIN_PERIODS:g}: raise one of them"
            )
        return self

    def find_band(self, sample_rate_hz: int) -> tuple[float, float]:
        """Return the edges of the band in Hz at a sample rate.

        Raises
        ------
        SubsongError
            When the band, or the pitch looked for, lies above half the sample rate.
        """
        nyquist_hz = sample_rate_hz / 2
        high_hz = nyquist_hz if self.high_hz is None else min(self.high_hz, nyquist_hz)
        lowest_hz = max(self.low_hz, self.pitch_low_hz)
        if lowest_hz >= high_hz:
            raise SubsongError(
                f"low_hz and pitch_low_hz should lie below half the sample rate of the recording, {nyquist_hz:g} Hz, "
                f"but {lowest_hz:g} Hz was given: lower it, or leave this recording out"
            )
        return self.low_hz, high_hz
