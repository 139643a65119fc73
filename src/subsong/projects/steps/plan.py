"""Which steps a project needs, in order: those of each bird to the segments, then of all together to the report."""

from __future__ import annotations

from collections.abc import Sequence

from subsong.projects.project import Project
from subsong.projects.steps.annotations import build_annotations_step
from subsong.projects.steps.clusters import build_clusters_step
from subsong.projects.steps.embedding import build_embedding_step
from subsong.projects.steps.hashes import FileHashes
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.layout import build_layout_step
from subsong.projects.steps.map import build_map_step
from subsong.projects.steps.map_folder import build_map_folder_step
from subsong.projects.steps.recordings import build_recordings_step
from subsong.projects.steps.report import build_report_step
from subsong.projects.steps.scores import build_scores_step
from subsong.projects.steps.segmenter import build_segmenter_step
from subsong.projects.steps.segments import build_segments_step, learns
from subsong.projects.steps.side_by_side import share_processors
from subsong.projects.steps.song import build_song_step
from subsong.projects.steps.step import Step
from subsong.projects.steps.suggestions import build_suggestions_step
from subsong.projects.steps.syllables import build_syllables_step

# What the report does not tell of.
_UNTOLD = ("annotations", "song", "suggestions", "layout")


def build_plan(project: Project, birds: Sequence[BirdInputs], hashes: FileHashes) -> list[Step]:
    """Return the steps of a project, each behind those it needs.

    Parameters
    ----------
    project
        Whose settings they have.
    birds
        What is given.
    hashes
        Of files the settings name.
    """
    learned = [bird for bird in birds if learns(bird)]
    num_threads = share_processors(len(learned))
    steps = [
        build_recordings_step(project, birds),
        *(build_annotations_step(bird) for bird in birds),
        *(build_song_step(project, bird) for bird in learned),
        *(build_segmenter_step(project, bird, hashes, num_threads) for bird in learned),
        *(build_segments_step(project, bird) for bird in birds),
    ]
    if learned:
        steps.append(build_suggestions_step(project, birds))
    steps += [
        build_syllables_step(project, birds),
        build_map_step(project, hashes),
        build_embedding_step(project, birds),
        build_layout_step(project),
        build_clusters_step(project),
        build_map_folder_step(project),
    ]
    if project.config.truth is not None:
        steps.append(build_scores_step(project, birds, hashes))
    told = [step.name for step in steps if step.kind not in _UNTOLD]
    return [*steps, build_report_step(project, birds, told)]
