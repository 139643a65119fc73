"""How loud sound is in bands of frequency, in short frames: what recordings are compared by.

Legend: T = samples, W = samples of a frame, K = frames, B = bands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from subsong.core.seeds import numpy_generator

NUM_BANDS = 24
FRAME_S = 0.02
FLOOR_DB = -100.0
_STRETCH_S, _NUM_STRETCHES = 0.5, 40
_CLIPPED = 0.999

ReadSamples = Callable[[int, int], np.ndarray]
"""``(first, stop)`` -> these samples of one channel in units of full scale, shape (T,)."""


class BandFrames(NamedTuple):
    """Frames of some sound, one after the other without overlap.

    Attributes
    ----------
    level_db_KB
        Mean level of each band, in decibels of full scale, at least `FLOOR_DB`; float32. Bands share the frequencies
        up to half the sample rate equally.
    is_silent_K
        Whether all samples of a frame are the same number: digital silence.
    share_clipped_K
        Share of the samples of each frame that lie at full scale, 0 to 1.
    """

    level_db_KB: np.ndarray
    is_silent_K: np.ndarray
    share_clipped_K: np.ndarray

    @property
    def sounding_KB(self) -> np.ndarray:
        """Levels of the frames that are not digital silence."""
        return np.asarray(self.level_db_KB[~self.is_silent_K])


def compute_bands(samples_T: np.ndarray, sample_rate_hz: int) -> BandFrames:
    """Return the frames of some sound; what is left over at its end is left out, and not finite counts as 0."""
    width = max(2 * NUM_BANDS, round(FRAME_S * sample_rate_hz))
    samples_KW = np.nan_to_num(samples_T[: len(samples_T) // width * width]).reshape(-1, width)
    is_silent_K = np.ptp(samples_KW, axis=1) == 0.0
    share_clipped_K = (np.abs(samples_KW) >= _CLIPPED).mean(axis=1)
    window_W = np.hanning(width).astype(np.float32)
    power_KF = np.abs(np.fft.rfft(samples_KW * window_W, axis=1)) ** 2 / (0.5 * float((window_W**2).sum()))
    # The constant part of a sound is no sound.
    edges = 1 + np.arange(NUM_BANDS) * (power_KF.shape[1] - 1) // NUM_BANDS
    sizes_B = np.diff(np.append(edges, power_KF.shape[1]))
    mean_KB = np.add.reduceat(power_KF, edges, axis=1) / sizes_B
    level_db_KB = (10.0 * np.log10(mean_KB + 1e-30)).clip(min=FLOOR_DB).astype(np.float32)
    return BandFrames(level_db_KB, is_silent_K, share_clipped_K)


def sample_bands(read: ReadSamples, num_samples: int, sample_rate_hz: int, seed: int = 0) -> BandFrames:
    """Return the frames of stretches drawn from a recording, in order; of a short one all of it."""
    length = round(_STRETCH_S * sample_rate_hz)
    parts = [compute_bands(read(first, min(first + length, num_samples)), sample_rate_hz)
             for first in _draw_starts(num_samples, length, seed)]  # fmt: skip
    if not parts:
        return BandFrames(np.zeros((0, NUM_BANDS), np.float32), np.zeros(0, bool), np.zeros(0))
    return BandFrames(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _draw_starts(num_samples: int, length: int, seed: int) -> Iterator[int]:
    num_stretches = -(-num_samples // length)
    drawn = numpy_generator(seed, "stretches of a recording").permutation(num_stretches)[:_NUM_STRETCHES]
    yield from (int(number) * length for number in np.sort(drawn))
