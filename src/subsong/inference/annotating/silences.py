"""Silences long enough that sounds before and after them know nothing of each other.

Legend: K = frames.
"""

from __future__ import annotations

import numpy as np

from subsong.inference.annotating.decoding import group_segments
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.streaming import FramePredictions
from subsong.models.segmenter import ClassLayout
from subsong.sources.spectrograms.recording_frames import FrameGrid

_SILENCE_FRAMES = 6


def count_silent_frames(options: DecodingOptions, hop_s: float) -> int:
    """Return how many frames of silence it takes until no later frame can change what was before them."""
    # Ends of sounds and tops of peaks look at frames beside them, and ends may move by up to 1.5 frames.
    return int(np.ceil(max(options.fill_gap_s, options.event_spacing_s) / hop_s)) + _SILENCE_FRAMES


def find_silence(
    joined: FramePredictions, layout: ClassLayout, grid: FrameGrid, options: DecodingOptions
) -> int | None:
    """Return the middle of the last silence that is long enough; None: there is none."""
    quiet_K = find_quiet(joined, layout, options)
    silence = find_last_run(quiet_K, count_silent_frames(options, grid.hop_s))
    return None if silence is None else (silence.start + silence.stop) // 2


def find_quiet(predictions: FramePredictions, layout: ClassLayout, options: DecodingOptions) -> np.ndarray:
    """Return whether nothing sounds in each frame, bool, shape (K,)."""
    quiet_K = np.ones(len(predictions), dtype=bool)
    for columns in group_segments(layout):
        quiet_K &= predictions.probabilities_KC[:, columns].sum(axis=1, dtype=np.float64) < options.low_threshold
    for column in layout.events:
        quiet_K &= predictions.probabilities_KC[:, column] < options.event_threshold
    return quiet_K


def find_last_run(is_true_K: np.ndarray, needed: int) -> range | None:
    """Return the last run of at least `needed` values that are true; None: there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_true_K, [False]])))
    starts, stops = edges[::2], edges[1::2]
    long_enough = np.flatnonzero(stops - starts >= needed)
    return range(int(starts[long_enough[-1]]), int(stops[long_enough[-1]])) if len(long_enough) else None
