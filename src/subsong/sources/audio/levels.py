"""How loud a recording is, measured block by block.

Legend: N = samples of all chosen channels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from subsong.sources.audio.frames import FrameSource
from subsong.sources.audio.info import AudioInfo
from subsong.sources.audio.reader import Channel, pick_channel

_BLOCK_SAMPLES = 1 << 16
# The loudest code of 16 bits: where sound that was clipped before it became floats or a lossy code lies.
_LOUDEST_16_BITS = 1.0 - 2.0**-15


class AudioLevels(NamedTuple):
    """Levels in units of full scale, over the finite samples.

    Attributes
    ----------
    peak
        Largest absolute value.
    rms
        Root of the mean square.
    mean
        Mean: the DC offset.
    half_range
        Half of the largest minus the smallest value: 0 for a constant, whatever its offset.
    share_clipped
        Share of the samples at full scale or beyond, 0 to 1.
    num_nonfinite
        Samples that are NaN or infinite.
    """

    peak: float
    rms: float
    mean: float
    half_range: float
    share_clipped: float
    num_nonfinite: int

    @property
    def rms_db(self) -> float | None:
        """The root mean square in decibels below (negative) full scale; None for digital silence."""
        return 20.0 * math.log10(self.rms) if self.rms > 0 else None


class _Sums(NamedTuple):
    """What adds up over blocks."""

    num_finite: int
    num_nonfinite: int
    num_clipped: int
    total: float
    total_square: float
    low: float
    high: float

    def join(self, other: _Sums) -> _Sums:
        """Return the sums over both blocks."""
        return _Sums(
            self.num_finite + other.num_finite,
            self.num_nonfinite + other.num_nonfinite,
            self.num_clipped + other.num_clipped,
            self.total + other.total,
            self.total_square + other.total_square,
            min(self.low, other.low),
            max(self.high, other.high),
        )


def measure_levels(frames: FrameSource, channel: Channel = None) -> AudioLevels:
    """Read a recording from start to end and measure its levels; memory does not grow with its length.

    Parameters
    ----------
    frames
        The open recording.
    channel
        The channel measured, or ``"mean"``; None measures all of them as one.

    Raises
    ------
    SubsongError
        When the recording cannot be decoded to its end.
    """
    info = frames.info
    sums = _Sums(0, 0, 0, 0.0, 0.0, math.inf, -math.inf)
    for start in range(0, info.num_samples, _BLOCK_SAMPLES):
        frames_TC = frames.read(start, min(start + _BLOCK_SAMPLES, info.num_samples))
        samples_N = frames_TC.ravel() if channel is None else pick_channel(frames_TC, channel)
        sums = sums.join(_sum_block(samples_N, _clipping_level(info)))
    return _levels(sums)


def _clipping_level(info: AudioInfo) -> float:
    return 1.0 - 1.0 / info.full_scale if info.is_integer else _LOUDEST_16_BITS


def _sum_block(samples_N: np.ndarray, clipping_level: float) -> _Sums:
    wide_N = samples_N.astype(np.float64)
    total_square = _sum_squares(wide_N)
    num_nonfinite = 0
    # Squares of float32 stay finite in float64, so that one number tells whether all samples are.
    if not math.isfinite(total_square):
        wide_N = wide_N[np.isfinite(wide_N)]
        total_square, num_nonfinite = _sum_squares(wide_N), len(samples_N) - len(wide_N)
    if not len(wide_N):
        return _Sums(0, num_nonfinite, 0, 0.0, 0.0, math.inf, -math.inf)
    low, high = float(wide_N.min()), float(wide_N.max())
    clipping_level = float(np.float32(clipping_level))
    is_clipped = max(-low, high) >= clipping_level
    return _Sums(
        num_finite=len(wide_N),
        num_nonfinite=num_nonfinite,
        num_clipped=int(np.count_nonzero(np.abs(wide_N) >= clipping_level)) if is_clipped else 0,
        total=float(wide_N.sum()),
        total_square=total_square,
        low=low,
        high=high,
    )


def _sum_squares(values_N: np.ndarray) -> float:
    # Not the product of vectors, for which BLAS wakes threads that get in each other's way.
    return float(np.einsum("i,i->", values_N, values_N))


def _levels(sums: _Sums) -> AudioLevels:
    if sums.num_finite == 0:
        return AudioLevels(0.0, 0.0, 0.0, 0.0, 0.0, sums.num_nonfinite)
    return AudioLevels(
        peak=max(-sums.low, sums.high),
        rms=math.sqrt(sums.total_square / sums.num_finite),
        mean=sums.total / sums.num_finite,
        half_range=(sums.high - sums.low) / 2,
        share_clipped=sums.num_clipped / sums.num_finite,
        num_nonfinite=sums.num_nonfinite,
    )
