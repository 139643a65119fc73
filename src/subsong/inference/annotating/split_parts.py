"""The sound of a split of a store, in parts that are predicted and judged as recordings of their own.

Where a recording is divided in time, a part of it is heard alone: sound of another split is neither context nor truth.
Where annotations are complete only here and there, these stretches alone are judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.datasets.song.places import Places
from subsong.datasets.song.store import Intervals, SongStore, load_song
from subsong.evaluation.annotations.metrics import LabelledSpans
from subsong.inference.annotating.decoding import DecodedAnnotations
from subsong.inference.annotating.streaming import FramePredictions, join_predictions, stream_probabilities
from subsong.inference.annotating.tuning import PredictedRecording
from subsong.inference.segmenter import TrainedSegmenter
from subsong.sources.spectrograms.recording_frames import FrameGrid


class SplitPart(NamedTuple):
    """A stretch of one recording and channel of a store, all of it annotated.

    Attributes
    ----------
    name
        Unique in the store: recording, channel and, where it is not all of the recording, seconds.
    source, channel
        As in the store; ``channel`` is None where the recording has one.
    recording
        Number of the recording and channel in the store.
    heard_first, heard_stop
        First sample and the one after the last of what may be listened to around it: sound of the same split.
    first_sample, stop_sample
        The same of the stretch itself, which begins at a frame of what is heard.
    start_s, duration_s
        The stretch in seconds.
    """

    name: str
    source: str
    channel: int | None
    recording: int
    heard_first: int
    heard_stop: int
    first_sample: int
    stop_sample: int
    start_s: float
    duration_s: float


def open_song(path: str | Path, model: TrainedSegmenter) -> SongStore:
    """Open a store of annotated song as a model looks at it: each channel by itself, or those of a recording together.

    Raises
    ------
    SubsongError
        When it cannot be opened, or its recordings have not as many channels as the model looks at.
    """
    store = load_song(path)
    if model.num_channels == 1:
        return store
    store = store.join_channels()
    if store.num_channels != model.num_channels:
        raise SubsongError(
            f"{path} has recordings of {store.num_channels} channels, but the model looks at {model.num_channels} "
            "together: name a dataset of recordings with as many"
        )
    return store


def list_split_parts(store: SongStore, places: Places, model: TrainedSegmenter) -> list[SplitPart]:
    """Return the parts of a split that are to be judged, in the order of the store.

    Parameters
    ----------
    store
        Of the model's sample rate.
    places
        The sound of the split, as of `find_places`.
    model
        Its frames are what parts begin with.

    Raises
    ------
    SubsongError
        When the store has another sample rate than the model.
    """
    if store.sample_rate_hz != model.sample_rate_hz:
        raise SubsongError(
            f"{store.path} has {store.sample_rate_hz} Hz and the model {model.sample_rate_hz} Hz: prepare the "
            f"recordings again with --set sample_rate_hz={model.sample_rate_hz}"
        )
    hop_size = model.open_frames(0, lambda first, stop: np.zeros(stop - first, np.float32)).grid.hop_size
    parts = []
    stretches = zip(places.part_L.tolist(), places.start_L.tolist(), places.end_L.tolist(), strict=True)
    for part, start, end in stretches:
        heard = int(places.first_P[part]), int(places.stop_P[part])
        start = heard[0] - (heard[0] - start) // hop_size * hop_size
        if start < end:
            parts.append(_describe_part(store, int(places.recording_P[part]), heard, (start, end)))
    return parts


def _describe_part(store: SongStore, recording: int, heard: tuple[int, int], stretch: tuple[int, int]) -> SplitPart:
    row, rate = store.recordings.row(recording, named=True), store.sample_rate_hz
    has_several = bool((store.recordings["source"] == row["source"]).sum() > 1)
    name: str = row["source"]
    if has_several:
        name += f", channel {row['channel']}"
    if stretch != (0, row["num_samples"]):
        name += f", {stretch[0] / rate:.3f} to {stretch[1] / rate:.3f} s"
    channel = row["channel"] if has_several else None
    duration_s = (stretch[1] - stretch[0]) / rate
    return SplitPart(name, row["source"], channel, recording, *heard, *stretch, stretch[0] / rate, duration_s)


def predict_parts(model: TrainedSegmenter, store: SongStore, parts: Sequence[SplitPart]) -> list[PredictedRecording]:
    """Return the predictions of each part, its frames counted from its own beginning."""
    predicted, heard, last = [], None, None
    for part in parts:
        sound = part.recording, part.heard_first, part.heard_stop
        if heard is None or sound != last:
            heard, last = _predict_sound(model, store, *sound), sound
        predicted.append(_cut(heard, part))
    return predicted


def _predict_sound(
    model: TrainedSegmenter, store: SongStore, recording: int, first_sample: int, stop_sample: int
) -> PredictedRecording:
    def read(first: int, stop: int) -> np.ndarray:
        return store.read(recording, first_sample + first, first_sample + stop)

    source = model.open_frames(stop_sample - first_sample, read)
    return PredictedRecording(join_predictions(stream_probabilities(model.module, source)), source.grid)


def _cut(heard: PredictedRecording, part: SplitPart) -> PredictedRecording:
    grid = FrameGrid(heard.grid.hop_size, heard.grid.sample_rate_hz, part.stop_sample - part.first_sample)
    start = (part.first_sample - part.heard_first) // grid.hop_size
    predictions = heard.predictions.cut(start, start + grid.num_frames)
    # Not _replace: the length of predictions is that of their frames, which it takes for that of the record.
    return PredictedRecording(FramePredictions(0, *predictions[1:]), grid)


def read_true_spans(store: SongStore, parts: Sequence[SplitPart], classes: Sequence[str]) -> LabelledSpans:
    """Return the annotations of parts, cut to them, in seconds from the beginning of each; `classes` alone.

    Raises
    ------
    SubsongError
        When the parts hold none.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    class_of = np.array([numbers.get(name, -1) for name, _ in store.classes], np.int64)
    spans = []
    for place, part in enumerate(parts):
        stop_s = part.start_s + part.duration_s
        found = store.find_intervals(part.recording, part.start_s, stop_s)
        onset_s, offset_s = (np.clip(ends, part.start_s, stop_s) for ends in (found.onset_s, found.offset_s))
        is_event = found.offset_s == found.onset_s
        kept = (class_of[found.class_number] >= 0) & (is_event | (offset_s > onset_s)) & ~_repeats(found)
        place_N = np.full(int(kept.sum()), place, np.int64)
        spans.append(
            LabelledSpans(
                onset_s[kept] - part.start_s, offset_s[kept] - part.start_s, place_N, class_of[found.class_number][kept]
            )
        )
    truth = LabelledSpans(*(np.concatenate(values) for values in zip(*spans, strict=True)))
    if not len(truth.class_N):
        raise SubsongError(
            f"{store.path} has no annotation of {', '.join(classes[:5])} in the sound that is to be judged: name a "
            "dataset with annotations of the model's labels"
        )
    return truth


def _repeats(found: Intervals) -> np.ndarray:
    """Return which annotations are those of one before them, as when two people agree to the sample."""
    _, first = np.unique(np.stack(found), axis=1, return_index=True)
    repeats_N = np.ones(len(found.class_number), dtype=bool)
    repeats_N[first] = False
    return repeats_N


def join_found_spans(decoded: Sequence[DecodedAnnotations]) -> LabelledSpans:
    """Return the annotations found in parts, in their order, as spans."""
    place_N = np.repeat(np.arange(len(decoded)), [len(one) for one in decoded])
    onset_s, offset_s, class_N = (
        np.concatenate([getattr(one, name) for one in decoded]) for name in ("onset_s_N", "offset_s_N", "class_N")
    )
    return LabelledSpans(onset_s, offset_s, place_N, class_N)
