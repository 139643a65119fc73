"""How a recording is segmented by its amplitude."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase


class AmplitudeSegmentation(ConfigBase):
    """A trace of loudness, and the thresholds that cut it.

    From each peak of the trace the segment reaches both ways to where the trace falls below the boundary threshold,
    or to a dip below the dip threshold, whichever is nearer. Thresholds that are not given are found for each
    recording from its own trace, so that recordings of other gain or noise need no other numbers.
    """

    window_size: int = Field(
        256,
        ge=2,
        description="Window of the spectrum, in samples; onsets of loud song come out up to half of it early.",
    )
    hop_size: int = Field(64, ge=1, description="Step of the trace, in samples: boundaries are as fine as this.")
    low_hz: float = Field(500.0, ge=0, description="Lower end of the band that is heard.")
    high_hz: float = Field(10_000.0, gt=0, description="Upper end of the band that is heard, itself left out.")
    trace: Literal["level", "sum", "softmax"] = Field(
        "level",
        description="level: power in the band, in dB; sum: log magnitudes clipped to [0, 1] and summed over the band, "
        "as AVA does; softmax: their mean weighted towards the loudest bins.",
    )
    amplitude_scale: float = Field(
        32768.0, gt=0, description="Factor on samples in units of full scale; 32768 gives those of 16-bit files."
    )
    log_low: float = Field(2.0, description="ln magnitude that counts as 0; of traces sum and softmax.")
    log_high: float = Field(6.0, description="ln magnitude that counts as 1; of traces sum and softmax.")
    temperature: float = Field(
        0.5, gt=0, description="Of the trace softmax: the lower, the more the loudest bin counts."
    )
    smoothing_s: float = Field(0.0025, ge=0, description="Standard deviation of the Gaussian that smooths the trace.")
    boundary_threshold: float | None = Field(
        None, description="A segment ends where the trace falls below this (AVA's th_1); null: found from the trace."
    )
    dip_threshold: float | None = Field(
        None, description="A segment ends at a local minimum below this (AVA's th_2); null: found from the trace."
    )
    peak_threshold: float | None = Field(
        None, description="A segment has a peak above this (AVA's th_3); null: found from the trace."
    )
    threshold_fractions: tuple[float, float, float] = Field(
        (0.25, 0.25, 0.4),
        description="Where boundary, dip and peak thresholds not given lie between background (0) and song (1).",
    )
    noise_margin: float = Field(
        6.0, ge=0, description="How far such thresholds lie above the background at least, in units of its spread."
    )
    min_gap_s: float = Field(0.0, ge=0, description="Segments with a shorter gap between them become one.")
    min_duration_s: float = Field(0.01, ge=0, description="Shorter segments are dropped.")
    max_duration_s: float | None = Field(None, gt=0, description="Longer segments are dropped; null keeps them.")
    edges: Literal["keep", "drop"] = Field(
        "keep", description="What begins before the recording or ends after it: kept and flagged, or dropped as in AVA."
    )

    @model_validator(mode="after")
    def _in_order(self) -> AmplitudeSegmentation:
        if self.low_hz >= self.high_hz:
            raise ValueError(f"low_hz {self.low_hz:g} should lie below high_hz {self.high_hz:g}")
        if self.log_low >= self.log_high:
            raise ValueError(f"log_low {self.log_low:g} should lie below log_high {self.log_high:g}")
        if self.max_duration_s is not None and self.max_duration_s < self.min_duration_s:
            raise ValueError(f"max_duration_s {self.max_duration_s:g} is below min_duration_s {self.min_duration_s:g}")
        if self.hop_size > self.window_size:
            raise ValueError(f"hop_size {self.hop_size} skips samples: it should be at most {self.window_size}")
        return self
