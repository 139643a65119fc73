"""The runs of a project: where they are, what the list shows of each, and what a new one needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from subsong.core.errors import SubsongError
from subsong.recipes.catalogue import list_presets, read_preset_text
from subsong.recipes.listing import RunRow, list_runs
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.work.datasets import find_dataset
from subsong.training.run_folder import RunFolder, check_run_name, open_run_folder

_RESULTS = Path("final") / "results.json"


def find_run(root: Path, name: str) -> RunFolder:
    """Return a run of the project.

    Raises
    ------
    NotFoundError
        When there is none of this name.
    """
    try:
        if name.startswith("."):
            raise SubsongError(name)
        return open_run_folder(root / check_run_name(name))
    except SubsongError as error:
        raise NotFoundError(f"the project has no run {name!r}: it may have been removed meanwhile") from error


def find_model(context: StudioContext, name: str) -> Path:
    """Return a run of the project by its name, or a run or model folder by its path.

    Raises
    ------
    SubsongError
        When there is none.
    """
    if not _is_path(name):
        return find_run(context.project.runs_dir, name).path
    path = Path(name).expanduser()
    if not path.is_dir():
        raise SubsongError(f"{name} is not a folder: expected a run, or the folder of a trained model")
    return path


def find_data(context: StudioContext, name: str | None) -> Path | None:
    """Return a dataset of the project by its name, or any data by their path; None stays None.

    Raises
    ------
    SubsongError
        When there are none.
    """
    if not name:
        return None
    if not _is_path(name):
        return find_dataset(context.project.datasets_dir, name)
    path = Path(name).expanduser()
    if not path.exists():
        raise SubsongError(f"{name} does not exist: expected a dataset")
    return path


def describe_runs(root: Path) -> list[dict[str, Any]]:
    """Return what the list shows of each run, the latest first."""
    return [_describe(root, row) for row in list_runs(root)][::-1] if root.is_dir() else []


def list_recipes() -> list[dict[str, str]]:
    """Return the recipes and their variants with a line on each; imports none of them."""
    return [{"name": name, "summary": _summarise(name)} for name in list_presets()]


def read_metrics(run: RunFolder) -> list[dict[str, Any]]:
    """Return the numbers of a run's last evaluation: ``name``, ``value``, ``unit``; none before there is one.

    Raises
    ------
    SubsongError
        When they are damaged, or of another version.
    """
    from subsong.inference.results import read_results

    path = run.evaluation_dir / _RESULTS
    if not path.is_file():
        return []
    metrics = read_results(path).metrics
    return [{"name": name, "value": metric.value, "unit": metric.unit} for name, metric in metrics.items()]


def _describe(root: Path, row: RunRow) -> dict[str, Any]:
    run = RunFolder(root / row.name)
    facts = {"path": run.path, "started_at": run.config_path.stat().st_mtime, "has_model": run.model_dir.is_dir()}
    return {**row._asdict(), **facts, "has_report": run.report_path.is_file()}


def _summarise(name: str) -> str:
    first = read_preset_text(name).split("\n", 1)[0].removeprefix("#").strip()
    return first.partition(": ")[2] or first


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.startswith("~")
