"""The decoding of a trained model, chosen on the validation split of a store and kept in the model's folder.

`tuning` holds the search itself; here is what it is given: predictions, the truth, and what counts as better.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.places import Places
from subsong.datasets.song.store import SongStore
from subsong.evaluation.annotations.metrics import METRICS, LabelledSpans, Metric, MetricScorer
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.inference.annotating.decoding import DecodedAnnotations, decode
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.split_parts import (
    SplitPart,
    join_found_spans,
    list_split_parts,
    predict_parts,
    read_true_spans,
)
from subsong.inference.annotating.tuning import PredictedRecording, TunedDecoding, tune_decoding
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.portable import ModelDescription, write_preprocessing


class DecodingSearch(ConfigBase):
    """How the decoding is chosen on validation sound."""

    metric: Metric = Field(
        "balanced",
        description="What is made as large as can be: F1 of onset, edges, iou or event; 1 - error of frames or "
        "sequence; balanced: mean of onset, sequence and frames, and of events where there are any.",
    )
    tolerance_s: float = Field(0.01, gt=0, description="Onsets, edges and events this near agree, in seconds.")
    min_iou: float = Field(0.5, gt=0, le=1, description="Segments with this intersection over union agree.")
    max_sound_s: float | None = Field(
        600.0, gt=0, description="At most about this much validation sound is used, drawn at random; null: all."
    )


class SearchedDecoding(NamedTuple):
    """What a search on validation sound found.

    Attributes
    ----------
    tuned
        The decoding and its score.
    former
        The decoding it began with.
    before, after
        Every metric that the truth allows, with the former decoding and with the new one; of errors 1 - error.
    num_parts, sound_s, num_annotations
        What it was chosen on.
    """

    tuned: TunedDecoding
    former: DecodingOptions
    before: dict[Metric, float]
    after: dict[Metric, float]
    num_parts: int
    sound_s: float
    num_annotations: int


def search_decoding(
    model: TrainedSegmenter,
    store: SongStore,
    places: Places,
    search: DecodingSearch,
    former: DecodingOptions,
    seed: int = 0,
) -> SearchedDecoding:
    """Return the decoding of a model that scores best on some sound of a store, as of its validation split.

    Parameters
    ----------
    model
        Its own decoding plays no part.
    store
        Of the model's sample rate, with some of its labels.
    places
        The sound.
    search
        What counts.
    former
        Where the search begins, and what its gain is told against.
    seed
        Of the choice of sound, where there is more than is used.

    Raises
    ------
    SubsongError
        When the sound has no annotation, or the store another sample rate.
    """
    parts = _draw_parts(list_split_parts(store, places, model), search.max_sound_s, seed)
    truth = read_true_spans(store, parts, [one.name for one in model.classes])
    recordings = predict_parts(model, store, parts)
    durations_s = np.array([part.duration_s for part in parts])
    scorers = {metric: _build_scorer(truth, durations_s, metric, search) for metric in METRICS}

    def score(decoded: Sequence[DecodedAnnotations]) -> float:
        return float(np.nan_to_num(scorers[search.metric].score(join_found_spans(decoded))))

    tuned = tune_decoding(recordings, model.module.layout, score, former)
    before, after = (_score_all(model, recordings, scorers, options) for options in (former, tuned.options))
    total_s = float(durations_s.sum())
    return SearchedDecoding(tuned, former, before, after, len(parts), total_s, len(truth.class_N))


def _draw_parts(parts: list[SplitPart], max_sound_s: float | None, seed: int) -> list[SplitPart]:
    """Return random parts, in order, that together last a little more than is asked for at least."""
    if max_sound_s is None:
        return parts
    order = numpy_generator(seed, "decoding search").permutation(len(parts))
    before_s = np.cumsum([parts[number].duration_s for number in order]) - [parts[n].duration_s for n in order]
    return [parts[number] for number in np.sort(order[before_s < max_sound_s])]


def _build_scorer(
    truth: LabelledSpans, durations_s: np.ndarray, metric: Metric, search: DecodingSearch
) -> MetricScorer:
    options = ScoringOptions(tolerance_s=search.tolerance_s, min_iou=search.min_iou)
    return MetricScorer(truth, durations_s, metric, options)


def _score_all(
    model: TrainedSegmenter,
    recordings: Sequence[PredictedRecording],
    scorers: dict[Metric, MetricScorer],
    options: DecodingOptions,
) -> dict[Metric, float]:
    decoded = [decode(one.predictions, model.module.layout, one.grid, options) for one in recordings]
    found = join_found_spans(decoded)
    values = {metric: scorer.score(found) for metric, scorer in scorers.items()}
    return {metric: value for metric, value in values.items() if not np.isnan(value)}


def write_decoding(
    model_dir: Path, description: ModelDescription, searched: SearchedDecoding, search: DecodingSearch
) -> None:
    """Store a decoding in a model's folder, with how it was found and which one it took the place of."""
    record = {
        **search.model_dump(mode="json"),
        "score": searched.tuned.score,
        "former_score": searched.tuned.start_score,
        "former_decoding": searched.former.model_dump(mode="json"),
        "sound_s": round(searched.sound_s, 3),
        "num_annotations": searched.num_annotations,
    }
    decoding = searched.tuned.options.model_dump(mode="json")
    write_preprocessing(model_dir, {**description.preprocessing, "decoding": decoding, "decoding_search": record})
