"""Annotations that are told within a time, certain or not.

Legend: C = classes, N = annotations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from subsong.inference.annotating.decoding import DecodedAnnotations, decode
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.silences import find_silence
from subsong.inference.annotating.streaming import FramePredictions, join_predictions
from subsong.models.segmenter import ClassLayout
from subsong.sources.spectrograms.recording_frames import FrameGrid

_MAX_HELD_FRAMES = 4096


def decode_early(
    runs: Iterable[FramePredictions],
    layout: ClassLayout,
    grid: FrameGrid,
    options: DecodingOptions,
    patience: int,
) -> Iterator[DecodedAnnotations]:
    """Yield annotations after silence, as `decode_stream` does, or once they ended `patience` frames ago.

    Parameters
    ----------
    runs
        Predictions that follow each other.
    layout, grid, options
        As for `decode`.
    patience
        Frames after its end for which an annotation is kept back; 1 or more.

    Notes
    -----
    What was told is never taken back: where later frames would have changed it, what follows begins after it. Of a
    sound that goes on for thousands of frames only the last ones are held.
    """
    held: list[FramePredictions] = []
    told_s_C = np.full(len(layout.segments) + len(layout.events), -np.inf)
    for run in runs:
        joined = join_predictions([*held, run])
        cut = find_silence(joined, layout, grid, options)
        num_ripe = max(len(joined) - patience, 0 if cut is None else cut)
        ripe_s = (joined.first_frame + num_ripe) * grid.hop_s
        found = _leave_out(decode(joined, layout, grid, options), told_s_C, layout, options)
        yield _take(found, found.offset_s_N <= ripe_s, told_s_C, layout)
        held = [joined.cut(max(0 if cut is None else cut, len(joined) - _MAX_HELD_FRAMES - patience))]
    if held:
        found = _leave_out(decode(held[0], layout, grid, options), told_s_C, layout, options)
        yield _take(found, np.ones(len(found), dtype=bool), told_s_C, layout)


def _leave_out(
    found: DecodedAnnotations, told_s_C: np.ndarray, layout: ClassLayout, options: DecodingOptions
) -> DecodedAnnotations:
    """Return what of the annotations lies after what was told before."""
    told_s_N = told_s_C[found.class_N]
    is_event_N = np.isin(found.class_N, layout.events)
    onset_s_N = np.where(is_event_N, found.onset_s_N, np.maximum(found.onset_s_N, told_s_N))
    # A rest that nobody would have told by itself, such as a frame of a border that moved, is no annotation.
    needed_s_N = np.where(onset_s_N > found.onset_s_N, options.min_duration_s, 0.0)
    length_s_N = found.offset_s_N - onset_s_N
    is_new_N = np.where(
        is_event_N, found.onset_s_N > told_s_N + options.event_spacing_s, (length_s_N > 0) & (length_s_N >= needed_s_N)
    )
    return _select(DecodedAnnotations(onset_s_N, found.offset_s_N, found.class_N, found.score_N), is_new_N)


def _take(
    found: DecodedAnnotations, is_taken_N: np.ndarray, told_s_C: np.ndarray, layout: ClassLayout
) -> DecodedAnnotations:
    """Return some of the annotations, and note in `told_s_C` until where each class was told."""
    taken = _select(found, is_taken_N)
    np.maximum.at(told_s_C, taken.class_N, taken.offset_s_N)
    if layout.segments and not layout.overlap:
        columns = list(layout.segments)
        told_s_C[columns] = told_s_C[columns].max()
    return taken


def _select(found: DecodedAnnotations, is_kept_N: np.ndarray) -> DecodedAnnotations:
    return DecodedAnnotations(*(values_N[is_kept_N] for values_N in found))
