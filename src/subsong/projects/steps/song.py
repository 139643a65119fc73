"""Step ``song``: the annotated sound of one bird, prepared for training."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

from subsong.datasets.manifest import is_store
from subsong.projects.project import Project
from subsong.projects.steps.annotations import STRETCHES_NAME, TABLE_NAME, name_annotations
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.places import show_recordings
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.projects.steps.stores import list_store_files

if TYPE_CHECKING:
    from subsong.sources.audio import Channel

STORE_NAME = "store"
# All that people annotated teaches; what is found is judged by them.
_FRACTIONS = {"train": 0.8, "validation": 0.2, "test": 0.0}


def name_song(bird: BirdInputs) -> str:
    """Return the name of the step."""
    return f"song/{bird.folder}"


def find_channel(project: Project) -> Channel:
    """Return the channel segmenters are trained on, and so listen to; None: each of a recording by itself."""
    channel: Channel | str = project.config.segmenter.data.get("channel", project.config.channel)
    return None if channel == "all" else channel  # type: ignore[return-value]


def build_song_step(project: Project, bird: BirdInputs) -> Step:
    """Return the step that writes the store of a bird's annotated song, ``store``."""
    config = project.config
    settings: dict[str, Any] = {"fractions": _FRACTIONS, "seed": config.seed}
    if config.channel is not None:
        settings["channel"] = config.channel
    return Step(
        name_song(bird),
        f"prepare annotated song of {bird.name}",
        version=1,
        settings={**settings, **config.segmenter.data},
        files={},
        needs={name_annotations(bird): ALL},
        make=partial(_prepare, project=project, bird=bird, settings={**settings, **config.segmenter.data}),
    )


def _prepare(work: Work, project: Project, bird: BirdInputs, settings: dict[str, Any]) -> Outputs:
    from subsong.recipes.preparing_song import prepare_song

    annotations_dir = project.steps_dir / name_annotations(bird)
    stretches = annotations_dir / STRETCHES_NAME
    given: dict[str, Any] = {
        "annotations": str(annotations_dir / TABLE_NAME),
        "annotation_format": "csv",
        # A recording that was looked at and has none.
        "unannotated": "background",
        **({"within": [str(stretches)]} if stretches.is_file() else {}),
    }
    store = work.folder / STORE_NAME
    if not is_store(store):
        shown = show_recordings(work.folder / "recordings", bird.looked_at, project.recordings_dir)
        prepare_song(shown, store, {**given, **settings}, progress=work.tell)
        shutil.rmtree(shown)
    return {ALL: list_store_files(store)}
