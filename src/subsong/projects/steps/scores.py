"""Step ``scores``: what was found against the truth, where that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl
import polars.selectors as cs

from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json
from subsong.inference.embeddings import read_embedding
from subsong.projects.project import Project
from subsong.projects.recordings import Recording
from subsong.projects.steps import clusters, embedding
from subsong.projects.steps.hashes import FileHashes, hash_value
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.segments import IS_ANNOTATED, LABELS, TABLE_NAME, name_segments
from subsong.projects.steps.step import ALL, Outputs, Step, Work

NAME, FILE_NAME = "scores", "scores.json"
Scores = Mapping[str, list[dict[str, float | int | str | None]]]
"""``clusters`` and, where something was found, ``found``: the rows of `score_clusters` and `score_found`."""


def build_scores_step(project: Project, birds: Sequence[BirdInputs], hashes: FileHashes) -> Step:
    """Return the step that scores what was found, in recordings nobody looked at, and the clusters of all sounds.

    Raises
    ------
    SubsongError
        When the truth is not where the project file says.
    """
    assert project.config.truth is not None
    path = project.find_beside(project.config.truth)
    if not path.exists():
        raise SubsongError(f"{project.file}: truth: {path} does not exist; say where it is, or leave it out")
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return Step(
        NAME,
        "score against the truth",
        version=1,
        settings={},
        files={"truth": hash_value([(file.name, hashes.hash(file)) for file in files])},
        needs={clusters.NAME: ALL, embedding.NAME: ALL, **{name_segments(bird): LABELS for bird in birds}},
        make=partial(_score, project=project, birds=birds),
        is_lenient=True,
    )


def read_truth(project: Project, recordings: Sequence[Recording]) -> pl.DataFrame | None:
    """Return the true annotations of recordings, None where the project names none."""
    from subsong.sources.annotations.find import find_annotations

    if project.config.truth is None:
        return None
    root = project.recordings_dir if project.recordings_dir.is_dir() else project.recordings_dir.parent
    paths = [recording.path for recording in recordings]
    return find_annotations(paths, root, project.find_beside(project.config.truth)).table


def read_scores(project: Project) -> Scores | None:
    """Return what the step found the last time; None where it was never done."""
    path = project.steps_dir / NAME / FILE_NAME
    scores: Scores | None = read_json(path) if path.is_file() else None
    return scores


def _score(work: Work, project: Project, birds: Sequence[BirdInputs]) -> Outputs:
    from subsong.projects.results.scoring import score_clusters, score_found

    there = [bird for bird in birds if name_segments(bird) in work.made]
    recordings = [recording for bird in there for recording in bird.recordings]
    truth = read_truth(project, recordings)
    assert truth is not None
    tables = [pl.read_parquet(project.steps_dir / name_segments(bird) / TABLE_NAME) for bird in there]
    found = pl.concat(tables).filter(~pl.col(IS_ANNOTATED)).drop(IS_ANNOTATED)
    judged = {recording.name for bird in there for recording in bird.unannotated} & set(truth["recording"])
    whose = {recording.name: recording.bird for recording in recordings}
    types = pl.read_csv(project.embeddings_dir / clusters.FILE_NAME, infer_schema=False)[clusters.CLUSTER_COLUMN]
    sounds = read_embedding(project.embeddings_dir / embedding.FILE_NAME).items.with_columns(types)
    scores = {"clusters": score_clusters(truth, sounds)}
    if judged:
        scores["found"] = score_found(truth, found, whose, recordings=judged)
    path = work.folder / FILE_NAME
    # What cannot be computed is null: JSON knows no NaN.
    write_json(path, {name: table.with_columns(cs.float().fill_nan(None)).to_dicts() for name, table in scores.items()})
    return {ALL: [path]}
