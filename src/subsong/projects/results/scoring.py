"""What was found and how it was grouped, against a known truth: bird by bird, and over all.

Legend: N = sounds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

import polars as pl

from subsong.core.errors import SubsongError
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.outcomes import CONFUSED, PAIRED
from subsong.evaluation.annotations.scores import AnnotationScores, score_annotations
from subsong.sources.annotations.table import ANNOTATION_SCHEMA, build_annotations

ALL_BIRDS = "all"
_NO_DURATIONS: Mapping[str, float] = MappingProxyType({})
_FOUND_SCHEMA = {
    "bird": pl.String,
    "num_true": pl.Int64,
    "num_found": pl.Int64,
    "onset_f1": pl.Float64,
    "precision": pl.Float64,
    "recall": pl.Float64,
    "edges_f1": pl.Float64,
    "labelled_f1": pl.Float64,
    "frame_error": pl.Float64,
}
_CLUSTER_SCHEMA = {
    "bird": pl.String,
    "num_items": pl.Int64,
    "num_types": pl.Int64,
    "num_clusters": pl.Int64,
    "ami": pl.Float64,
}


def score_found(
    truth: pl.DataFrame,
    found: pl.DataFrame,
    birds: Mapping[str, str],
    durations_s: Mapping[str, float] = _NO_DURATIONS,
    recordings: Collection[str] | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """Score what was found against the truth.

    Parameters
    ----------
    truth, found
        Columns as in `ANNOTATION_SCHEMA`.
    birds
        Who is heard in each recording.
    durations_s
        Length of recordings, for the frame error.
    recordings
        Those that are scored; None: those of the truth.
    seed
        Of nothing but intervals, which are not returned.

    Returns
    -------
    pl.DataFrame
        One row a bird, the last over ``all``: ``bird``, ``num_true``, ``num_found``; ``onset_f1`` (onsets within 10 ms
        agree, whatever their labels) with its ``precision`` and ``recall``; ``edges_f1`` (onset and offset within
        10 ms); ``labelled_f1`` (onsets within 10 ms, and equal labels; null where the two have no label in common) and
        ``frame_error``. A bird of whom nothing is true or found has no row.
    """
    names = sorted(set(truth["recording"]) if recordings is None else set(recordings))
    by_bird: dict[str, list[str]] = {}
    for name in names:
        by_bird.setdefault(birds.get(name, ""), []).append(name)
    parts = dict(sorted(by_bird.items()))
    if len(parts) > 1:
        parts[ALL_BIRDS] = names
    rows = [_score(bird, truth, found, durations_s, own, seed) for bird, own in parts.items()]
    return pl.DataFrame([row for row in rows if row is not None], _FOUND_SCHEMA, orient="row")


def _score(
    bird: str,
    truth: pl.DataFrame,
    found: pl.DataFrame,
    durations_s: Mapping[str, float],
    recordings: Collection[str],
    seed: int,
) -> dict[str, object] | None:
    own_truth, own_found = (table.filter(pl.col("recording").is_in(list(recordings))) for table in (truth, found))
    if not own_truth.height and not own_found.height:
        return None
    options = ScoringOptions(use_labels=False, num_resamples=1, seed=seed)
    # People differ from the programs they are compared with; that is no reason to warn.
    sets = own_found.with_columns(annotator=None), own_truth.with_columns(annotator=None)
    sets = tuple(table.cast({"annotator": pl.String}) for table in sets)  # type: ignore[assignment]
    values = _get_values(score_annotations(*sets, options, durations_s, recordings=sorted(recordings)))
    shared = set(own_truth["label"].drop_nulls()) & set(own_found["label"].drop_nulls())
    labelled = options.model_copy(update={"use_labels": True})
    told = _get_values(score_annotations(*sets, labelled, recordings=sorted(recordings))) if shared else {}
    return {
        "bird": bird,
        "num_true": own_truth.height,
        "num_found": own_found.height,
        "onset_f1": values.get("onset_f1"),
        "precision": values.get("onset_precision"),
        "recall": values.get("onset_recall"),
        "edges_f1": values.get("edges_f1"),
        "labelled_f1": told.get("onset_f1"),
        "frame_error": values.get("frame_error"),
    }


def _get_values(scores: AnnotationScores) -> dict[str, float]:
    return dict(scores.summary.select("score", "value").iter_rows())


def score_clusters(truth: pl.DataFrame, embedding: pl.DataFrame) -> pl.DataFrame:
    """Compare clusters with the types that are known.

    Parameters
    ----------
    truth
        Columns as in `ANNOTATION_SCHEMA`, with labels, which are a bird's own.
    embedding
        One row a sound: ``recording`` (or ``source``), ``onset_s``, ``offset_s``, ``bird``, ``cluster``.

    Returns
    -------
    pl.DataFrame
        One row a bird, the last over ``all``: ``bird``, ``num_items`` (sounds that are true ones: those that overlap a
        labelled one best, by a tenth at least), ``num_types``, ``num_clusters``, ``ami``: mutual information of
        clusters and types, 0 by chance and 1 when they are one (Vinh, Epps & Bailey 2010).

    Raises
    ------
    SubsongError
        When no sound is a labelled one of the truth.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    known = match_types(truth, embedding).drop_nulls(["type", "cluster"])
    if not known.height:
        raise SubsongError("no sound of the map overlaps a labelled one of the truth: check their recordings' names")
    # Labels of two birds are never the same type.
    known = known.with_columns(pl.format("{}:{}", "bird", "type").alias("type"))
    parts = [(str(bird), part) for (bird,), part in sorted(known.group_by("bird"), key=lambda pair: str(pair[0][0]))]
    parts += [(ALL_BIRDS, known)] if len(parts) > 1 else []
    rows = []
    for bird, part in parts:
        agreement = float(adjusted_mutual_info_score(part["type"].to_list(), part["cluster"].to_list()))
        rows.append((bird, part.height, part["type"].n_unique(), part["cluster"].n_unique(), agreement))
    return pl.DataFrame(rows, _CLUSTER_SCHEMA, orient="row")


def match_types(truth: pl.DataFrame, embedding: pl.DataFrame) -> pl.DataFrame:
    """Return the sounds with their true ``type``: the label of the true sound that each overlaps best, else null."""
    table = embedding.rename({"source": "recording"}) if "recording" not in embedding.columns else embedding
    places = table.select("recording", "onset_s", "offset_s")
    own = truth.filter(pl.col("recording").is_in(places["recording"].unique().to_list()))
    if not own.height:
        return table.with_columns(type=pl.lit(None, pl.String))
    found = build_annotations(**{name: places[name].to_list() for name in places.columns}, label="sound")
    plain = own.select(*ANNOTATION_SCHEMA).with_columns(
        annotator=pl.lit(None, pl.String), channel=pl.lit(None, pl.Int64)
    )
    options = ScoringOptions(use_labels=False, num_resamples=1)
    matches = score_annotations(found, plain, options, recordings=sorted(set(places["recording"]))).matches
    pairs = matches.filter(pl.col("outcome").is_in([PAIRED, CONFUSED])).select(
        "recording",
        pl.col("found_onset_s").alias("onset_s"),
        pl.col("found_offset_s").alias("offset_s"),
        type="truth_label",
    )
    pairs = pairs.unique(["recording", "onset_s", "offset_s"], keep="first", maintain_order=True)
    return table.join(pairs, on=["recording", "onset_s", "offset_s"], how="left", maintain_order="left")
