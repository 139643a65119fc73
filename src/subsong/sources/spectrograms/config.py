"""What a spectrogram image is: the settings of the STFT, of the two axes of the image and of its grey values."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError


class SpectrogramConfig(ConfigBase):
    """How a segment of a recording becomes an image of values in [0, 1].

    The defaults are ours: true square-root stretch, and edges that show the recording. ``stretch="ava"`` with
    ``edges="silence"`` is AVA's definition (Goffinet et al. 2021, eLife 10:e67855), and gives its numbers.

    Notes
    -----
    `log_low` and `log_high` are in natural logarithms of the magnitude of a sinusoid in units of `amplitude_scale`:
    a sinusoid of amplitude A has magnitude A / 2. AVA's published values (2.0 to 6.5) mean 16-bit integers, hence the
    default scale of 32768 for audio in full-scale units. Values published for floating-point files need a scale of 1.
    """

    window_size: int = Field(512, ge=4, description="Samples of one STFT window (SciPy's nperseg).")
    hop_size: int = Field(256, ge=1, description="Samples from one STFT frame to the next.")
    window: Literal["hann", "multitaper"] = Field(
        "hann", description="hann: one window; multitaper: power averaged over sine tapers, smoother in noise."
    )
    num_tapers: int = Field(4, ge=1, le=16, description="How many sine tapers; used by window: multitaper only.")
    low_hz: float = Field(400.0, ge=0, description="Frequency of the first row of the image.")
    high_hz: float = Field(10_000.0, gt=0, description="Frequency of the last row of the image.")
    frequency_axis: Literal["linear", "mel"] = Field("linear", description="Rows equally spaced in Hz or in mel.")
    num_freq_bins: int = Field(128, ge=2, description="Rows of the image.")
    num_time_bins: int = Field(128, ge=2, description="Columns of the image.")
    max_duration_s: float = Field(0.2, gt=0, description="Duration that fills the image; a longer one is cropped.")
    stretch: Literal["none", "sqrt", "ava"] = Field(
        "sqrt",
        description="none: every image spans max_duration_s; sqrt: a segment of duration d fills "
        "sqrt(d / max_duration_s) of it; ava: the formula of AVA's code, r / (1 + r - sqrt(r)).",
    )
    edges: Literal["recording", "segment", "silence"] = Field(
        "recording",
        description="What is left and right of the segment. recording: what sounded there; segment: black, but windows "
        "at its ends look over them; silence: black, and zeros are put around the segment before the STFT (AVA).",
    )
    amplitude_scale: float = Field(
        32768.0, gt=0, description="Samples are multiplied by this before the logarithm; 32768 gives 16-bit units."
    )
    log_low: float | None = Field(None, description="Log magnitude shown as 0; none: chosen from the data.")
    log_high: float | None = Field(None, description="Log magnitude shown as 1; none: chosen from the data.")
    low_percentile: float = Field(
        40.0, ge=0, lt=100, description="Percentile of the segments' log magnitudes that log_low is chosen as."
    )
    high_percentile: float = Field(
        99.5, gt=0, le=100, description="Percentile of the segments' log magnitudes that log_high is chosen as."
    )
    remove_mean: bool = Field(True, description="Subtract the segment's mean sample.")
    within_normalize: bool = Field(
        False, description="Subtract the image's own normalize_quantile, floor at 0, divide by its maximum."
    )
    normalize_quantile: float = Field(0.02, ge=0, lt=1, description="Quantile that within_normalize subtracts.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        pairs = [("low_hz", "high_hz"), ("low_percentile", "high_percentile")]
        if self.log_low is not None and self.log_high is not None:
            pairs.append(("log_low", "log_high"))
        for low, high in pairs:
            if not getattr(self, low) < getattr(self, high):
                raise ValueError(f"{low} must be below {high}, found {getattr(self, low)} and {getattr(self, high)}")
        if self.hop_size > self.window_size:
            raise ValueError(f"hop_size {self.hop_size} is larger than window_size {self.window_size}: samples between "
                             "two windows would not be looked at; make it half the window or less")  # fmt: skip
        return self


def check_sample_rate(config: SpectrogramConfig, sample_rate_hz: int) -> None:
    """Check that recordings of this rate hold the frequencies the image shows.

    Raises
    ------
    SubsongError
        When `high_hz` is above half the sample rate.
    """
    nyquist_hz = sample_rate_hz / 2
    if config.high_hz > nyquist_hz:
        raise SubsongError(
            f"high_hz is {config.high_hz:g}, but a recording of {sample_rate_hz} samples a second holds nothing above "
            f"{nyquist_hz:g} Hz: set high_hz to {nyquist_hz:g} or less, or use recordings of a higher rate"
        )


def check_log_range(config: SpectrogramConfig) -> tuple[float, float]:
    """Return `log_low` and `log_high`.

    Raises
    ------
    SubsongError
        When one of them is still to be chosen.
    """
    if config.log_low is None or config.log_high is None:
        raise SubsongError(
            "spectrogram images need log_low and log_high, and at least one is not set: "
            "set both, or let fit_range choose them from recordings"
        )
    return config.log_low, config.log_high
