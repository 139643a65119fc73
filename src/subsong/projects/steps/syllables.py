"""Step ``syllables``: the sounds of all birds, each as a spectrogram. What they are called does not matter here."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from typing import Any

import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import is_store
from subsong.projects.project import Project
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.places import show_recordings
from subsong.projects.steps.segments import TIMES, TIMES_NAME, name_segments
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.projects.steps.stores import list_store_files
from subsong.sources.annotations.read import write_annotations
from subsong.sources.annotations.table import build_annotations

NAME, STORE_NAME = "syllables", "store"
_USUAL_PRESET = "finch"


def build_syllables_step(project: Project, birds: Sequence[BirdInputs]) -> Step:
    """Return the step that writes the store of all sounds, ``store``, with the columns ``bird`` and ``individual``.

    Notes
    -----
    The spectrograms are those of the project's preset of segmentation, where there are some of that name, else those
    of finches; ``map.data`` says otherwise, with ``preset`` and the settings of ``subsong prepare syllables``.
    """
    config = project.config
    settings: dict[str, Any] = dict(config.map.data)
    preset = settings.pop("preset", None)
    if config.channel is not None:
        settings = {"channel": config.channel, **settings}
    return Step(
        NAME,
        "compute spectrograms",
        version=1,
        settings={"preset": preset or config.segmentation.preset, **settings},
        files={f"recordings of {bird.name}": bird.hash_recordings(bird.recordings) for bird in birds},
        needs={name_segments(bird): TIMES for bird in birds},
        make=partial(_prepare, project=project, birds=birds, preset=preset, settings=settings),
        is_lenient=True,
    )


def _prepare(
    work: Work, project: Project, birds: Sequence[BirdInputs], preset: str | None, settings: dict[str, Any]
) -> Outputs:
    from subsong.recipes.prepare import prepare_syllables

    there = [bird for bird in birds if name_segments(bird) in work.made]
    times = pl.concat([pl.read_parquet(project.steps_dir / name_segments(bird) / TIMES_NAME) for bird in there])
    if times.is_empty():
        raise SubsongError(
            f"no sounds were annotated or found in any recording of {project.recordings_dir}: annotate a few in the "
            "studio, or lower the thresholds with segmentation.settings in the project file"
        )
    store, annotations = work.folder / STORE_NAME, work.folder / "times.csv"
    write_annotations(annotations, build_annotations(**times.to_dict()), "csv")
    if not is_store(store):
        recordings = [recording for bird in there for recording in bird.recordings]
        shown = show_recordings(work.folder / "recordings", recordings, project.recordings_dir)
        given = {"annotations": str(annotations), "annotation_format": "csv", **settings}
        prepare_syllables(shown, store, preset or _choose_preset(project), given, progress=work.tell)
        shutil.rmtree(shown)
    return {ALL: list_store_files(store)}


def _choose_preset(project: Project) -> str:
    from subsong.sources.spectrograms.presets import PRESETS

    named = project.config.segmentation.preset
    return named if named in PRESETS else _USUAL_PRESET
