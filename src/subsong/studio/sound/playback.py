"""What one hears: a stretch of a recording as it is, slowed down, or moved down into hearing.

Legend: T = samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.audio import AudioInfo
from subsong.sources.audio.resampling import Resampler
from subsong.studio.sound.shifting import Shifter

# What browsers play: some refuse rates outside.
_LEAST_RATE_HZ, _MOST_RATE_HZ = 8_000, 192_000
_HEARING_RATE_HZ = 48_000
MAX_PLAYED_S = 120.0
_LARGEST_DENOMINATOR = 500


class Manner(NamedTuple):
    """How a stretch is played.

    Attributes
    ----------
    speed
        0.1: ten times slower, and everything ten times lower.
    shift_hz
        How far all frequencies are moved down, at the same speed; 0: not at all.
    """

    speed: float = 1.0
    shift_hz: float = 0.0


class PlayedSound:
    """A stretch of a recording as it is played; any part of it can be computed.

    Parameters
    ----------
    read
        Returns the samples of a channel from one number to before another, zeros beyond the ends of the recording.
    info
        The recording.
    start_s, stop_s
        The stretch; the end is cut to the recording's.
    manner
        How it is played.

    Attributes
    ----------
    sample_rate_hz, num_samples
        Of what is played.

    Raises
    ------
    SubsongError
        When nothing of the recording lies in the stretch, it is too long, or `shift_hz` is above all it holds.
    """

    def __init__(
        self, read: Callable[[int, int], np.ndarray], info: AudioInfo, start_s: float, stop_s: float, manner: Manner
    ) -> None:
        self._first, num_samples = _find_samples(info, start_s, stop_s)
        self._read, ratio = read, _choose_ratio(info.sample_rate_hz, manner)
        if manner.shift_hz > 0:
            _check_shift(info, manner.shift_hz)
            self._read = Shifter(read, info.sample_rate_hz, manner.shift_hz).compute
        self._resampler = None if ratio == 1 else Resampler(ratio)
        self.num_samples = num_samples if self._resampler is None else self._resampler.count(num_samples)
        self.sample_rate_hz = round(info.sample_rate_hz * ratio * _plain_fraction(manner.speed))

    def compute(self, start: int, stop: int) -> np.ndarray:
        """Return the played samples `start` to before `stop` in units of full scale, float32, shape (T,)."""
        if self._resampler is None:
            return self._read(self._first + start, self._first + stop)
        new = range(start, stop)
        reach = self._resampler.find_reach(new)
        return self._resampler.compute(self._read(self._first + reach.start, self._first + reach.stop), new)


def _find_samples(info: AudioInfo, start_s: float, stop_s: float) -> tuple[int, int]:
    """Return the first sample of a stretch, and how many it has."""
    first = round(start_s * info.sample_rate_hz)
    num_samples = min(round(min(stop_s, info.duration_s) * info.sample_rate_hz), info.num_samples) - first
    if num_samples <= 0:
        raise SubsongError(
            f"{info.path.name} has no sound from {start_s:g} to {stop_s:g} s: it is {info.duration_s:g} s long"
        )
    if num_samples > MAX_PLAYED_S * info.sample_rate_hz:
        raise SubsongError(
            f"asked to play {num_samples / info.sample_rate_hz:g} s of {info.path.name} at once: play at most "
            f"{MAX_PLAYED_S:g} s, piece by piece"
        )
    return first, num_samples


def _check_shift(info: AudioInfo, shift_hz: float) -> None:
    if shift_hz >= info.sample_rate_hz / 2:
        raise SubsongError(
            f"shift_hz is {shift_hz:g}, but {info.path.name} holds only frequencies up to {info.sample_rate_hz / 2:g} "
            "Hz: shift it by less"
        )


def _choose_ratio(sample_rate_hz: int, manner: Manner) -> Fraction:
    """Return computed samples over recorded ones: as few as are heard, at a rate browsers play."""
    ratio = Fraction(1)
    if manner.shift_hz > 0 and sample_rate_hz > _HEARING_RATE_HZ:
        ratio = _plain_fraction(_HEARING_RATE_HZ / sample_rate_hz)
    played_hz = sample_rate_hz * ratio * _plain_fraction(manner.speed)
    if played_hz > _MOST_RATE_HZ:
        return ratio * _plain_fraction(_HEARING_RATE_HZ / played_hz)
    return ratio * max(1, math.ceil(_LEAST_RATE_HZ / played_hz))


def _plain_fraction(value: float | Fraction) -> Fraction:
    """Return a ratio that a short filter can make; the rate that is told to the browser follows it."""
    return Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)
