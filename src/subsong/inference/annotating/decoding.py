"""Predictions, frame by frame -> annotations.

Legend: K = frames, C = classes, S = segment classes, N = annotations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from subsong.inference.annotating.events import find_peaks
from subsong.inference.annotating.labels import LabelledPart, find_change, find_majority, split_labels
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.spans import Spans, drop_short, fill_gaps, find_spans, refine_ends
from subsong.inference.annotating.streaming import FramePredictions
from subsong.models.segmenter import ClassLayout
from subsong.sources.spectrograms.recording_frames import FrameGrid

_STEPS_A_FRAME = 2**20


class DecodedAnnotations(NamedTuple):
    """Annotations of one channel of a recording, by onset, offset and class.

    Attributes
    ----------
    onset_s_N, offset_s_N
        Seconds from the start of the recording, within it; equal for events.
    class_N
        Number of the class, in the order of the classes; int64.
    score_N
        Confidence, 0 to 1: of a segment the mean probability of its class over its frames, of an event its peak's.
    """

    onset_s_N: np.ndarray
    offset_s_N: np.ndarray
    class_N: np.ndarray
    score_N: np.ndarray

    def __len__(self) -> int:
        """Return the number of annotations."""
        return len(self.class_N)


class _Row(NamedTuple):
    """One annotation, its times in frames counted within the run."""

    onset: float
    offset: float
    class_number: int
    score: float


def decode(
    predictions: FramePredictions, layout: ClassLayout, grid: FrameGrid, options: DecodingOptions
) -> DecodedAnnotations:
    """Return the annotations of a recording, or of a run of its frames that begins and ends in silence.

    Parameters
    ----------
    predictions
        Of all its frames.
    layout
        Which classes are segments, and whether they may overlap: then each is decoded by itself.
    grid
        Where its frames lie.
    options
        Thresholds and what else is asked of an annotation.
    """
    probabilities_KC, rows = predictions.probabilities_KC, list[_Row]()
    for group, columns in enumerate(group_segments(layout)):
        near_K2 = predictions.borders_KP[:, [group, group + layout.num_borders]]
        rows += _decode_segments(probabilities_KC[:, columns], near_K2, columns, grid.hop_s, options)
    for column in layout.events:
        peaks = find_peaks(probabilities_KC[:, column], options.event_threshold, options.event_spacing_s / grid.hop_s)
        rows += [
            _Row(place, place, column, height) for place, height in zip(peaks.place_N, peaks.height_N, strict=True)
        ]
    return _gather(rows, predictions.first_frame, grid)


def join_decoded(parts: Iterable[DecodedAnnotations]) -> DecodedAnnotations:
    """Return the annotations of parts that follow each other as one."""
    empty = DecodedAnnotations(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0))
    return DecodedAnnotations(*(np.concatenate(arrays) for arrays in zip(empty, *parts, strict=True)))


def group_segments(layout: ClassLayout) -> list[list[int]]:
    """Return the columns that are decoded together: all segment classes, or each where they may overlap."""
    if layout.overlap:
        return [[column] for column in layout.segments]
    return [list(layout.segments)] if layout.segments else []


def _decode_segments(
    probabilities_KS: np.ndarray, near_K2: np.ndarray, columns: list[int], hop_s: float, options: DecodingOptions
) -> list[_Row]:
    probabilities_KS = probabilities_KS.astype(np.float64)
    spans = find_spans(probabilities_KS.sum(axis=1), options.low_threshold, options.high_threshold)
    if options.refine_borders:
        spans = refine_ends(spans, near_K2)
    spans = fill_gaps(spans, options.fill_gap_s / hop_s)
    spans = drop_short(spans, options.min_duration_s / hop_s)
    rows = []
    for span in range(len(spans.start_N)):
        rows += _label_span(probabilities_KS, spans, span, options, hop_s)
    return [row._replace(class_number=columns[row.class_number]) for row in rows]


def _label_span(
    probabilities_KS: np.ndarray, spans: Spans, span: int, options: DecodingOptions, hop_s: float
) -> list[_Row]:
    """Return the annotations that make up a span: one, or several that touch where its label changes."""
    start, stop, onset, offset = (values_N[span] for values_N in spans)
    inside_KS = probabilities_KS[start:stop]
    if options.split_touching:
        parts = split_labels(inside_KS, options.switch_nats, options.min_duration_s / hop_s)
    else:
        parts = [LabelledPart(0, len(inside_KS), find_majority(inside_KS))]
    places = [onset]
    for before, after in itertools.pairwise(parts):
        pair = [before.class_number, after.class_number]
        places.append(
            start + after.start - 1 + find_change(inside_KS[after.start - 1, pair], inside_KS[after.start, pair])
        )
    # Ends that were moved to borders may have passed a change of label; what was before it then has no length.
    borders = np.clip([*places, offset], onset, offset)
    return [
        _Row(borders[number], borders[number + 1], part.class_number, _score(inside_KS, part))
        for number, part in enumerate(parts)
        if borders[number] < borders[number + 1]
    ]


def _score(inside_KS: np.ndarray, part: LabelledPart) -> float:
    return float(inside_KS[part.start : part.stop, part.class_number].mean())


def _gather(rows: list[_Row], first_frame: int, grid: FrameGrid) -> DecodedAnnotations:
    rows = sorted(rows)
    # In steps of a binary millionth of a frame, sums with whole frames are exact: pieces agree to the last bit.
    places_2N = np.array([[row.onset for row in rows], [row.offset for row in rows]])
    places_2N = np.round(places_2N * _STEPS_A_FRAME) / _STEPS_A_FRAME + first_frame
    onset_N, offset_N = (grid.to_seconds(places_N) for places_N in places_2N)
    class_N = np.array([row.class_number for row in rows], dtype=np.int64)
    return DecodedAnnotations(onset_N, offset_N, class_N, np.array([row.score for row in rows], dtype=np.float64))
