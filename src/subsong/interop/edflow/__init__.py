"""edflow's iterator, datasets and helpers under their old names, on Subsong's engine.

In a script, ``from edflow import TemplateIterator``, ``from edflow.util import retrieve`` and
``from edflow.data.dataset import DatasetMixin`` become ``from subsong.interop.edflow import ...``; the command
``edflow`` becomes ``subsong edflow``.
"""

from __future__ import annotations

from subsong.interop.edflow.datasets import ConcatenatedDataset, DatasetMixin
from subsong.interop.edflow.iterator import TemplateIterator
from subsong.interop.edflow.meta_dataset import MetaDataset, write_meta_dataset
from subsong.interop.edflow.outputs import load_outputs
from subsong.interop.edflow.retrieve import (
    KeyNotFoundError,
    contains_key,
    retrieve,
    set_default,
    set_value,
    walk,
)

__all__ = [
    "ConcatenatedDataset",
    "DatasetMixin",
    "KeyNotFoundError",
    "MetaDataset",
    "TemplateIterator",
    "contains_key",
    "load_outputs",
    "retrieve",
    "set_default",
    "set_value",
    "walk",
    "write_meta_dataset",
]
