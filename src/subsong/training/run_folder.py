"""The run folder: where everything a run leaves has its place.

``config.yaml``, ``environment.json``, ``process.json``, ``metrics.jsonl``, ``timings.jsonl``, ``log.txt``,
``checkpoints/``, ``model/``, ``figures/``, ``evaluation/``, and ``tensorboard/`` when asked. ``code.patch`` holds the
uncommitted changes of the folder the run was started in, ``console.txt`` what a run in the background printed.
"""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.core.files import disk_errors, remove_partial_files

log = logging.getLogger(__name__)


class RunFolder:
    """The places in a run folder.

    Parameters
    ----------
    path
        The folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config_path = self.path / "config.yaml"
        self.environment_path = self.path / "environment.json"
        self.process_path = self.path / "process.json"
        self.metrics_path = self.path / "metrics.jsonl"
        self.timings_path = self.path / "timings.jsonl"
        self.log_path = self.path / "log.txt"
        self.console_path = self.path / "console.txt"
        self.checkpoint_dir = self.path / "checkpoints"
        self.model_dir = self.path / "model"
        self.figure_dir = self.path / "figures"
        self.evaluation_dir = self.path / "evaluation"
        self.tensorboard_dir = self.path / "tensorboard"
        self.report_path = self.path / "report.html"

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    def clean(self) -> None:
        """Remove what a killed process left half-written."""
        for folder in (self.path, self.checkpoint_dir, self.evaluation_dir, self.figure_dir, self.model_dir):
            remove_partial_files(folder)


def create_run_folder(root: str | Path, name: str) -> RunFolder:
    """Make ``root/<name>_<YYYYMMDD_HHMMSS>``, with a number behind it where two start in one second.

    Raises
    ------
    SubsongError
        When the name is not one a folder can have, or the disk does not take it.
    """
    return RunFolder(make_new_folder(Path(root), f"{check_run_name(name)}_{time.strftime('%Y%m%d_%H%M%S')}"))


def check_run_name(name: str) -> str:
    """Return `name`; raises SubsongError when it is not one a folder can have."""
    if not re.fullmatch(r"[\w.+-]+", name):
        raise SubsongError(f"run name {name!r}: use letters, digits, '.', '_', '+' and '-' only")
    return name


def make_new_folder(root: Path, stem: str) -> Path:
    """Make and return ``root/<stem>``, with a number behind it where there is one already.

    Raises
    ------
    SubsongError
        When the disk does not take it.
    """
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        for suffix in ("", *(f"_{number}" for number in range(2, 1000))):
            path = root / (stem + suffix)
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return path
    raise SubsongError(f"{root} already holds 999 runs called {stem}: choose another name")


def open_run_folder(path: str | Path) -> RunFolder:
    """Return the run folder at `path`.

    Raises
    ------
    SubsongError
        When there is none.
    """
    run = RunFolder(path)
    if not run.config_path.is_file():
        raise SubsongError(
            f"{path} is not a run folder: it has no config.yaml (see `subsong runs` for those there are)"
        )
    return run
