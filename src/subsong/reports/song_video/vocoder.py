"""A phase vocoder that shortens a sound by a factor without changing its pitch, block by block.

Played as much slower, the result lasts as long as the sound did, and every frequency is divided by the factor.

Legend: W = samples of a window, B = bins of its spectrum, K = frames of a batch, T = samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from subsong.reports.song_video.parts import SampleReader

_WINDOW_S = 0.02
"""Duration of a window as it is heard: long enough for a pitch, too short for an echo."""
_MIN_WINDOW = 64
_BATCH_FRAMES = 256


def choose_window_size(sample_rate_hz: float, factor: float) -> int:
    """Return the power of two whose window lasts about 20 ms when it is played `factor` times slower."""
    return max(_MIN_WINDOW, 1 << round(math.log2(max(2.0, _WINDOW_S * sample_rate_hz / factor))))


def shorten_stream(read: SampleReader, start: int, stop: int, factor: float, window_size: int) -> Iterator[np.ndarray]:
    """Yield the samples ``start <= t < stop`` shortened by `factor`, at their own pitch.

    Parameters
    ----------
    read
        The recording.
    start, stop
        Which part of it. What lies outside counts as zero.
    factor
        How many times shorter, above 1.
    window_size
        W, even.

    Yields
    ------
    Blocks of float32 samples; sample ``n`` of all is what sounded at ``start + factor * n``. The last block ends
    within a window after the sound does.

    Notes
    -----
    Frames lie at most half a window apart, so that nothing between two of them is missed. A bin's phase goes on from
    frame to frame by what it turns within the hop of the *result*, measured between two spectra that far apart: no
    phase is ever unwrapped. Neighbouring bins are kept in step as proposed by Puckette (1995, "Phase-locked vocoder").
    """
    hop = max(1, int(window_size / (2 * factor)))
    num_frames = int((stop - start) / (factor * hop)) + 2
    window_W = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_size) / window_size)).astype(np.float32)
    gain_W = window_W * (hop / np.square(window_W).sum())
    held_T, turn_B = np.zeros(window_size, np.float32), np.zeros(window_size // 2 + 1, np.complex64)
    num_skipped = window_size // 2  # the first frame is centred on the first sample
    for first in range(0, num_frames, _BATCH_FRAMES):
        frames_K = np.arange(first, min(first + _BATCH_FRAMES, num_frames))
        begin_K = start + np.round(frames_K * factor * hop).astype(np.int64) - window_size // 2
        samples_T = _read_padded(read, start, stop, int(begin_K[0]) - hop, int(begin_K[-1]) + window_size)
        windows_NW = sliding_window_view(samples_T, window_size)
        place_K = begin_K - begin_K[0]
        spectrum_KB, earlier_KB = (np.fft.rfft(windows_NW[rows_K] * window_W) for rows_K in (place_K + hop, place_K))
        turned_KB = _turn_phases(spectrum_KB, earlier_KB, turn_B)
        turn_B, num_done = turned_KB[-1], len(frames_K) * hop
        held_T = np.concatenate([held_T, np.zeros(num_done, np.float32)])
        for row, frame_W in enumerate(np.fft.irfft(turned_KB, window_size) * gain_W):
            held_T[row * hop : row * hop + window_size] += frame_W
        yield held_T[min(num_skipped, num_done) : num_done]
        held_T, num_skipped = held_T[num_done:], max(0, num_skipped - num_done)
    yield held_T[num_skipped:]


def _turn_phases(spectrum_KB: np.ndarray, earlier_KB: np.ndarray, turn_B: np.ndarray) -> np.ndarray:
    """Return spectra with the phases they have in the result, where `turn_B` is the last one before, shape (K, B)."""
    step_KB = _normalise(spectrum_KB * earlier_KB.conj())
    size_KB, own_KB, result_KB = np.abs(spectrum_KB), _normalise(spectrum_KB), np.empty_like(spectrum_KB)
    before_B = turn_B
    for row in range(len(spectrum_KB)):
        locked_B = before_B.copy()
        # A sinusoid shows in neighbouring bins with opposite signs.
        locked_B[1:] -= before_B[:-1]
        locked_B[:-1] -= before_B[1:]
        # Out of silence a sound begins with its own phase.
        turned_B = np.where(before_B == 0, own_KB[row], _normalise(locked_B) * step_KB[row])
        before_B = result_KB[row] = size_KB[row] * turned_B
    return result_KB


def _normalise(values: np.ndarray) -> np.ndarray:
    """Return complex numbers of size 1 in the direction of `values`; 1 for 0."""
    size = np.abs(values)
    return np.where(size > 0, values / np.maximum(size, np.finfo(np.float64).tiny), 1.0)


def _read_padded(read: SampleReader, start: int, stop: int, low: int, high: int) -> np.ndarray:
    """Return the samples ``low <= t < high``; zero outside ``start <= t < stop``."""
    samples_T = np.zeros(high - low, np.float32)
    inside = max(low, start), min(high, stop)
    if inside[0] < inside[1]:
        samples_T[inside[0] - low : inside[1] - low] = read(*inside)
    return samples_T
