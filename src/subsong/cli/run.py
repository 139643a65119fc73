"""``subsong run``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from subsong.cli.app import app

if TYPE_CHECKING:
    from subsong.core.overrides import Overrides
    from subsong.projects.project import Project


@app.command()
def run(
    project: Path = typer.Argument(Path(), metavar="PROJECT", help="The project file, or the folder of project.yaml."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="One setting of the project: --set clusters.num_clusters=8."
    ),
    only: str | None = typer.Option(None, "--only", metavar="STEP", help="This step, and what it needs."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would be done, and why; do nothing."),
) -> None:
    """Go from recordings to a map: segment, embed, cluster, draw, and report, all in the project's folder.

    A project file names recordings, and if need be annotations and birds. Of each bird with annotations a segmenter is
    trained, which finds its sounds in the recordings nobody annotated (proposals/, to be corrected in the studio); of a
    bird without any, sounds are found by their loudness. All sounds together make the map (maps/, embeddings/), which
    is divided into types; report.html shows it all.

    Each step is kept until something it depends on changes: a recording, an annotation, a setting, or what another step
    made. Stopped, or killed, the same command goes on from there. Steps: recordings, annotations, song, segmenter,
    segments, suggestions, syllables, map, embedding, layout, clusters, picture, scores, report; of one bird:
    segmenter/NAME.

    Examples:

    - subsong run finches/project.yaml
    - subsong run finches --dry-run
    - subsong run finches --only segments/bird2 --set segmenter.settings='{training.num_epochs: 80}'
    """
    from subsong.projects.project import open_project

    opened = _apply(open_project(project), overrides)
    if dry_run:
        _explain(opened, only)
    else:
        run_and_say(opened, only)


def run_and_say(project: Project, only: str | None = None) -> None:
    """Run a project, and say what was done, where the report lies, and what comes next.

    Raises
    ------
    SubsongError
        When a step failed, in the end.
    """
    from subsong.cli.steps_recorded import StepRecorder
    from subsong.cli.steps_shown import StepLines, say_result
    from subsong.cli.stopping import stopping_says
    from subsong.projects.run import explain_project, run_project
    from subsong.studio.project.pipeline import PROGRESS_NAME

    with (
        stopping_says("stopped: what was done is kept, the same command goes on from there"),
        StepLines() as lines,
        contextlib.closing(StepRecorder(project.steps_dir / PROGRESS_NAME, lines)) as recorder,
    ):
        recorder.expect(explain_project(project, only))
        result = run_project(project, recorder, only)
    say_result(project, result)


def _apply(project: Project, overrides: Overrides | None) -> Project:
    """Return the project with some settings in place of the file's."""
    from subsong.core.config_files import read_config
    from subsong.projects.config import ProjectConfig
    from subsong.projects.project import Project

    return Project(project.file, read_config(ProjectConfig, [project.file], overrides)) if overrides else project


def _explain(project: Project, only: str | None) -> None:
    from subsong.cli.steps_shown import WIDTH
    from subsong.projects.run import explain_project

    for result in explain_project(project, only):
        said = "to be done" if result.status == "done" else "kept"
        reasons = f": {'; '.join(result.reasons)}" if result.reasons else ""
        typer.echo(f"{result.name:<{WIDTH}} {said}{reasons}")
