"""Segments cut into short frames, and the two tapered spectra of each frame.

Frames lie wholly inside their segment. A segment shorter than a frame is one shorter frame. The tapers are the first
two sine tapers (Riedel & Sidorenko 1995), an even and an odd one, in place of the Slepian pair of Sound Analysis Pro:
they have a closed form for frames of any length.

Legend: N = segments, F = frames, W = samples of a frame, K = frequency bins inside the band.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from subsong.sources.acoustic_features.config import AcousticFeatureConfig

_BLOCK_SAMPLES = 1 << 20
"""Samples transformed at a time: bounds memory, changes no number."""


class FrameSizes(NamedTuple):
    """The configuration in samples and bins of one recording.

    Attributes
    ----------
    window, hop
        Samples of a frame, and from one to the next.
    num_fft
        Samples of the zero-padded transform; longer than a frame by the longest period looked for.
    sample_rate_hz
        Of the recording.
    band
        The bins inside the band.
    """

    window: int
    hop: int
    num_fft: int
    sample_rate_hz: int
    band: slice

    @property
    def frequency_hz_K(self) -> np.ndarray:
        """Frequency of each bin inside the band."""
        return np.arange(self.band.start, self.band.stop) * (self.sample_rate_hz / self.num_fft)


class Frames(NamedTuple):
    """Frames of all segments, those of a segment one after the other.

    Attributes
    ----------
    segment_F
        Row of the segment each frame belongs to, ascending.
    start_F, length_F
        First sample, and how many.
    """

    segment_F: np.ndarray
    start_F: np.ndarray
    length_F: np.ndarray


class FrameSpectra(NamedTuple):
    """Spectra of a block of frames inside the band, shape (F, K).

    Attributes
    ----------
    even_FK, odd_FK
        Under the even and the odd taper, complex.
    even_power_FK
        Squared magnitude under the even taper.
    power_FK
        Mean of both; summed over all bins from -Nyquist to Nyquist it is ``num_fft`` times the mean square.
    """

    even_FK: np.ndarray
    odd_FK: np.ndarray
    even_power_FK: np.ndarray
    power_FK: np.ndarray


def find_sizes(config: AcousticFeatureConfig, sample_rate_hz: int) -> FrameSizes:
    """Return the sizes of frames for a sample rate; raises SubsongError where the band does not fit it."""
    from scipy.fft import next_fast_len

    low_hz, high_hz = config.find_band(sample_rate_hz)
    window = max(2, round(config.window_s * sample_rate_hz))
    num_fft = next_fast_len(window + int(sample_rate_hz / config.pitch_low_hz) + 1, real=True)
    step_hz = sample_rate_hz / num_fft
    band = slice(int(np.ceil(low_hz / step_hz)), int(high_hz / step_hz) + 1)
    return FrameSizes(window, max(1, round(config.hop_s * sample_rate_hz)), num_fft, sample_rate_hz, band)


def plan_frames(bounds_N2: np.ndarray, sizes: FrameSizes) -> Frames:
    """Lay frames over segments given by their first sample and the one after the last; an empty one has no frame."""
    length_N = np.maximum(bounds_N2[:, 1] - bounds_N2[:, 0], 0)
    num_N = np.where(length_N < sizes.window, length_N > 0, 1 + (length_N - sizes.window) // sizes.hop)
    segment_F = np.repeat(np.arange(len(bounds_N2)), num_N)
    place_F = np.arange(len(segment_F)) - np.repeat(np.cumsum(num_N) - num_N, num_N)
    start_F = bounds_N2[segment_F, 0] + place_F * sizes.hop
    return Frames(segment_F, start_F, np.minimum(length_N, sizes.window)[segment_F])


def iterate_blocks(frames: Frames, sizes: FrameSizes) -> Iterator[Frames]:
    """Yield blocks of whole segments, or a part of one long segment, so that sums do not depend on the grouping."""
    capacity = max(1, _BLOCK_SAMPLES // sizes.num_fft)
    first_N = np.flatnonzero(np.diff(frames.segment_F, prepend=-1))
    ends_N = np.append(first_N[1:], len(frames.segment_F))
    start = 0
    while start < len(frames.segment_F):
        whole = int(np.searchsorted(ends_N, start + capacity, side="right"))
        segment_end = int(ends_N[np.searchsorted(ends_N, start, side="right")])
        end = int(ends_N[whole - 1]) if whole and ends_N[whole - 1] > start else min(start + capacity, segment_end)
        yield Frames(*(column[start:end] for column in frames))
        start = end


def build_tapers(length: int, window: int) -> np.ndarray:
    """Return the even and the odd taper for `length` samples, zero behind them, shape (2, W); each has energy 1."""
    time_W = np.arange(1, window + 1) / (length + 1)
    tapers_2W = np.sqrt(2 / (length + 1)) * np.sin(np.pi * np.array([[1], [2]]) * time_W)
    return np.where(time_W < 1, tapers_2W, 0.0)


def compute_spectra(samples: np.ndarray, frames: Frames, sizes: FrameSizes) -> FrameSpectra:
    """Return the spectra of a block of frames, each freed of its mean."""
    frame_FW = _gather(samples, frames, sizes.window)
    lengths, kind_F = np.unique(frames.length_F, return_inverse=True)
    tapers_A2W = np.stack([build_tapers(int(length), sizes.window) for length in lengths])
    # One kind of frame is most common, and needs no table of tapers as large as the frames.
    tapers_2FW = np.moveaxis(tapers_A2W if len(lengths) == 1 else tapers_A2W[kind_F], 1, 0)
    even_FK, odd_FK = (_transform(frame_FW, taper_FW, sizes) for taper_FW in tapers_2FW)
    even_power_FK = compute_power(even_FK)
    return FrameSpectra(even_FK, odd_FK, even_power_FK, 0.5 * (even_power_FK + compute_power(odd_FK)))


def compute_power(spectrum: np.ndarray) -> np.ndarray:
    """Return squared magnitudes of complex numbers; several times as fast as by `np.abs`."""
    power: np.ndarray = spectrum.real**2 + spectrum.imag**2
    return power


def _gather(samples: np.ndarray, frames: Frames, window: int) -> np.ndarray:
    """Return the samples of frames, less their mean, and zero behind their ends, shape (F, W)."""
    if len(samples) >= window and (frames.length_F == window).all():
        whole_FW: np.ndarray = np.lib.stride_tricks.sliding_window_view(samples, window)[frames.start_F]
        whole_FW = whole_FW.astype(np.float64)
        whole_FW -= whole_FW.sum(axis=1, keepdims=True) / window
        return whole_FW
    offset_W = np.arange(window)
    inside_FW = offset_W < frames.length_F[:, None]
    index_FW = np.minimum(frames.start_F[:, None] + offset_W, len(samples) - 1)
    frame_FW = np.where(inside_FW, samples[index_FW].astype(np.float64), 0.0)
    frame_FW -= inside_FW * (frame_FW.sum(axis=1) / frames.length_F)[:, None]
    return frame_FW


def _transform(frame_FW: np.ndarray, taper_FW: np.ndarray, sizes: FrameSizes) -> np.ndarray:
    """Return the spectra of tapered frames inside the band, shape (F, K)."""
    from scipy.fft import rfft

    padded = np.empty((len(frame_FW), sizes.num_fft))
    np.multiply(frame_FW, taper_FW, out=padded[:, : sizes.window])
    padded[:, sizes.window :] = 0.0
    spectrum: np.ndarray = rfft(padded, overwrite_x=True)[:, sizes.band]
    return spectrum
