"""The report of a run of any family: curves, warnings, configuration, environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from subsong.core.files import read_json
from subsong.inference.results import Metric, Results
from subsong.reports.content import MetricRow, ReportContent, ReportFigure
from subsong.reports.curves import Series, plot_step_curves, plot_training_curves
from subsong.reports.style import figure_to_svg, save_figure
from subsong.training.history import History, read_history
from subsong.training.run_folder import RunFolder

_FILES = {
    "config.yaml": "the resolved configuration",
    "environment.json": "versions, commit, device, seed, hashes of the data",
    "metrics.jsonl": "every logged number",
    "timings.jsonl": "seconds and examples a second",
    "log.txt": "what was said while it ran",
    "checkpoints/last.ckpt": "the whole state, to go on from",
    "checkpoints/best.ckpt": "the same at the best validation loss",
    "model/": "the portable model: weights, config, card",
    "figures/": "the figures as files",
    "evaluation/": "outputs and losses of every example",
    "code.patch": "uncommitted changes of the folder the run was started in",
}

NATS = "nats per example"
"""Unit of losses that are sums over dimensions and means over examples."""


def build_run_report(
    run: RunFolder, units: str | Mapping[str, str] = NATS, results: Results | None = None
) -> ReportContent:
    """Return what every run's page says; a family adds its own figures with ``_replace``.

    Parameters
    ----------
    run
        The run folder; the training data are not needed.
    units
        Of the losses: one for all, or by name; those that are not named have none.
    results
        Numbers of the final evaluation, or None.
    """
    history = read_history(run.metrics_path)
    environment = read_json(run.environment_path)
    return ReportContent(
        title=run.name,
        subtitle=_subtitle(environment),
        figures=tuple(_curve_figures(history, units)),
        metrics=tuple(_metric_rows(results)),
        warnings=tuple(_warnings(history)),
        config_yaml=run.config_path.read_text(encoding="utf-8"),
        environment=environment,
        files={name: what for name, what in _FILES.items() if (run.path / name).exists()},
    )


def _subtitle(environment: Mapping[str, Any]) -> str:
    data = environment.get("data", {})
    parts = [f"{data[name]:,} {name.removeprefix('num_')}" for name in ("num_train", "num_validation") if name in data]
    return ", ".join([*parts, f"started {environment['started'][:16].replace('T', ' ')}"])


def _warnings(history: History) -> list[str]:
    if "warning" not in history.epochs.columns:
        return []
    # What was warned of early and was over when the run was last judged stays in its log, and raises no doubt here.
    judged = history.epochs.filter(pl.col("validation_loss").is_not_null()).tail(1)
    return [f"Epoch {epoch}: {warning}" for epoch, warning in judged.select("epoch", "warning").rows() if warning]


def _metric_rows(results: Results | None) -> list[MetricRow]:
    if results is None:
        return []
    return [
        MetricRow(
            f"{name.replace('_', ' ')}{f' ({metric.unit})' if metric.unit else ''}",
            metric.value,
            metric.baselines if metric.interval is None else _show_interval(metric),
            metric.note,
        )
        for name, metric in results.metrics.items()
    ]


def _show_interval(metric: Metric) -> Mapping[str, float | None]:
    """Return the ends of a metric's interval beside its baselines."""
    assert metric.interval is not None
    return {"95 % from": metric.interval[0], "to": metric.interval[1], **metric.baselines}


def collect_curves(frame: pl.DataFrame, x: str) -> dict[str, Series]:
    """Return the losses in a history as curves: quantity -> split -> (x, y), the loss first."""
    curves: dict[str, dict[str, tuple[list[float], list[float]]]] = {"loss": {}}
    for column in frame.columns:
        split, _, quantity = column.partition("_")
        if split in ("train", "validation") and frame[column].dtype.is_float():
            known = frame.select(x, column).drop_nulls()
            curves.setdefault(quantity, {})[split] = (known[x].to_list(), known[column].to_list())
    return {quantity: series for quantity, series in curves.items() if series}


def _curve_figures(history: History, units: str | Mapping[str, str]) -> list[ReportFigure]:
    figures = []
    if len(history.epochs):
        epochs = history.epochs.with_columns(epoch=pl.col("epoch") + 1)
        figure = plot_training_curves(collect_curves(epochs, "epoch"), find_best_epoch(epochs), units)
        caption = "Means over all examples of each epoch; the total loss first, then its terms before their weights."
        figures.append(ReportFigure("curves", "Losses by epoch", caption, figure_to_svg(figure), "Training"))
    if len(history.steps) > 1:
        figure = plot_step_curves(collect_curves(history.steps, "step"), units)
        caption = (
            "The same on single batches, at the steps of the log schedule: the training batch before its update, and "
            "one validation batch."
        )
        figures.append(ReportFigure("steps", "Losses by update", caption, figure_to_svg(figure), "Training"))
    return figures


def write_curves(run: RunFolder, units: str | Mapping[str, str] = NATS) -> None:
    """Draw the losses of a run so far to ``figures/training_curves.png``; `units` are as in `build_run_report`."""
    epochs = read_history(run.metrics_path).epochs.with_columns(epoch=pl.col("epoch") + 1)
    figure = plot_training_curves(collect_curves(epochs, "epoch"), find_best_epoch(epochs), units)
    save_figure(figure, run.figure_dir / "training_curves.png")


def find_best_epoch(epochs: pl.DataFrame) -> int | None:
    """Return the epoch of the lowest validation loss, or None where there was no validation."""
    if "validation_loss" not in epochs.columns or epochs["validation_loss"].null_count() == len(epochs):
        return None
    return int(epochs.sort("validation_loss", nulls_last=True)["epoch"][0])
