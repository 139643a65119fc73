"""Counts -> tables of scores with their intervals.

Legend: U = recordings, M = scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.evaluation.annotations.counting import COUNT_COLUMNS, CRITERIA
from subsong.evaluation.annotations.frames import FrameCounts
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.ratios import compute_outcome_intervals, compute_ratio_intervals, divide
from subsong.evaluation.annotations.scope import Scope
from subsong.evaluation.bootstrap import Interval

MEASURES = ("precision", "recall", "f1")


class Ratio(NamedTuple):
    """A score as a ratio of sums of counts of recordings; what the expressions name are columns of counts."""

    score: str
    numerator: pl.Expr
    denominator: pl.Expr


def build_recording_counts(
    scope: Scope, counts: pl.DataFrame, frames: FrameCounts, edits: tuple[np.ndarray, np.ndarray] | None
) -> pl.DataFrame:
    """Return one row a recording: ``recording``, ``<criterion>_num_truth`` ..., ``frames_judged`` ..., ``edits`` ...

    What is not known or not there has no column; frames of a recording of unknown length are null.
    """
    units = pl.DataFrame({"recording": scope.recordings}, schema={"recording": pl.String})
    for criterion in CRITERIA:
        rows = counts.filter(pl.col("criterion") == criterion.name)
        if rows.height:
            sums = rows.group_by("recording").agg(
                pl.col(name).sum().alias(f"{criterion.name}_{name}") for name in COUNT_COLUMNS
            )
            units = units.join(sums, on="recording", how="left", maintain_order="left").fill_null(0)
    if f"{CRITERIA[0].name}_{COUNT_COLUMNS[0]}" in units.columns:
        units = units.with_columns(pl.Series(f"frames_{name}", values) for name, values in frames._asdict().items())
        if scope.windows is None:
            unknown = pl.Series(~np.isfinite(scope.durations_s))
            units = units.with_columns(pl.when(~unknown).then(pl.col("frames_judged")).alias("frames_judged"))
    if edits is not None:
        units = units.with_columns(pl.Series("edits", edits[0]), pl.Series("labels", edits[1]))
    return units


def list_ratios(units: pl.DataFrame) -> list[Ratio]:
    """Return the scores that the counts allow, in reading order."""
    ratios = []
    for criterion in CRITERIA:
        name = criterion.name
        if f"{name}_num_truth" in units.columns:
            truth, found, matched = (pl.col(f"{name}_{column}") for column in COUNT_COLUMNS)
            ratios += _list_measures(name, truth, found, matched)
    if "frames_truth" in units.columns:
        truth, found, both = (pl.col(f"frames_{name}") for name in ("truth", "found", "both"))
        ratios += _list_measures("frame", truth, found, both)
        if not units["frames_judged"].null_count():
            ratios.append(Ratio("frame_error", pl.col("frames_wrong"), pl.col("frames_judged")))
        ratios.append(Ratio("frame_error_in_sound", pl.col("frames_wrong_in_sound"), truth))
    if "edits" in units.columns:
        ratios.append(Ratio("syllable_error_rate", pl.col("edits"), pl.col("labels")))
    return ratios


def _list_measures(name: str, truth: pl.Expr, found: pl.Expr, matched: pl.Expr) -> list[Ratio]:
    return [
        Ratio(f"{name}_precision", matched, found),
        Ratio(f"{name}_recall", matched, truth),
        Ratio(f"{name}_f1", 2 * matched, truth + found),
    ]


def build_summary(units: pl.DataFrame, options: ScoringOptions) -> pl.DataFrame:
    """Return one row a score: ``score``, ``value``, ``low``, ``high``, ``numerator``, ``denominator``."""
    ratios = list_ratios(units)
    numerators_UM, denominators_UM = (
        units.select(getattr(ratio, part).alias(ratio.score) for ratio in ratios).to_numpy().astype(np.float64)
        for part in ("numerator", "denominator")
    )
    interval = compute_ratio_intervals(numerators_UM, denominators_UM, options.seed, options.num_resamples)
    table = pl.DataFrame(
        {
            "score": [ratio.score for ratio in ratios],
            **_columns_of(interval),
            "numerator": numerators_UM.sum(0),
            "denominator": denominators_UM.sum(0),
        }
    )
    table = table.with_columns(pl.col("numerator", "denominator").cast(pl.Int64))
    return table if units.height != 1 else _fill_intervals(table, units, options)


def _columns_of(interval: Interval) -> dict[str, np.ndarray]:
    return {"value": interval.mean, "low": interval.low, "high": interval.high}


def _fill_intervals(table: pl.DataFrame, units: pl.DataFrame, options: ScoringOptions) -> pl.DataFrame:
    """Fill in intervals over annotations where there is one recording."""
    low, high = table["low"].to_list(), table["high"].to_list()
    for criterion in CRITERIA:
        if f"{criterion.name}_num_truth" in units.columns:
            num_truth, num_found, num_matched = (units[f"{criterion.name}_{name}"][0] for name in COUNT_COLUMNS)
            first = table["score"].to_list().index(f"{criterion.name}_precision")
            interval = compute_outcome_intervals(num_matched, num_truth, num_found, options.seed, options.num_resamples)
            low[first : first + 3], high[first : first + 3] = interval.low.tolist(), interval.high.tolist()
    return table.with_columns(pl.Series("low", low), pl.Series("high", high))


def build_curve_table(along: pl.DataFrame, recordings: Sequence[str], options: ScoringOptions) -> pl.DataFrame:
    """Return one row a limit of each curve, with the interval of F1."""
    keys = ["criterion", "unit", "limit"]
    return _score_groups(along, keys, recordings, options)


def build_class_table(counts: pl.DataFrame, recordings: Sequence[str], options: ScoringOptions) -> pl.DataFrame:
    """Return one row a label and criterion, with the interval of F1."""
    kinds = {criterion.name: criterion.kind for criterion in CRITERIA}
    table = _score_groups(counts, ["label", "criterion"], recordings, options)
    kind = pl.col("criterion").replace_strict(kinds, return_dtype=pl.String).alias("kind")
    return table.select("label", kind, pl.exclude("label"))


def _score_groups(
    rows: pl.DataFrame, keys: list[str], recordings: Sequence[str], options: ScoringOptions
) -> pl.DataFrame:
    """Return counts, precision, recall and F1 of each group, in the order in which groups come first by name."""
    groups = rows.select(keys).unique(maintain_order=True).with_row_index("group")
    if keys[0] == "label":
        groups = groups.drop("group").sort("label", maintain_order=True).with_row_index("group")
    numbered = rows.join(groups, on=keys, how="left")
    unit = numbered["recording"].replace_strict(list(recordings), list(range(len(recordings))), return_dtype=pl.Int64)
    sums = np.zeros((3, len(recordings), groups.height))
    for total, name in zip(sums, COUNT_COLUMNS, strict=True):
        np.add.at(total, (unit.to_numpy(), numbered["group"].to_numpy()), numbered[name].to_numpy())
    truth_UM, found_UM, matched_UM = sums
    interval = compute_ratio_intervals(2 * matched_UM, truth_UM + found_UM, options.seed, options.num_resamples)
    if len(recordings) == 1:
        interval = _resample_outcomes(sums[:, 0].astype(np.int64), interval, options)
    truth, found, matched = sums.sum(axis=1)
    counted = {
        name: values.astype(np.int64) for name, values in zip(COUNT_COLUMNS, (truth, found, matched), strict=True)
    }
    scored = {"precision": divide(matched, found), "recall": divide(matched, truth), "f1": interval.mean}
    ends = {"f1_low": interval.low, "f1_high": interval.high}
    return groups.drop("group").with_columns(pl.Series(name, v) for name, v in {**counted, **scored, **ends}.items())


def _resample_outcomes(sums_3M: np.ndarray, interval: Interval, options: ScoringOptions) -> Interval:
    found = [
        compute_outcome_intervals(matched, truth, found, options.seed, options.num_resamples)
        for truth, found, matched in sums_3M.T.tolist()
    ]
    low, high = (np.array([getattr(each, end)[2] for each in found], np.float64) for end in ("low", "high"))
    return interval._replace(low=low, high=high)


def build_recording_table(units: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Return one row a recording: ``recording``, ``duration_s``, ``num_truth``, ``num_found``, then every score."""
    ratios = list_ratios(units)
    scores = [
        pl.when(ratio.denominator > 0).then(ratio.numerator / ratio.denominator).otherwise(None).alias(ratio.score)
        for ratio in ratios
    ]
    counts = [
        table.group_by("recording").agg(pl.len().cast(pl.Int64).alias(name))
        for table, name in ((scope.truth, "num_truth"), (scope.found, "num_found"))
    ]
    durations = pl.Series("duration_s", scope.durations_s).fill_nan(None)
    table = units.select("recording", *scores)
    for count in counts:
        table = table.join(count, on="recording", how="left", maintain_order="left")
    named = table.with_columns(durations, pl.col("num_truth", "num_found").fill_null(0))
    return named.select("recording", "duration_s", "num_truth", "num_found", *(ratio.score for ratio in ratios))
