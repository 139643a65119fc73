"""What two runs were told differently, of any recipe."""

from __future__ import annotations

from pathlib import Path

from subsong.core.differences import find_differences
from subsong.core.yaml_files import load_yaml
from subsong.reports.content import RunDifferences
from subsong.training.run_folder import open_run_folder


def compare_runs(this: str | Path, other: str | Path) -> RunDifferences:
    """Return where the configurations of two runs differ; neither data nor model are needed.

    Raises
    ------
    SubsongError
        When a folder is no run, or its configuration is damaged.
    """
    runs = [open_run_folder(path) for path in (this, other)]
    first, second = (load_yaml(run.config_path).values for run in runs)
    return RunDifferences(runs[0].name, runs[1].name, find_differences(first, second))
