"""Model, iterator and datasets of a run, imported by the paths a configuration gives."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from subsong.core.errors import SubsongError
from subsong.core.imports import load_object
from subsong.core.seeds import derive_seed, set_seed
from subsong.datasets.adapters import NoRows
from subsong.datasets.types import Dataset, Splits
from subsong.interop.edflow.datasets import ExampleRows
from subsong.interop.edflow.retrieve import contains_key, retrieve

OURS = {
    "VUNet.iterator.Iterator": "subsong.interop.edflow.vunet:Iterator",
    "VUNet.VUNet": "subsong.interop.edflow.vunet:VUNet",
    "VUNet.VUnet": "subsong.interop.edflow.vunet:VUNet",
}
_OUR_DATASET = "subsong.interop.edflow.vunet:PosedPictures (training) or :HeldOutPictures (validation)"


def import_part(config: Any, key: str) -> Any:
    """Return the object that the configuration names at `key`: ``package.module.Name`` or ``package.module:Name``.

    Raises
    ------
    SubsongError
        When nothing of that name can be imported; names what stands for VUNet's own modules here.
    """
    target = str(retrieve(config, key))
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    place, colon, name = target.rpartition(":" if ":" in target else ".")
    if not colon:
        raise SubsongError(f"{key}: {target!r} is no import path; expected package.module.Name or file.py:Name")
    try:
        return load_object(f"{place}:{name}")
    except SubsongError as error:
        raise SubsongError(f"{key}: {error}{_suggest_ours(target)}") from error


def _suggest_ours(target: str) -> str:
    if target.partition(".")[0] != "VUNet":
        return ""
    return f"; without VUNet's own files on the path, write {OURS.get(target, _OUR_DATASET)}"


def build_datasets(config: Any) -> dict[str, Any]:
    """Build the datasets of a configuration: ``datasets/<split>``, or the older ``dataset``, ``validation_dataset``.

    Raises
    ------
    SubsongError
        When none is given.
    """
    keys = {"train": "dataset", "validation": "validation_dataset"}
    if contains_key(config, "datasets"):
        splits = retrieve(config, "datasets")
        if not isinstance(splits, Mapping):
            raise SubsongError("datasets: expected a line 'train: package.module.Name' and one for validation")
        keys = {split: f"datasets/{split}" for split in splits}
    found = {split: key for split, key in keys.items() if contains_key(config, key)}
    if not found:
        raise SubsongError("the configuration names no datasets: give datasets/train and datasets/validation")
    return {split: import_part(config, key)(config) for split, key in found.items()}


def build_splits(datasets: Mapping[str, Any], seed: int, num_rows: int | None, is_training: bool) -> Splits:
    """Return what the engine trains on and what it evaluates.

    Parameters
    ----------
    datasets
        By split.
    seed
        Of what a dataset draws at evaluation.
    num_rows
        Use the first ones only; None uses all.
    is_training
        Whether there has to be something to train on.

    Raises
    ------
    SubsongError
        When the split that is needed is missing or empty.
    """
    needed = "train" if is_training else "validation"
    if needed not in datasets:
        raise SubsongError(f"the configuration names no {needed} split: give datasets/{needed}")
    validation: Dataset = NoRows()
    if "validation" in datasets:
        validation = ExampleRows(datasets["validation"], "validation", seed, num_rows)
    train: Dataset = ExampleRows(datasets["train"], "train", None, num_rows) if is_training else NoRows()
    return Splits(train, validation)


def build_iterator(config: Any, root: Path, datasets: Mapping[str, Any], num_epochs: int, seed: int) -> Any:
    """Build the model and the iterator around it; the first weights are a function of the seed.

    Raises
    ------
    SubsongError
        When the configuration names none, or one cannot be imported.
    """
    for key in ("model", "iterator"):
        if not contains_key(config, key):
            raise SubsongError(f"the configuration has no {key!r}: give an import path such as {key}: package.Name")
    set_seed(derive_seed(seed, "weights"))
    model = import_part(config, "model")(config)
    build = import_part(config, "iterator")
    hook_freq = retrieve(config, "hook_freq", default=1)
    return build(config, str(root), model, datasets=datasets, hook_freq=hook_freq, num_epochs=num_epochs)
