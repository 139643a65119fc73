"""From a project's recordings to its map and report: all steps in order, each done only when it has to be."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.folder_lock import FolderInUseError, lock_folder
from subsong.projects.project import Project
from subsong.projects.steps import report, scores
from subsong.projects.steps.cache import StepCache
from subsong.projects.steps.doing import Quiet, Reporter, StepResult, choose_steps, do_steps, explain_steps
from subsong.projects.steps.earlier_runs import remove_earlier_runs
from subsong.projects.steps.hashes import FileHashes
from subsong.projects.steps.inputs import read_inputs
from subsong.projects.steps.plan import build_plan
from subsong.projects.steps.scores import Scores, read_scores
from subsong.projects.steps.side_by_side import count_jobs
from subsong.projects.steps.step import Step

_HASHES_NAME = "files.json"


class RunResult(NamedTuple):
    """What was done with a project.

    Attributes
    ----------
    steps
        What became of each step, in order.
    report_path
        The report; None where it was not asked for, or failed.
    scores
        How what was found agrees with the truth; None where that is not known, or was not asked for.
    removed_runs
        Names of earlier rounds' runs that were removed, see ``keep_runs`` of the project file.
    """

    steps: list[StepResult]
    report_path: Path | None
    scores: Scores | None
    removed_runs: tuple[str, ...] = ()


def run_project(project: Project, progress: Reporter | None = None, only: str | None = None) -> RunResult:
    """Segment, map and describe a project's recordings; what is done already, and still holds, is kept.

    When all went well, networks that earlier rounds trained are removed but for the newest (`remove_earlier_runs`).

    Parameters
    ----------
    project
        See `open_project` and `create_project`.
    progress
        Told how it goes on.
    only
        A step, and what it needs; None: all.

    Raises
    ------
    SubsongError
        When the project is in use, there are no recordings, or no step is called `only`. A step that fails is told in
        the result, and those that do not need it are done.
    Interrupted
        When asked to stop: the same call goes on from there.
    """
    reporter = progress or Quiet()
    with _hold(project), _open_plan(project, reporter, only) as (plan, cache):
        results = do_steps(plan, cache, reporter, partial(count_jobs, project))
        is_whole = all(result.status in ("done", "kept") for result in results)
        removed = remove_earlier_runs(project) if is_whole else []
    there = {result.name for result in results if result.status in ("done", "kept")}
    return RunResult(
        results,
        project.report_path if report.NAME in there else None,
        read_scores(project) if scores.NAME in there else None,
        tuple(removed),
    )


def explain_project(project: Project, only: str | None = None) -> list[StepResult]:
    """Return what `run_project` would do, and why; nothing is done."""
    with _open_plan(project, Quiet(), only) as (plan, cache):
        return explain_steps(plan, cache)


@contextlib.contextmanager
def _open_plan(project: Project, reporter: Reporter, only: str | None) -> Iterator[tuple[list[Step], StepCache]]:
    hashes = FileHashes(project.steps_dir / _HASHES_NAME)
    plan = build_plan(project, read_inputs(project, hashes, reporter.tell), hashes)
    if only is not None:
        known = {name for step in plan for name in (step.name, step.kind)}
        if only not in known:
            raise SubsongError(f"there is no step {only!r}: {did_you_mean(only, known)}")
        plan = choose_steps(plan, [only])
    try:
        yield plan, StepCache(project.path, project.steps_dir, hashes)
    finally:
        hashes.save()


@contextlib.contextmanager
def _hold(project: Project) -> Iterator[None]:
    try:
        with lock_folder(project.steps_dir):
            yield
    except FolderInUseError as error:
        raise SubsongError(
            f"another process works on the project {project.path}: wait for it, or stop it in the studio"
        ) from error
