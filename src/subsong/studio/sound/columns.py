"""The spectrogram of a stretch of sound, column by column, at a cost that its length does not change.

Legend: C = columns, K = frames of a column, W = samples of a window, B = bins, H = rows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from subsong.studio.sound.bands import Band, BandRows
from subsong.studio.sound.frames import plan_frames, read_frames, sees_all
from subsong.studio.sound.grey import FLOOR_DB
from subsong.studio.sound.grid import Grid

_SHORTEST_S, _LONGEST_S = 0.001, 0.016
_PERIODS = 128
_LEAST_WINDOW, _MOST_WINDOW = 64, 1 << 16
_SAMPLES_A_BLOCK = 1 << 18


def choose_window(sample_rate_hz: int, high_hz: float, hop: float, window_ms: float = 0.0) -> int:
    """Return the samples of a window.

    Parameters
    ----------
    sample_rate_hz
        Of the recording.
    high_hz
        Upper edge of the band: higher sounds are quicker. 12.8 ms for song up to 10 kHz, 1 ms for ultrasound to 125.
    hop
        Samples of a column. Where it is longer than the window, the window grows with it up to twice its length, which
        sees more and does not yet blur short calls away.
    window_ms
        The length; 0: chosen from the others.
    """
    if window_ms > 0:
        return min(max(round(window_ms / 1000 * sample_rate_hz), _LEAST_WINDOW // 4), _MOST_WINDOW)
    shown_hz = min(high_hz, sample_rate_hz / 2)
    window = min(max(_PERIODS / shown_hz, _SHORTEST_S), _LONGEST_S) * sample_rate_hz
    return min(max(round(min(max(window, hop), 2 * window)), _LEAST_WINDOW), _MOST_WINDOW)


def compute_columns(
    read: Callable[[int, int], np.ndarray], grid: Grid, band: Band, sample_rate_hz: int, window: int
) -> np.ndarray:
    """Return dB re a sine of full scale, float32, shape (H, C); `FLOOR_DB` beyond the end of the recording.

    Parameters
    ----------
    read
        Returns the samples from one number to before another, zeros beyond the ends of the recording.
    grid
        The columns.
    band
        The rows.
    sample_rate_hz
        Of the recording.
    window
        W.
    """
    rows = BandRows(band, sample_rate_hz, window)
    starts_CK = plan_frames(grid, window, sees_all(grid, window))
    decibels_HC = np.full((band.height, len(grid.edges_C) - 1), FLOOR_DB, np.float32)
    num_columns = max(1, _SAMPLES_A_BLOCK // (starts_CK.shape[1] * window))
    for first in range(0, len(starts_CK), num_columns):
        block_CK = starts_CK[first : first + num_columns]
        power_CB = find_greatest(read, block_CK, window, rows.bins)
        decibels_HC[:, first : first + len(block_CK)] = rows.pool(np.ascontiguousarray(power_CB.T))
    return decibels_HC


def find_greatest(
    read: Callable[[int, int], np.ndarray], starts_CK: np.ndarray, window: int, bins: slice
) -> np.ndarray:
    """Return the greatest power of each bin over the frames of a column, float32, shape (C, B).

    Parameters
    ----------
    read
        As for `compute_columns`.
    starts_CK
        First sample of each frame.
    window, bins
        W, and the bins that are wanted.
    """
    most = max(1, _SAMPLES_A_BLOCK // (len(starts_CK) * window))
    greatest_CB = np.zeros((len(starts_CK), bins.stop - bins.start), np.float32)
    for first in range(0, starts_CK.shape[1], most):
        part_CK = starts_CK[:, first : first + most]
        power_NB = _compute_power(read_frames(read, part_CK.ravel(), window), bins)
        np.maximum(greatest_CB, power_NB.reshape(*part_CK.shape, -1).max(axis=1), out=greatest_CB)
    return greatest_CB


def _compute_power(frames_NW: np.ndarray, bins: slice) -> np.ndarray:
    """Return the power of frames at some bins, that of a sine of full scale being 1, float32."""
    from scipy.fft import rfft

    spectrum = rfft(frames_NW * _build_window(frames_NW.shape[1]), overwrite_x=True)[:, bins]
    power: np.ndarray = spectrum.real**2
    power += spectrum.imag**2
    return power


@functools.lru_cache(maxsize=8)
def _build_window(window: int) -> np.ndarray:
    """Return Hann's window, scaled so that a sine of full scale has the power 1."""
    values = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    scaled: np.ndarray = (values * (2 / values.sum())).astype(np.float32)
    return scaled
