"""Ultrasound moved down into hearing, at its own speed: a heterodyne without mirror images.

A one-sided band-pass filter keeps the frequencies from `shift_hz` to 15 kHz above, and of those only the positive ones;
turned back by `shift_hz` and made real again, each ends up `shift_hz` lower, and none is folded over from below.

Legend: T = samples, M = taps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_HEARD_HZ = 15_000.0
_TRANSITION_HZ = 400.0
_STOP_DB = 70.0


class Shifter:
    """Computes stretches of a sound moved down in frequency.

    Parameters
    ----------
    read
        Returns the samples from one number to before another, zeros beyond the ends of the recording.
    sample_rate_hz
        Of the recording.
    shift_hz
        How far down; below half the rate.
    """

    def __init__(self, read: Callable[[int, int], np.ndarray], sample_rate_hz: int, shift_hz: float) -> None:
        self._read = read
        self._turns = shift_hz / sample_rate_hz
        self._filter_M = _build_filter(sample_rate_hz, shift_hz)

    def compute(self, start: int, stop: int) -> np.ndarray:
        """Return the moved samples `start` to before `stop`, float32, shape (T,)."""
        from scipy.signal import fftconvolve

        reach = len(self._filter_M) // 2
        band_T = fftconvolve(self._read(start - reach, stop + reach), self._filter_M, mode="valid")
        phase_T = (np.arange(start, stop) * self._turns) % 1.0
        # The filter let half of each real sound through: its positive frequencies.
        moved_T: np.ndarray = 2 * (band_T * np.exp(-2j * np.pi * phase_T)).real
        return moved_T.astype(np.float32)


def _build_filter(sample_rate_hz: int, shift_hz: float) -> np.ndarray:
    """Return the taps of the one-sided band-pass filter, complex128, an odd number of them.

    Source of window and length: Kaiser (1974), as in ``scipy.signal.kaiserord``.
    """
    width = 2 * np.pi * _TRANSITION_HZ / sample_rate_hz
    reach = int(np.ceil((_STOP_DB - 7.95) / (2.285 * width) / 2))
    # Half a transition above the lower edge, so that nothing from below it is folded over.
    low_hz = shift_hz + _TRANSITION_HZ / 2
    high_hz = max(min(shift_hz + _HEARD_HZ, (sample_rate_hz - _TRANSITION_HZ) / 2), low_hz + _TRANSITION_HZ)
    at_M = np.arange(-reach, reach + 1)
    bandwidth = (high_hz - low_hz) / sample_rate_hz
    taps_M = bandwidth * np.sinc(bandwidth * at_M) * np.kaiser(len(at_M), 0.1102 * (_STOP_DB - 8.7))
    taps_M /= taps_M.sum()
    shifted_M: np.ndarray = taps_M * np.exp(2j * np.pi * (low_hz + high_hz) / 2 / sample_rate_hz * at_M)
    return shifted_M
