"""Subsong: variational autoencoders and song segmenters for what animals do.

Whatever the command line does is one call here, with the same names. Everything is imported when first used, so that
``import subsong`` takes no time.

>>> import subsong
>>> "train" in dir(subsong)
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subsong.core.devices import get_device as get_device
    from subsong.core.errors import SubsongError as SubsongError
    from subsong.core.seeds import set_seed as set_seed
    from subsong.datasets.checklist_reading import read_checklists as read_checklists
    from subsong.datasets.syllables.dataset import load_syllables as load_syllables
    from subsong.evaluation.store import load_evaluation as load_evaluation
    from subsong.inference.load import load_model as load_model
    from subsong.inference.projection import fit_projection as fit_projection
    from subsong.inference.projection import load_projection as load_projection
    from subsong.inference.sequences import read_sequences as read_sequences
    from subsong.models.summary import count_parameters as count_parameters
    from subsong.models.summary import print_model_summary as print_model_summary
    from subsong.projects.project import create_project as create_project
    from subsong.projects.project import open_project as open_project
    from subsong.projects.run import run_project as run_project
    from subsong.recipes.exploring import explore as explore
    from subsong.recipes.mapping import map_sounds as map_sounds
    from subsong.recipes.prepare import prepare_checklists as prepare_checklists
    from subsong.recipes.prepare import prepare_syllables as prepare_syllables
    from subsong.recipes.prepare import prepare_windows as prepare_windows
    from subsong.recipes.preparing_motifs import prepare_motifs as prepare_motifs
    from subsong.recipes.preparing_motifs import warp_motifs as warp_motifs
    from subsong.recipes.run import evaluate as evaluate
    from subsong.recipes.run import load_run as load_run
    from subsong.recipes.run import report as report
    from subsong.recipes.run import resume as resume
    from subsong.recipes.run import train as train
    from subsong.recipes.segmenting import segment_folder as segment_folder
    from subsong.recipes.song_video import make_song_video as make_song_video
    from subsong.recipes.trajectories import draw_trajectories as draw_trajectories
    from subsong.sources.annotations import read_annotations as read_annotations
    from subsong.sources.annotations import write_annotations as write_annotations
    from subsong.sources.audio import read_audio as read_audio
    from subsong.training.trial import Trial as Trial

_PUBLIC = {
    "SubsongError": "core.errors",
    "Trial": "training.trial",
    "count_parameters": "models.summary",
    "create_project": "projects.project",
    "draw_trajectories": "recipes.trajectories",
    "evaluate": "recipes.run",
    "explore": "recipes.exploring",
    "fit_projection": "inference.projection",
    "get_device": "core.devices",
    "load_evaluation": "evaluation.store",
    "load_model": "inference.load",
    "load_projection": "inference.projection",
    "load_run": "recipes.run",
    "load_syllables": "datasets.syllables.dataset",
    "make_song_video": "recipes.song_video",
    "map_sounds": "recipes.mapping",
    "open_project": "projects.project",
    "prepare_checklists": "recipes.prepare",
    "prepare_motifs": "recipes.preparing_motifs",
    "prepare_syllables": "recipes.prepare",
    "prepare_windows": "recipes.prepare",
    "print_model_summary": "models.summary",
    "read_annotations": "sources.annotations",
    "read_audio": "sources.audio",
    "read_checklists": "datasets.checklist_reading",
    "read_sequences": "inference.sequences",
    "report": "recipes.run",
    "resume": "recipes.run",
    "run_project": "projects.run",
    "segment_folder": "recipes.segmenting",
    "set_seed": "core.seeds",
    "train": "recipes.run",
    "warp_motifs": "recipes.preparing_motifs",
    "write_annotations": "sources.annotations",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("subsong")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'subsong' has no attribute {name!r}")
    return getattr(importlib.import_module(f"subsong.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
