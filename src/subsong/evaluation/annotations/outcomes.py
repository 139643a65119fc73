"""What became of every annotation: a pair, missed, extra; and what was taken for what.

Here an annotation is paired with what lies over it best, whatever its label, so that a slip of an edge is no miss and
a wrong label is seen as one.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.evaluation.annotations.counting import find_judged, get_spans
from subsong.evaluation.annotations.matching import Pairs, find_onsets, find_overlaps, match_candidates
from subsong.evaluation.annotations.options import IOUS, TOLERANCES_S
from subsong.evaluation.annotations.scope import Scope

MISSED, EXTRA, UNJUDGED = "missed", "extra", "not judged"
PAIRED, CONFUSED = "paired", "confused"
# Decides between partners that fit equally well.
_OTHER_LABEL = 1e-6


def list_outcomes(scope: Scope) -> pl.DataFrame:
    """Return one row a pair, a missed and an extra annotation, in the order of time.

    Columns ``recording``, ``channel``, ``kind``, ``outcome`` (paired, confused: a pair of different labels where labels
    count, missed, extra, or not judged: found where the truth is not complete), ``truth_onset_s``, ``truth_offset_s``,
    ``truth_label``, ``found_onset_s``, ``found_offset_s``, ``found_label``, ``score``, ``iou`` and, found minus true,
    ``onset_error_ms`` and ``offset_error_ms``.

    Notes
    -----
    Segments pair at an intersection over union of 0.1 at least, with the largest sum; events within 50 ms, the sum of
    ``1 - error / 50 ms`` being largest.
    """
    pairs = [_pair(scope, kind) for kind in ("segment", "event")]
    truth, found = (
        table.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64)) for table in (scope.truth, scope.found)
    )
    paired = pl.DataFrame(
        {"row": np.concatenate([p.truth for p in pairs]), "row_found": _join([p.found for p in pairs])}
    )
    found = found.with_columns(pl.Series("judged", find_judged(scope))).rename(_name_columns(found, "found"))
    joined = (
        truth.rename(_name_columns(truth, "truth"))
        .join(paired.rename({"row": "row_truth"}), on="row_truth", how="left")
        .join(found, on="row_found", how="full", coalesce=True)
    )
    rows = joined.with_columns(
        *(
            pl.coalesce(f"{name}_truth", f"{name}_found").alias(name)
            for name in ("recording", "channel", "place", "kind")
        ),
        pl.coalesce("truth_onset_s", "found_onset_s").alias("time"),
    )
    rows = rows.with_columns(_name_outcome().alias("outcome"), *_compare())
    return rows.sort("place", "time", "row_truth", "row_found").select(*_COLUMNS)


_COLUMNS = (
    *("recording", "channel", "kind", "outcome", "truth_onset_s", "truth_offset_s", "truth_label"),
    *("found_onset_s", "found_offset_s", "found_label", "score", "iou", "onset_error_ms", "offset_error_ms"),
)


def _join(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts)


def _name_columns(table: pl.DataFrame, which: str) -> dict[str, str]:
    said = {"onset_s", "offset_s", "label"}
    names = {name: f"{which}_{name}" if name in said else f"{name}_{which}" for name in table.columns}
    return {**names, **({"score": "score"} if which == "found" else {})}


def _pair(scope: Scope, kind: str) -> Pairs:
    """Return the best pairs of a kind as rows of the two tables."""
    rows = [np.flatnonzero((table["kind"] == kind).to_numpy()) for table in (scope.truth, scope.found)]
    tables = [table[number] for table, number in zip((scope.truth, scope.found), rows, strict=True)]
    truth, found = (get_spans(table, scope, by_class=False) for table in tables)
    limit = 1.0 - IOUS[0] if kind == "segment" else TOLERANCES_S[-1]
    candidates = find_overlaps(truth, found, IOUS[0]) if kind == "segment" else find_onsets(truth, found, limit)
    labels = [table["label"].to_numpy() for table in tables]
    differs = labels[0][candidates.truth] != labels[1][candidates.found]
    scale = 1.0 if kind == "segment" else limit
    pairs = match_candidates(candidates, limit, most=False, handicap=_OTHER_LABEL * scale * differs)
    return Pairs(rows[0][pairs.truth], rows[1][pairs.found])


def _name_outcome() -> pl.Expr:
    return (
        pl.when(pl.col("row_found").is_null())
        .then(pl.lit(MISSED))
        .when(pl.col("row_truth").is_null())
        .then(pl.when(pl.col("judged")).then(pl.lit(EXTRA)).otherwise(pl.lit(UNJUDGED)))
        .when(pl.col("class_truth") == pl.col("class_found"))
        .then(pl.lit(PAIRED))
        .otherwise(pl.lit(CONFUSED))
    )


def _compare() -> list[pl.Expr]:
    onset, offset = ((pl.col(f"found_{edge}_s") - pl.col(f"truth_{edge}_s")) * 1000 for edge in ("onset", "offset"))
    first, last = (
        pick(f"truth_{edge}_s", f"found_{edge}_s")
        for pick, edge in ((pl.max_horizontal, "onset"), (pl.min_horizontal, "offset"))
    )
    whole = pl.max_horizontal("truth_offset_s", "found_offset_s") - pl.min_horizontal("truth_onset_s", "found_onset_s")
    is_pair = pl.col("row_truth").is_not_null() & pl.col("row_found").is_not_null()
    iou = pl.when(is_pair & (pl.col("kind") == "segment")).then((last - first) / whole)
    return [iou.alias("iou"), onset.alias("onset_error_ms"), offset.alias("offset_error_ms")]


def count_confusions(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return how often each true label was found as each: columns ``truth``, ``found``, ``count``.

    Missed annotations are found as ``(missed)``, extra ones are of the truth ``(extra)``; what is not judged is left
    out.
    """
    judged = outcomes.filter(pl.col("outcome") != UNJUDGED)
    truth = pl.col("truth_label").fill_null(f"({EXTRA})").alias("truth")
    found = pl.col("found_label").fill_null(f"({MISSED})").alias("found")
    counts = judged.group_by(truth, found).agg(pl.len().cast(pl.Int64).alias("count"))
    return counts.sort("truth", "found")


def get_errors(outcomes: pl.DataFrame, min_iou: float) -> dict[str, np.ndarray]:
    """Return the errors of onsets, offsets and events, found minus true, in seconds.

    Of pairs whatever their labels: of segments that agree by `min_iou`, and of events.
    """
    paired = outcomes.filter(pl.col("outcome").is_in([PAIRED, CONFUSED]))
    segments = paired.filter((pl.col("kind") == "segment") & (pl.col("iou") >= min_iou - 1e-9))
    events = paired.filter(pl.col("kind") == "event")
    return {
        "onset": segments["onset_error_ms"].to_numpy() / 1000,
        "offset": segments["offset_error_ms"].to_numpy() / 1000,
        "event": events["onset_error_ms"].to_numpy() / 1000,
    }
