"""Counts of each recording that need no pairs: frames that agree, and edits between sequences of labels."""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.evaluation.annotations.frames import FrameCounts, FrameSegments, count_frames, to_frames
from subsong.evaluation.annotations.scope import Scope
from subsong.evaluation.annotations.sequences import compute_edit_distance


def count_recording_frames(scope: Scope, frame_s: float) -> FrameCounts:
    """Return the frames of each recording, summed over its channels.

    Counts are of the whole recording or, where there are windows, of these and of the true segments. Of a recording
    of unknown length, what follows its last annotation is not counted.
    """
    truth, found = (_to_frame_segments(table, frame_s) for table in (scope.truth, scope.found))
    judged = _find_judged_frames(scope, truth, found, frame_s)
    counts = count_frames(truth, found, judged, len(scope.place_recording))
    size = len(scope.recordings)
    sums = (np.bincount(scope.place_recording, values, minlength=size) for values in counts)
    return FrameCounts(*(np.rint(values).astype(np.int64) for values in sums))


def _to_frame_segments(table: pl.DataFrame, frame_s: float) -> FrameSegments:
    rows = table.filter(pl.col("kind") == "segment")
    start, stop = (to_frames(rows[name].to_numpy(), frame_s) for name in ("onset_s", "offset_s"))
    return FrameSegments(start, stop, rows["place"].to_numpy(), rows["class"].to_numpy())


def _find_judged_frames(scope: Scope, truth: FrameSegments, found: FrameSegments, frame_s: float) -> FrameSegments:
    if scope.windows is not None:
        start, stop = (to_frames(scope.windows[name].to_numpy(), frame_s) for name in ("onset_s", "offset_s"))
        windows = FrameSegments(start, stop, scope.windows["place"].to_numpy(), np.zeros(len(start), np.int64))
        return FrameSegments(*(np.concatenate(both) for both in zip(windows, truth, strict=True)))
    last = np.zeros(len(scope.place_recording), np.int64)
    for part in (truth, found):
        np.maximum.at(last, part.place, part.stop)
    durations_s = scope.durations_s[scope.place_recording]
    known = np.isfinite(durations_s)
    last[known] = to_frames(durations_s[known], frame_s)
    return FrameSegments(np.zeros_like(last), last, np.arange(len(last)), np.zeros_like(last))


def count_edits(scope: Scope) -> tuple[np.ndarray, np.ndarray]:
    """Return the edit distance of the sequences of segments' labels of each recording, and the length of the true one.

    Labels stand in the order of onsets; the sequences of a recording's channels are compared channel by channel.
    """
    truth, found = (_list_labels(table) for table in (scope.truth, scope.found))
    distance, length = np.zeros((2, len(scope.recordings)), np.int64)
    for place, recording in enumerate(scope.place_recording):
        labels = truth.get(place, [])
        distance[recording] += compute_edit_distance(labels, found.get(place, []))
        length[recording] += len(labels)
    return distance, length


def _list_labels(table: pl.DataFrame) -> dict[int, list[int]]:
    groups = table.filter(pl.col("kind") == "segment").group_by("place", maintain_order=True).agg("class")
    return dict(zip(groups["place"].to_list(), groups["class"].to_list(), strict=True))
