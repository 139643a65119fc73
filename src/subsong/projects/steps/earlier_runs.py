"""Runs that the pipeline trained in earlier rounds: the newest are kept, those before them go.

A run goes only when the pipeline made it and nobody changed it since, it is not in use, and no file of the project that
could refer to it has its name: whatever people made, and what depends on it, stays.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import hash_file, read_json, remove_folder, write_json
from subsong.projects.project import Project

MARK_NAME = "pipeline.json"
_CONFIG_NAME = "config.yaml"
_TEXTS = ("*.json", "*.jsonl", "*.yaml", "*.yml", "*.csv")


class EarlierRun(NamedTuple):
    """A run that the pipeline made.

    Attributes
    ----------
    path
        Its folder.
    step
        The step that made it.
    made_at
        When, in seconds since 1970.
    """

    path: Path
    step: str
    made_at: float


def mark_run(path: Path, step: str) -> None:
    """Note in a new run that a step of the pipeline made it, and with which configuration."""
    mark = {"step": step, "config": hash_file(path / _CONFIG_NAME), "made_at": time.time()}
    write_json(path / MARK_NAME, mark)


def remove_earlier_runs(project: Project) -> list[str]:
    """Remove all but the newest earlier runs of each step, as many as ``keep_runs`` says; return the names of the gone.

    Raises
    ------
    SubsongError
        When the disk does not let one go.
    """
    num_kept = project.config.keep_runs
    old = [] if num_kept is None else _list_old(project, num_kept)
    gone = [run.path for run in old if not _is_alive(run.path) and not _is_named(run.path.name, project)]
    for path in gone:
        remove_folder(path)
    return [path.name for path in gone]


def _list_old(project: Project, num_kept: int) -> list[EarlierRun]:
    """Return the pipeline's runs that are neither in use nor among the newest of their step."""
    used = {_read_text(path) for path in project.steps_dir.rglob("run.json")}
    by_step: dict[str, list[EarlierRun]] = {}
    for run in sorted(_list_marked(project), key=lambda run: (run.made_at, run.path.name)):
        if not any(run.path.name in text for text in used):
            by_step.setdefault(run.step, []).append(run)
    return [run for runs in by_step.values() for run in runs[: max(0, len(runs) - num_kept)]]


def _list_marked(project: Project) -> Iterator[EarlierRun]:
    """Yield the runs that the pipeline made and that have the configuration it gave them."""
    for noted in sorted(project.runs_dir.glob(f"*/{MARK_NAME}")):
        path = noted.parent
        try:
            mark = read_json(noted)
            if not path.is_symlink() and mark["config"] == hash_file(path / _CONFIG_NAME):
                yield EarlierRun(path, str(mark["step"]), float(mark["made_at"]))
        except (SubsongError, OSError, KeyError, TypeError, ValueError):  # damaged: not known to be ours
            continue


def _is_alive(path: Path) -> bool:
    from subsong.training.run_folder import RunFolder
    from subsong.training.run_process import read_process

    try:
        process = read_process(RunFolder(path))
    except SubsongError:
        return True
    return process is not None and process.is_alive


def _is_named(name: str, project: Project) -> bool:
    """Whether a file of the project that could refer to a run has its name."""
    return any(name in _read_text(path) for path in _list_texts(project) if name not in path.parts)


def _list_texts(project: Project) -> Iterator[Path]:
    yield project.file
    for folder in (project.datasets_dir, project.maps_dir, project.studio_dir, project.steps_dir):
        for pattern in _TEXTS:
            yield from folder.rglob(pattern)
    for pattern in ("*/*.json", "*/*.yaml", "*/model/*.json"):
        yield from project.runs_dir.glob(pattern)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # gone meanwhile
        return ""
