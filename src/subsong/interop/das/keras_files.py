"""Weights of a Keras model in HDF5 (``NAME_model.h5``), read as arrays: no Keras, and nothing in it is run."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from subsong.core.errors import SubsongError


class KerasLayer(NamedTuple):
    """A layer: its name, and its weights in Keras's order, none where it has none."""

    name: str
    weights: tuple[np.ndarray, ...]


def read_keras_layers(path: Path) -> list[KerasLayer]:
    """Return the layers of a model in their order, from input to output.

    Raises
    ------
    SubsongError
        When the file is missing or damaged, or no model of Keras.
    """
    if not path.is_file():
        raise SubsongError(f"no file {path}: expected the model that DAS wrote, NAME_model.h5")
    try:
        with h5py.File(path, "r") as file:
            root = file.get("model_weights", file)
            if "layer_names" not in root.attrs:
                raise SubsongError(f"{path} is no model of Keras: it names no layers")
            return [_read_layer(root, _decode(name)) for name in root.attrs["layer_names"]]
    except (OSError, KeyError, RuntimeError) as error:
        raise SubsongError(f"{path} is no HDF5 file, or a damaged one: copy it again") from error


def _read_layer(root: h5py.Group, name: str) -> KerasLayer:
    group = root[name]
    return KerasLayer(name, tuple(group[_decode(weight)][()] for weight in group.attrs.get("weight_names", ())))


def _decode(name: bytes | str) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else str(name)
