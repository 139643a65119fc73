"""What an evaluation of poses measured, as key figures, sentences and the data of figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from subsong.core.words import count_noun
from subsong.evaluation.poses.summary import ALL, KNOWN, NEW, find_scopes
from subsong.inference.evaluate_checklists import name_column
from subsong.inference.pose_results import COPIED, MODEL, POSE_MEAN, TRANSFER
from subsong.inference.poses import TrainedVunet
from subsong.inference.results import Metric, Results
from subsong.reports.content import KeyFigure
from subsong.reports.poses.scores import ScaleUsage, ScorePanel
from subsong.reports.tables import format_number

_SCOPE_TITLES = {KNOWN: "Known identities", NEW: "New identities", ALL: "All identities"}
_DRAWN_METRICS = {"ssim": "SSIM", "psnr": "PSNR (dB)"}
_DRAWN_METHODS = (MODEL, TRANSFER, POSE_MEAN, COPIED)
_KEY_METRICS = {
    "ssim": "SSIM",
    "psnr": "PSNR",
    "transfer_ssim": "SSIM after transfer",
    "transfer_identity": "Right identity after transfer",
}
_SCOPE_WORDS = (KNOWN, NEW, "")
"""As in the names of metrics: those of all identities have none."""


def build_panels(losses: pl.DataFrame) -> list[ScorePanel]:
    """Return SSIM and PSNR of every method, for known and new identities.

    Parameters
    ----------
    losses
        Of an evaluation store.
    """
    items = losses.select(pl.col("^item_.*$").name.replace("^item_", ""))
    return [
        ScorePanel(f"{_SCOPE_TITLES[scope]} ({count_noun(len(rows), 'picture')})", label, methods)
        for scope, rows in find_scopes(items).items()
        for metric, label in _DRAWN_METRICS.items()
        if (methods := dict(_collect_methods(losses, metric, rows)))
    ]


def _collect_methods(losses: pl.DataFrame, metric: str, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    for method in _DRAWN_METHODS:
        column = name_column(metric, method)
        if column in losses.columns:
            yield method, losses[column].to_numpy()[rows]


def build_usage(model: TrainedVunet, results: Results) -> list[ScaleUsage]:
    """Return what each scale of the code carries, coarsest first."""
    ends = np.cumsum(model.scale_dims)[:-1]
    kl, active = (np.split(np.array(values), ends) for values in (results.kl_per_dimension, results.active))
    return [
        ScaleUsage(_name_scale(number, shape), float(kl[number].sum()), int(active[number].sum()), len(kl[number]))
        for number, shape in enumerate(model.module.latent_shapes)
    ]


def _name_scale(number: int, shape: tuple[int, int, int]) -> str:
    place = " (coarsest)" if number == 0 else ""
    return f"scale {number}{place}: {shape[1]} x {shape[2]}"


def build_keys(results: Results) -> Iterator[KeyFigure]:
    """Yield the figures that stand large at the top of the page."""
    for metric, title in _KEY_METRICS.items():
        for word in _SCOPE_WORDS:
            found = results.metrics.get(f"{metric}_{word}".rstrip("_"))
            if found is not None:
                name = f"{title}, {word} identities" if word else title
                yield KeyFigure(name, found.value, found.unit, _compare(found))


def _compare(metric: Metric) -> str:
    """Return what simple methods reach, in words."""
    return ", ".join(f"{name}: {format_number(value)}" for name, value in metric.baselines.items())


def summarise(results: Results) -> tuple[str, ...]:
    """Return the sentences at the top of the page."""
    said = [f"{count_noun(results.num_items, 'picture')} of the {results.split} split."]
    for scope, who in ((KNOWN, "known from training"), (NEW, "never seen in training"), ("", "")):
        metric = results.metrics.get(f"ssim_{scope}".rstrip("_"))
        if metric is not None:
            whom = f" of identities {who}" if who else ""
            beside = f" ({_compare(metric)})" if metric.baselines else ""
            said.append(f"SSIM{whom} is {format_number(metric.value)}{beside}.")
    return tuple(said)
