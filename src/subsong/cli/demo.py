"""``subsong demo``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.cli.run import run_and_say


@app.command()
def demo(
    data: Path | None = typer.Option(
        None, "--data", metavar="FOLDER", help="Your own recordings in place of made-up ones, annotated or not."
    ),
    root: Path | None = typer.Option(
        None, "--root", help="Folder of the project [default: demo; with --data FOLDER-project, beside it]."
    ),
) -> None:
    """Show the whole way, from recordings to a map with a report, in a few minutes.

    Two synthetic birds sing for ten minutes; the songs of a few minutes are annotated. The rest is segmented, mapped
    and clustered, and scored against the truth, which is known. With --data the same is done with a folder of your own
    recordings: annotations of any format beside them are learned from; without any, sounds are found by their loudness.

    Stopped, the same command goes on from there.

    Examples:

    - subsong demo
    - subsong demo --data recordings/
    """
    if data is not None:
        from subsong.projects.project import create_project

        project = create_project(data, root)
        typer.echo(f"project: {project.file}")
    else:
        from subsong.projects.demo import make_demo

        root = root or Path("demo")
        if not (root / "project.yaml").is_file():
            typer.echo("two birds sing for ten minutes ...")
        project, aviary = make_demo(root)
        if aviary is not None:
            typer.echo(
                f"{aviary.num_recordings} recordings of {aviary.duration_s / 60:.0f} minutes, {aviary.num_annotated} "
                f"of them annotated: {aviary.recordings_dir}"
            )
    run_and_say(project)
