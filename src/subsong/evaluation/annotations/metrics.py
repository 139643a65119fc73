"""One number for how well annotations agree with the truth, in milliseconds: for searches that ask a thousand times.

The same counts as those of `scores`, without intervals, tables and pairs by name.

Legend: N = annotations, G = places (recordings, or parts of them).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np

from subsong.evaluation.annotations.frames import FrameSegments, count_frames, to_frames
from subsong.evaluation.annotations.matching import (
    Candidates,
    Spans,
    find_edges,
    find_onsets,
    find_overlaps,
    match_candidates,
)
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.sequences import compute_edit_distance

Metric = Literal["balanced", "onset", "edges", "iou", "event", "frames", "sequence"]
METRICS: tuple[Metric, ...] = get_args(Metric)


class LabelledSpans(NamedTuple):
    """Annotations of several places.

    Attributes
    ----------
    onset_s_N, offset_s_N
        Seconds from the beginning of the place; equal for events.
    place_N
        Which place, from 0, in rising order, int64.
    class_N
        Which label, from 0, int64.
    """

    onset_s_N: np.ndarray
    offset_s_N: np.ndarray
    place_N: np.ndarray
    class_N: np.ndarray

    def select(self, is_chosen_N: np.ndarray) -> LabelledSpans:
        """Return some of them."""
        return LabelledSpans(*(values_N[is_chosen_N] for values_N in self))


class MetricScorer:
    """Scores found annotations against true ones, labels compared; 1 is perfect.

    Parameters
    ----------
    truth
        The true annotations.
    durations_s
        Of each place, shape (G,).
    metric
        ``onset``: F1 of segments whose onsets agree; ``edges``: of those whose onsets and offsets agree; ``iou``: of
        those that overlap; ``event``: F1 of events; ``frames``: 1 - frame error; ``sequence``: 1 - syllable error rate.
        ``balanced``: the mean of what the truth has, segments (the mean of ``onset``, ``sequence`` and ``frames``) and
        events.
    options
        Tolerance, overlap, length of frames.

    Notes
    -----
    Onsets alone say nothing of a syllable that was cut in two or joined to its neighbour, sequences nothing of time,
    and frames little of short syllables: ``balanced`` asks for all three.
    """

    def __init__(
        self,
        truth: LabelledSpans,
        durations_s: np.ndarray,
        metric: Metric = "balanced",
        options: ScoringOptions | None = None,
    ) -> None:
        self.metric, self.options = metric, options or ScoringOptions()
        is_event_N = truth.offset_s_N == truth.onset_s_N
        self._segments, self._events = truth.select(~is_event_N), truth.select(is_event_N)
        self._durations_s = durations_s
        self._sequences = _list_sequences(self._segments, len(durations_s))
        self._distances: dict[tuple[int, bytes], int] = {}

    def score(self, found: LabelledSpans) -> float:
        """Return how good annotations are, at most 1; NaN where the metric is of something that is not there."""
        is_event_N = found.offset_s_N == found.onset_s_N
        segments, events = found.select(~is_event_N), found.select(is_event_N)
        if self.metric == "balanced":
            kinds = [self._score_all(segments)] if len(self._segments.class_N) else []
            kinds += [self._score_pairs("event", events)] if len(self._events.class_N) else []
            return float(np.mean(kinds)) if kinds else float("nan")
        if self.metric == "frames":
            return self._score_frames(segments)
        if self.metric == "sequence":
            return self._score_sequences(segments)
        return self._score_pairs(self.metric, events if self.metric == "event" else segments)

    def _score_all(self, segments: LabelledSpans) -> float:
        pairs = self._score_pairs("onset", segments)
        return (pairs + self._score_sequences(segments) + self._score_frames(segments)) / 3.0

    def _score_pairs(self, metric: Metric, found: LabelledSpans) -> float:
        true = self._events if metric == "event" else self._segments
        num_classes = 1 + max((int(part.class_N.max(initial=0)) for part in (true, found)), default=0)
        spans = [
            Spans(part.onset_s_N, part.offset_s_N, part.place_N * num_classes + part.class_N) for part in (true, found)
        ]
        num_annotations = len(true.class_N) + len(found.class_N)
        pairs = match_candidates(*self._find_candidates(metric, spans[0], spans[1]))
        return 2 * len(pairs.truth) / num_annotations if num_annotations else float("nan")

    def _find_candidates(self, metric: Metric, truth: Spans, found: Spans) -> tuple[Candidates, float]:
        limit_s, min_iou = self.options.tolerance_s, self.options.min_iou
        if metric == "iou":
            return find_overlaps(truth, found, min_iou), 1.0 - min_iou
        return (find_edges if metric == "edges" else find_onsets)(truth, found, limit_s), limit_s

    def _score_frames(self, found: LabelledSpans) -> float:
        if not len(self._segments.class_N):
            return float("nan")
        truth, heard = (self._to_frame_segments(part) for part in (self._segments, found))
        stop = to_frames(self._durations_s, self.options.frame_s)
        places = np.arange(len(stop))
        counts = count_frames(truth, heard, FrameSegments(0 * stop, stop, places, 0 * places), len(stop))
        return 1.0 - float(counts.wrong.sum() / counts.judged.sum())

    def _to_frame_segments(self, part: LabelledSpans) -> FrameSegments:
        start, stop = (to_frames(ends, self.options.frame_s) for ends in (part.onset_s_N, part.offset_s_N))
        return FrameSegments(start, stop, part.place_N, part.class_N)

    def _score_sequences(self, found: LabelledSpans) -> float:
        num_labels = sum(map(len, self._sequences))
        if not num_labels:
            return float("nan")
        heard = _list_sequences(found, len(self._durations_s))
        return 1.0 - sum(map(self._count_edits, range(len(heard)), heard)) / num_labels

    def _count_edits(self, place: int, labels_N: np.ndarray) -> int:
        """Return the edits of a place, remembered: most settings change few places."""
        key = place, labels_N.tobytes()
        if key not in self._distances:
            self._distances[key] = compute_edit_distance(self._sequences[place].tolist(), labels_N.tolist())
        return self._distances[key]


def _list_sequences(spans: LabelledSpans, num_places: int) -> list[np.ndarray]:
    """Return the labels of each place in the order of onsets."""
    order = np.lexsort((spans.class_N, spans.offset_s_N, spans.onset_s_N, spans.place_N))
    bounds = np.searchsorted(spans.place_N[order], np.arange(1, num_places))
    return np.split(spans.class_N[order], bounds)
