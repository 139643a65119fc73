"""Step ``report``: one page about the project, with its figures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import polars as pl

from subsong.inference.embeddings import read_embedding
from subsong.projects.project import Project
from subsong.projects.steps import clusters, embedding, map_folder
from subsong.projects.steps import map as map_step
from subsong.projects.steps import recordings as recordings_step
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.scores import read_truth
from subsong.projects.steps.segmenter import name_segmenter
from subsong.projects.steps.segments import IS_ANNOTATED, LABELS, TABLE_NAME, learns, name_segments
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.projects.steps.training import find_run

NAME = "report"
# Where things lie, who works on them, and what becomes of what is old.
_NOT_TOLD = {"name", "folder", "recordings", "annotations", "truth", "author", "device", "keep_runs", "jobs"}


def build_report_step(project: Project, birds: Sequence[BirdInputs], needed: Sequence[str]) -> Step:
    """Return the step that writes ``report.html``, ``figures/`` and ``tables/``.

    Parameters
    ----------
    project
        Whose report it is.
    birds
        What is given.
    needed
        Names of the steps it tells about.
    """
    needs = {name: LABELS if name.startswith("segments/") else ALL for name in needed}
    return Step(
        NAME,
        "write the report",
        version=1,
        settings={"name": project.name, **project.config.model_dump(mode="json", exclude=_NOT_TOLD)},
        files={},
        needs=needs,
        make=partial(_write, project=project, birds=birds),
        is_lenient=True,
    )


def _write(work: Work, project: Project, birds: Sequence[BirdInputs]) -> Outputs:
    from subsong.projects.results.contents import ProjectResults
    from subsong.projects.results.report import write_project_report

    there = [bird for bird in birds if name_segments(bird) in work.made]
    tables = [pl.read_parquet(project.steps_dir / name_segments(bird) / TABLE_NAME) for bird in there]
    found = pl.concat(tables).filter(~pl.col(IS_ANNOTATED)).drop(IS_ANNOTATED)
    audited = pl.read_parquet(project.steps_dir / recordings_step.NAME / recordings_step.TABLE_NAME)
    unusable = audited.filter(~pl.col("usable")).select("recording", "findings")
    recordings = [recording for bird in birds for recording in bird.recordings]
    results = ProjectResults(
        given=pl.concat([bird.annotations for bird in birds]),
        found=found,
        annotated=frozenset[str]().union(*(bird.annotated for bird in birds)),
        embedding=_read_sounds(project),
        map_path=project.maps_dir / map_folder.MAP_NAME,
        segmenter_runs={
            bird.name: find_run(project.steps_dir / name_segmenter(bird), project) for bird in there if learns(bird)
        },
        map_run=find_run(project.steps_dir / map_step.NAME, project),
        left_out=dict(unusable.iter_rows()),
        truth=read_truth(project, recordings),
        durations_s=dict(audited.drop_nulls("duration_s").select("recording", "duration_s").iter_rows()),
        warnings=tuple(f"The sounds of {bird.name} could not be found." for bird in birds if bird not in there),
    )
    return {ALL: [write_project_report(project, recordings, results, project.config.seed)]}


def _read_sounds(project: Project) -> pl.DataFrame:
    """Return the sounds with their codes, types and places on the map."""
    found = read_embedding(project.embeddings_dir / embedding.FILE_NAME)
    types = pl.read_csv(project.embeddings_dir / clusters.FILE_NAME, infer_schema=False)[clusters.CLUSTER_COLUMN]
    places = pl.read_parquet(project.maps_dir / map_folder.MAP_NAME / "items.parquet", columns=["x", "y"])
    codes = pl.DataFrame({f"z{number}": found.latents_NL[:, number] for number in range(found.latents_NL.shape[1])})
    return pl.concat([found.items.with_columns(types), places, codes], how="horizontal")
