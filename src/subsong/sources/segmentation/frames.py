"""Short-time spectra of a recording, block by block, in a memory that does not grow with its length.

Every frame is computed in the same block of the same size whoever asks, so results are equal bit for bit from memory
and from a file.

Legend: T = samples, K = frames of a block, F = frequency bins of the band.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view

from subsong.core.errors import SubsongError
from subsong.sources.segmentation.reading import SampleReader, check_one_channel

_BLOCK_FRAMES = 2048


class FrameGrid(NamedTuple):
    """Where the frames of a recording lie, and which of their bins are kept.

    Attributes
    ----------
    window_size, hop_size
        In samples; frame ``k`` is centred on sample ``first_centre + k * hop_size``.
    first_centre
        Sample the first frame is centred on.
    num_frames
        How many there are.
    band
        Bins of the one-sided spectrum that are kept.
    """

    window_size: int
    hop_size: int
    first_centre: int
    num_frames: int
    band: slice


def cover_recording(num_samples: int, window_size: int, hop_size: int, band: slice) -> FrameGrid:
    """Return frames centred on samples 0, hop, 2 hop ... up to the first that is not before the end.

    What lies outside the recording counts as zero: the grid of ``scipy.signal.stft`` with its usual padding.
    """
    num_frames = -(-num_samples // hop_size) + 1 if num_samples >= window_size else 0
    return FrameGrid(window_size, hop_size, 0, num_frames, band)


def fill_recording(num_samples: int, window_size: int, hop_size: int, band: slice) -> FrameGrid:
    """Return the frames that lie inside the recording as a whole."""
    num_frames = max(0, (num_samples - window_size) // hop_size + 1)
    return FrameGrid(window_size, hop_size, window_size // 2, num_frames, band)


def find_band(window_size: int, sample_rate_hz: int, low_hz: float, high_hz: float) -> slice:
    """Return the bins of the one-sided spectrum with ``low_hz <= frequency < high_hz``.

    Raises
    ------
    SubsongError
        When there are none.
    """
    frequency_F = np.fft.rfftfreq(window_size, 1 / sample_rate_hz)
    low, high = np.searchsorted(frequency_F, (low_hz, high_hz))
    if low >= high:
        raise SubsongError(
            f"no frequency of the spectrum lies between {low_hz:g} and {high_hz:g} Hz: at {sample_rate_hz} Hz it ends "
            f"at {sample_rate_hz / 2:g} Hz; choose another band, or a longer window than {window_size} samples"
        )
    return slice(int(low), int(high))


def iterate_magnitudes(reader: SampleReader, grid: FrameGrid, scale: float, overlap: int = 0) -> Iterator[np.ndarray]:
    """Yield the spectra of successive blocks of frames.

    Parameters
    ----------
    reader
        The recording.
    grid
        Its frames.
    scale
        Factor on the samples.
    overlap
        Frames that each block repeats of the next one.

    Yields
    ------
    Magnitudes, float32, shape (K, F): a sinusoid of amplitude A gives A / 2.

    Raises
    ------
    SubsongError
        When a sample is not a number.
    """
    window = _hann_window(grid.window_size) * np.float32(scale)
    for samples_T in _iterate_samples(reader, grid, overlap):
        frames = sliding_window_view(samples_T, grid.window_size)[:: grid.hop_size] * window
        yield np.abs(scipy.fft.rfft(frames, axis=1)[:, grid.band])


def _hann_window(size: int) -> np.ndarray:
    """Return a periodic Hann window whose sum is 1, float32."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return np.asarray(window / window.sum(), np.float32)


def _iterate_samples(reader: SampleReader, grid: FrameGrid, overlap: int) -> Iterator[np.ndarray]:
    """Yield the samples under successive blocks of frames; each is read once and in order, as packed files like it."""
    held_T, held_stop = np.empty(0, np.float32), grid.first_centre - grid.window_size // 2
    for first in range(0, grid.num_frames - overlap, _BLOCK_FRAMES):
        last = min(first + _BLOCK_FRAMES + overlap, grid.num_frames) - 1
        stop = grid.first_centre + last * grid.hop_size - grid.window_size // 2 + grid.window_size
        size = (last - first) * grid.hop_size + grid.window_size
        held_T = np.concatenate([held_T, _read_padded(reader, held_stop, stop)])[-size:]
        held_stop = stop
        yield held_T


def _read_padded(reader: SampleReader, start: int, stop: int) -> np.ndarray:
    """Return the samples ``start <= t < stop``, float32; zero where the recording has none."""
    samples_T = np.zeros(stop - start, np.float32)
    inside = max(start, 0), max(min(stop, reader.info.num_samples), 0)
    if inside[0] < inside[1]:
        found_T = reader.read(*inside)
        check_one_channel(found_T)
        samples_T[inside[0] - start : inside[1] - start] = found_T
    if not np.isfinite(samples_T).all():
        bad = start + int(np.flatnonzero(~np.isfinite(samples_T))[0])
        raise SubsongError(f"sample {bad} is not a number: mend the recording, or leave it out")
    return samples_T
