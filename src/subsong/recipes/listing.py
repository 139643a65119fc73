"""Which runs there are, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from subsong.core.yaml_files import load_yaml
from subsong.reports.tables import format_quantity
from subsong.training.history import read_history
from subsong.training.run_folder import RunFolder


def list_runs(root: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield name, recipe, epochs, best loss and a remark for each run folder below `root`, oldest first."""
    for config_path in sorted(root.glob("*/config.yaml"), key=lambda path: path.stat().st_mtime):
        run = RunFolder(config_path.parent)
        config = load_yaml(config_path).values
        yield (run.name, str(config.get("recipe", "?")), *_progress(run, config["training"]["num_epochs"]))


def _progress(run: RunFolder, num_epochs: int) -> tuple[str, str, str]:
    if not run.metrics_path.is_file():
        return f"0/{num_epochs}", "", "not started"
    epochs = read_history(run.metrics_path).epochs
    column = next((name for name in ("validation_loss", "train_loss") if name in epochs.columns), None)
    best = "" if column is None else format_quantity(min(epochs[column].drop_nulls().to_list(), default=None))
    remark = "report.html" if run.report_path.is_file() else ""
    is_whole = len(epochs) >= num_epochs
    return f"{len(epochs)}/{num_epochs}", best, remark if is_whole else f"subsong train --resume {run.path}"
