"""The numbers of a VUNet's evaluation: its table, one row for each scope, metric and method, as named metrics."""

from __future__ import annotations

import math

import polars as pl

from subsong.evaluation.poses.scores import PICTURE_METRICS
from subsong.evaluation.poses.summary import ALL
from subsong.inference.results import Metric

MODEL, TRANSFER = "model", "transfer"
"""The model with each picture's own pose, and with the pose as another identity takes it."""
COPIED, POSE_MEAN, CHANCE = "appearance copied", "pose mean", "chance"
"""What is simple."""

IDENTITY = "identity"
_NATS = "nats per picture"
_SCALE_NOTES = {
    "kl_scale": (_NATS, "What the code of this latent scale (0 is the coarsest) costs beside the pose's prior."),
    "active_scale": ("", "Share of this scale's dimensions whose mean varies over pictures (variance above 0.01)."),
    "ssim_lost_scale": ("", "Structural similarity lost when this scale's code is what the pose alone lets expect."),
}


def build_metrics(table: pl.DataFrame) -> dict[str, Metric]:
    """Return the numbers of a table by name, such as ``ssim_known``; baselines stand beside those they belong to.

    Parameters
    ----------
    table
        As `subsong.evaluation.poses.summary.summarise_scores` makes it. A scope ``all`` is left out of names.
    """
    metrics: dict[str, Metric] = {}
    for method in (MODEL, TRANSFER):
        rows = table.filter(pl.col("method") == method)
        for metric in rows["metric"].unique(maintain_order=True):
            for row in rows.filter(pl.col("metric") == metric).iter_rows(named=True):
                metrics[_name(method, metric, row["scope"])] = _build_metric(table, row)
    return metrics


def _name(method: str, metric: str, scope: str) -> str:
    parts = ["" if method == MODEL else method, metric, "" if scope == ALL else scope]
    return "_".join(part for part in parts if part)


def _build_metric(table: pl.DataFrame, row: dict[str, object]) -> Metric:
    unit, note = _describe(str(row["metric"]))
    if row["method"] == TRANSFER:
        note = f"{note} The pose is drawn from a picture of another identity."
    beside = table.filter(
        (pl.col("scope") == row["scope"])
        & (pl.col("metric") == row["metric"])
        & pl.col("method").is_in([COPIED, POSE_MEAN, CHANCE])
    )
    baselines = {method: _number(mean) for method, mean in beside.select("method", "mean").iter_rows()}
    interval = None if row["low"] is None else (_number(row["low"]), _number(row["high"]))
    return Metric(_number(row["mean"]), unit, note, baselines, interval)


def _describe(metric: str) -> tuple[str, str]:
    if metric in PICTURE_METRICS:
        return PICTURE_METRICS[metric].unit, PICTURE_METRICS[metric].note
    if metric == IDENTITY:
        return "", "How often the nearest true picture in the pose is of the right identity; higher is better."
    return _SCALE_NOTES.get(metric.rsplit("_", 1)[0], (_NATS, "What all codes cost beside the pose's prior."))


def _number(value: object) -> float:
    return float(value) if isinstance(value, float | int) else math.nan
