"""Checks of the arrays that come in, and the mean of each segment.

Legend: N = segments, S = samples.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from subsong.sources.spectrograms.config import SpectrogramConfig
from subsong.sources.spectrograms.status import SampleSpan, SegmentStatus


def check_samples(samples_S: np.ndarray | Tensor) -> np.ndarray:
    """Return the samples as an array, without a copy where torch can take them as they are.

    Raises
    ------
    ValueError
        When they are not one channel of floating-point numbers.
    """
    samples = samples_S.detach().cpu().numpy() if isinstance(samples_S, Tensor) else np.asarray(samples_S)
    if samples.ndim != 1 or samples.dtype.kind != "f":
        raise ValueError(
            f"expected the samples of one channel, floating-point in units of full scale, shape (S,); "
            f"found {samples.dtype} of shape {samples.shape}: choose a channel, divide integers by their full scale"
        )
    # Torch takes neither foreign byte orders nor negative strides, and warns of arrays it may not write to.
    return np.require(samples, samples.dtype.newbyteorder("="), ["C", "W"])


def check_segments(segments_s: np.ndarray) -> np.ndarray:
    """Return the segments as float64 of shape (N, 2).

    Raises
    ------
    ValueError
        When they are no pairs of onset and offset.
    """
    segments_s = np.asarray(segments_s, dtype=np.float64)
    if segments_s.size == 0:
        return segments_s.reshape(0, 2)
    if segments_s.ndim != 2 or segments_s.shape[1] != 2:
        raise ValueError(f"expected segments of shape (N, 2), onset and offset in seconds; found {segments_s.shape}")
    return segments_s


def compute_means(
    samples: np.ndarray, segments_s: np.ndarray, status_N: np.ndarray, span: SampleSpan, config: SpectrogramConfig
) -> np.ndarray:
    """Return what `remove_mean` subtracts from each segment, shape (N,), float64; 0 where there is no image."""
    mean_N = np.zeros(len(segments_s))
    if not config.remove_mean:
        return mean_N
    usable = np.flatnonzero(status_N <= SegmentStatus.PARTLY_OUTSIDE)
    bounds_N2 = span.find_samples(segments_s[usable]).clip(0, len(samples))
    # One sum a segment: ufunc.reduceat would also add up all that lies between them.
    with np.errstate(invalid="ignore"):  # infinite samples are reported with the images
        mean_N[usable] = [
            np.add.reduce(samples[first:last], dtype=np.float64) / (last - first) for first, last in bounds_N2.tolist()
        ]
    return mean_N
