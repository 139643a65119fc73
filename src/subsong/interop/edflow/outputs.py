"""What ``eval_op`` returned for each example, on disk: written, and reloaded in one line without the model.

``model_outputs/`` is a dataset of edflow (``meta_dataset.py``) whose row i belongs to example i of the validation
split. Arrays lie in ``<name>_<index>.npy`` as they are, pictures also as ``.png`` to look at; one number or text an
example, and what was returned under ``labels``, is a label. All paths are relative, so the folder can be moved.

Legend: N = examples of the split, B = examples of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from subsong.core.errors import SubsongError
from subsong.interop.edflow.datasets import LABELS, to_array
from subsong.interop.edflow.meta_dataset import MetaDataset, write_meta_dataset
from subsong.interop.edflow.pictures import is_picture, write_picture

OUTPUT_DIR = "model_outputs"


def load_outputs(folder: str | Path) -> MetaDataset:
    """Return stored outputs as a dataset whose row i belongs to example i of the validation split.

    Parameters
    ----------
    folder
        ``model_outputs``, or the folder of a step around it.

    Raises
    ------
    SubsongError
        When the folder is none of these.
    """
    inner = Path(folder) / OUTPUT_DIR
    return MetaDataset(inner if inner.is_dir() else folder)


class OutputWriter:
    """Writes the outputs of a split batch by batch.

    Parameters
    ----------
    folder
        Where; it should be a temporary one, as nothing tells a half-filled folder from a whole one.
    num_examples
        N.
    """

    def __init__(self, folder: Path, num_examples: int) -> None:
        self.folder, self.num_examples = folder, num_examples
        self._labels: dict[str, list[Any]] = {}
        self._is_done = np.zeros(num_examples, bool)

    def add(self, rows_B: np.ndarray, outputs: Mapping[str, Any]) -> None:
        """Store the outputs of a batch, as `check_outputs` returned them."""
        for name, values in outputs.items():
            if name == "labels":
                for label, labels_B in values.items():
                    self._keep(label, rows_B, labels_B)
            elif values.ndim == 1:
                self._keep(name, rows_B, values)
            else:
                self._keep(f"{name}:np", rows_B, [self._write(name, row, values[n]) for n, row in enumerate(rows_B)])
        self._is_done[rows_B] = True

    def _keep(self, name: str, rows_B: np.ndarray, values: Any) -> None:
        column = self._labels.setdefault(name, [None] * self.num_examples)
        for row, value in zip(rows_B, values, strict=True):
            column[row] = value

    def _write(self, name: str, row: int, value: np.ndarray) -> str:
        path = self.folder / f"{name}_{row:06d}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, value, allow_pickle=False)
        if is_picture(value):
            write_picture(path.with_suffix(".png"), value)
        return path.relative_to(self.folder).as_posix()

    def close(self, meta: Mapping[str, Any]) -> None:
        """Write the labels and ``meta.yaml``; raises SubsongError where an output is missing for some examples."""
        assert self._is_done.all()
        for name, column in self._labels.items():
            missing = [row for row, value in enumerate(column) if value is None]
            if missing:
                raise SubsongError(
                    f"eval_op returned {name!r} for some examples and not for {len(missing)} others, such as number "
                    f"{missing[0]}: return the same names for every batch"
                )
        write_meta_dataset(self.folder, {name: np.stack(column) for name, column in self._labels.items()}, meta)


def check_outputs(outputs: Any, num_rows: int) -> dict[str, Any]:
    """Return what ``eval_op`` returned as arrays.

    Raises
    ------
    SubsongError
        When it is no dict, or a value does not have the batch as its first axis; names the value and its shape.
    """
    if not isinstance(outputs, Mapping):
        raise SubsongError(f"eval_op returned a {type(outputs).__name__}: expected a dict, name -> array")
    checked: dict[str, Any] = {}
    for name, value in outputs.items():
        if name in ("labels", LABELS):
            checked["labels"] = {label: _check(f"labels/{label}", array, num_rows) for label, array in value.items()}
        else:
            checked[str(name)] = _check(str(name), value, num_rows)
    return checked


def _check(name: str, value: Any, num_rows: int) -> np.ndarray:
    array = to_array(value)
    if array.shape[:1] != (num_rows,):
        raise SubsongError(
            f"eval_op returned {name!r} with shape {array.shape}: expected the batch as its first axis, "
            f"({num_rows}, ...); keep the batch dimension, or return means from log_op"
        )
    if array.dtype == object:
        raise SubsongError(f"eval_op returned {name!r} as an array of Python objects: expected numbers or texts")
    return array
