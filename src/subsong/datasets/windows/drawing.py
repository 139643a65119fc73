"""Drawing windows: where they may begin, how likely each place is, and the draw itself.

Where a window may begin is a list of stretches of time, known before anything is drawn. Silence and the borders of
splits are taken out of that list, so that every draw is a hit and nothing is drawn again.

Legend: M = stretches, N = windows, K = frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from subsong.datasets.windows.axes import WindowAxis
from subsong.datasets.windows.frames import RegionFrames


class Stretches(NamedTuple):
    """Stretches of starts; a window begins uniformly within the one it is drawn from.

    Attributes
    ----------
    region_M
        The region each lies in, int64.
    low_M, high_M
        First and last start, in the seconds of a `WindowAxis`.
    weight_M
        How often each is drawn, relative to the others.
    """

    region_M: np.ndarray
    low_M: np.ndarray
    high_M: np.ndarray
    weight_M: np.ndarray

    def pick(self, chosen_M: np.ndarray) -> Stretches:
        """Return those that `chosen_M` says, bool or indices."""
        return Stretches(*(values_M[chosen_M] for values_M in self))


class Windows(NamedTuple):
    """Places of windows.

    Attributes
    ----------
    region_N
        int64.
    start_N
        In the seconds of a `WindowAxis`, float64.
    """

    region_N: np.ndarray
    start_N: np.ndarray


def find_stretches(axis: WindowAxis) -> Stretches:
    """Return where windows may begin: one stretch a region that holds a window, weighted by the region's duration."""
    low_R, high_R = axis.bounds()
    # A region exactly as long as a window holds one, whatever the rounding of the difference of its ends.
    high_R = np.where(np.isclose(low_R, high_R, rtol=0.0, atol=1e-9), low_R, high_R)
    region_M = np.flatnonzero(high_R >= low_R)
    low_M, high_M = low_R[region_M], high_R[region_M]
    return Stretches(region_M, low_M, high_M, high_M - low_M + axis.window_s)


def keep_loud(stretches: Stretches, frames: RegionFrames, window_s: float, min_peak: float) -> Stretches:
    """Return the stretches without windows that are silent throughout.

    A window is kept when at least one frame in it has a bin of `min_peak` or more. The draw is the one that drawing
    again until a window is loud would give (as AVA does), without its endless loop on silent recordings.

    Parameters
    ----------
    stretches
        Of starts in seconds of the recordings.
    frames
        The spectrograms.
    window_s
        Length of a window.
    min_peak
        Grey value, 0 to 1.
    """
    found = [
        _find_loud(stretches.pick(np.array([number])), frames, window_s, min_peak)
        for number in range(len(stretches.region_M))
    ]
    return Stretches(*map(np.concatenate, zip(*found, strict=True))) if found else stretches


def _find_loud(stretch: Stretches, frames: RegionFrames, window_s: float, min_peak: float) -> Stretches:
    """Return the parts of one stretch in which windows hold a loud frame."""
    region, low, high, weight = (values_M.item() for values_M in stretch)
    loud_K = frames.compute_times(region)[frames.fetch_peaks(region) >= min_peak]
    first_K, last_K = np.maximum(loud_K - window_s, low), np.minimum(loud_K, high)
    inside_K = first_K <= last_K
    lows, highs = _merge(first_K[inside_K], last_K[inside_K])
    kept = (highs > lows) | (high == low)
    lows, highs = lows[kept], highs[kept]
    # Of what the region is drawn for, each part has its share.
    share = (highs - lows) / (high - low) if high > low else np.ones(len(lows))
    return Stretches(np.full(len(lows), region), lows, highs, weight * share)


def _merge(first_K: np.ndarray, last_K: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the union of intervals of ascending first and last points, as first and last points."""
    if len(first_K) == 0:
        return first_K, last_K
    is_apart = first_K[1:] > last_K[:-1]
    return first_K[np.concatenate([[True], is_apart])], last_K[np.concatenate([is_apart, [True]])]


def cut_in_time(
    stretches: Stretches, window_s: float, fractions: Mapping[str, float]
) -> Iterator[tuple[str, Stretches]]:
    """Yield, by name, consecutive parts of every stretch, such that windows of two parts share no sound.

    Parameters
    ----------
    stretches
        As `find_stretches` gives them.
    window_s
        Length of a window.
    fractions
        Share of each part of the time, in order.
    """
    edges = np.concatenate([[0.0], np.cumsum(list(fractions.values()))])
    # The sound of a stretch lasts from its first start to the end of its last window.
    duration_M = stretches.high_M - stretches.low_M + window_s
    for name, begin, end in zip(fractions, edges[:-1], edges[1:], strict=True):
        low_M = stretches.low_M + begin * duration_M
        high_M = stretches.low_M + end * duration_M - window_s
        part = Stretches(stretches.region_M, low_M, high_M, high_M - low_M + window_s)
        yield name, part.pick(high_M >= low_M)


def draw_windows(stretches: Stretches, num_windows: int, generator: np.random.Generator) -> Windows:
    """Return places of windows, drawn by weight and uniformly within a stretch."""
    share_M = np.cumsum(stretches.weight_M)
    drawn_N = np.searchsorted(share_M, generator.random(num_windows) * share_M[-1], side="right")
    drawn_N = np.minimum(drawn_N, len(share_M) - 1)
    low_N, high_N = stretches.low_M[drawn_N], stretches.high_M[drawn_N]
    return Windows(stretches.region_M[drawn_N], low_N + generator.random(num_windows) * (high_N - low_N))


def tile_windows(stretches: Stretches, hop_s: float) -> Windows:
    """Return windows at every `hop_s` from the first start of each stretch on."""
    num_M = np.floor((stretches.high_M - stretches.low_M) / hop_s + 1e-9).astype(np.int64) + 1
    first_M = np.cumsum(num_M) - num_M
    step_N = np.arange(num_M.sum()) - np.repeat(first_M, num_M)
    start_N = np.repeat(stretches.low_M, num_M) + step_N * hop_s
    return Windows(np.repeat(stretches.region_M, num_M), np.minimum(start_N, np.repeat(stretches.high_M, num_M)))
