"""The decoding that scores best on recordings whose annotations are known: a search in seconds.

Legend: M = recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.inference.annotating.decoding import DecodedAnnotations, decode, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.streaming import FramePredictions
from subsong.models.segmenter import ClassLayout
from subsong.sources.spectrograms.recording_frames import FrameGrid

Score = Callable[[Sequence[DecodedAnnotations]], float]
"""Annotations of each validation recording, segments and then events -> how good they are; higher is better."""

SEGMENT_GRIDS: tuple[tuple[str, ...], ...] = (
    ("low_threshold", "high_threshold"),
    ("fill_gap_s",),
    ("min_duration_s",),
    ("switch_nats",),
)
EVENT_GRIDS: tuple[tuple[str, ...], ...] = (("event_threshold",), ("event_spacing_s",))
_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_TIMES_S = (0.0, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03, 0.05)
VALUES: Mapping[str, tuple[float, ...]] = {
    "low_threshold": _LEVELS,
    "high_threshold": _LEVELS,
    "event_threshold": _LEVELS,
    "fill_gap_s": _TIMES_S,
    "min_duration_s": _TIMES_S,
    "event_spacing_s": _TIMES_S,
    "switch_nats": (2.0, 5.0, 8.0, 12.0, 18.0, 25.0, 40.0),
}
_SEGMENT_SETTINGS, _EVENT_SETTINGS = (
    {name for group in grids for name in group} for grids in (SEGMENT_GRIDS, EVENT_GRIDS)
)
_MAX_ROUNDS = 4


class PredictedRecording(NamedTuple):
    """Predictions of a whole recording and where its frames lie."""

    predictions: FramePredictions
    grid: FrameGrid


class TunedDecoding(NamedTuple):
    """What a search found.

    Attributes
    ----------
    options
        The best tried; of equals the nearest to what the search began with, so that a setting that changes nothing
        stays as it was.
    score
        Its score.
    start_score
        That of the options the search began with.
    num_tried
        Combinations scored.
    """

    options: DecodingOptions
    score: float
    start_score: float
    num_tried: int


def tune_decoding(
    recordings: Sequence[PredictedRecording],
    layout: ClassLayout,
    score: Score,
    start: DecodingOptions | None = None,
) -> TunedDecoding:
    """Return the decoding that scores best: settings are searched one after the other, until none of them gains.

    Parameters
    ----------
    recordings
        Predictions of the validation recordings (M).
    layout
        What the classes are.
    score
        Scores the annotations of all of them; it knows the truth.
    start
        Where the search begins; settings that the classes do not use stay as they are.

    Raises
    ------
    SubsongError
        When there is no recording.
    """
    if not recordings:
        raise SubsongError("no recordings to tune the decoding on: give validation recordings with annotations")
    search = _Search(recordings, layout, score)
    best = start_options = DecodingOptions() if start is None else start
    start_score = search.score(start_options)
    groups = (SEGMENT_GRIDS if layout.segments else ()) + (EVENT_GRIDS if layout.events else ())
    for _ in range(_MAX_ROUNDS):
        before = best
        for names in groups:
            # The present options come first: an equal score does not move them.
            best = max((best, *_vary(best, names)), key=search.score)
        if best == before:
            break
    return TunedDecoding(best, search.score(best), start_score, len(search.known))


class _Search:
    """Scores of options, each computed once; segments are not decoded again where only events' settings differ."""

    def __init__(self, recordings: Sequence[PredictedRecording], layout: ClassLayout, score: Score) -> None:
        self.known: dict[DecodingOptions, float] = {}
        self._recordings, self._score = recordings, score
        self._layouts = [layout._replace(events=()), layout._replace(segments=())]
        self._decoded: dict[tuple[int, DecodingOptions], list[DecodedAnnotations]] = {}

    def score(self, options: DecodingOptions) -> float:
        """Return the score of options."""
        if options not in self.known:
            kinds = [self._decode(0, options, _EVENT_SETTINGS), self._decode(1, options, _SEGMENT_SETTINGS)]
            self.known[options] = self._score([join_decoded(both) for both in zip(*kinds, strict=True)])
        return self.known[options]

    def _decode(self, kind: int, options: DecodingOptions, unused: Collection[str]) -> list[DecodedAnnotations]:
        """Return the annotations of one kind in each recording, whatever the settings the kind has no use for."""
        key = kind, DecodingOptions(**options.model_dump(exclude=set(unused)))
        if key not in self._decoded:
            layout = self._layouts[kind]
            self._decoded[key] = [decode(one.predictions, layout, one.grid, key[1]) for one in self._recordings]
        return self._decoded[key]


def _vary(options: DecodingOptions, names: tuple[str, ...]) -> Iterator[DecodingOptions]:
    """Yield the options with other values of `names`, the nearest first; of the two thresholds, pairs in order."""
    values = options.model_dump()
    changes: list[dict[str, Any]] = [{names[0]: value} for value in VALUES[names[0]]]
    for name in names[1:]:
        changes = [{**change, name: value} for change in changes for value in VALUES[name]]
    changes.sort(key=lambda change: sum(abs(value - values[name]) for name, value in change.items()))
    for change in changes:
        if change.get("low_threshold", 0.0) <= change.get("high_threshold", 1.0):
            yield DecodingOptions(**{**values, **change})
