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
    from subsong.evaluation.store import load_evaluation as load_evaluation
    from subsong.inference.load import load_model as load_model
    from subsong.models.summary import count_parameters as count_parameters
    from subsong.models.summary import print_model_summary as print_model_summary
    from subsong.recipes.prepare import prepare_checklists as prepare_checklists
    from subsong.recipes.run import evaluate as evaluate
    from subsong.recipes.run import load_run as load_run
    from subsong.recipes.run import report as report
    from subsong.recipes.run import resume as resume
    from subsong.recipes.run import train as train
    from subsong.training.trial import Trial as Trial

_PUBLIC = {
    "SubsongError": "core.errors",
    "Trial": "training.trial",
    "count_parameters": "models.summary",
    "evaluate": "recipes.run",
    "get_device": "core.devices",
    "load_evaluation": "evaluation.store",
    "load_model": "inference.load",
    "load_run": "recipes.run",
    "prepare_checklists": "recipes.prepare",
    "print_model_summary": "models.summary",
    "read_checklists": "datasets.checklist_reading",
    "report": "recipes.run",
    "resume": "recipes.run",
    "set_seed": "core.seeds",
    "train": "recipes.run",
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
