"""edflow's datasets: one example at a time, as a dict; and how they become batches of the engine.

Legend: B = examples of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.seeds import derive_seed, seed_global_generators
from subsong.interop.edflow.retrieve import walk

INDEX, LABELS = "index_", "labels_"


class DatasetMixin:
    """Base class of a script's dataset, which defines ``get_example(i)`` and ``__len__``.

    Attributes
    ----------
    labels
        Name -> array with one row an example: what is cheap enough to have for all of them at once.
    expand
        Call what is callable in an example when it is fetched.
    append_labels
        Put an example's labels into it, under ``labels_``.
    """

    labels: Mapping[str, Any] = {}
    expand = True
    append_labels = False

    def get_example(self, i: int) -> dict[str, Any]:
        """Return example `i`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method get_example(self, i)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} needs a method __len__(self)")

    def __getitem__(self, i: int) -> dict[str, Any]:
        if not -len(self) <= i < len(self):
            raise IndexError(f"example {i} of {len(self)}")
        number = int(i) % len(self)
        example = dict(self.get_example(number))
        example[INDEX] = number
        if self.append_labels:
            example[LABELS] = {name: values[number] for name, values in self.labels.items()}
        return expand_example(example) if self.expand else example

    def __add__(self, other: Any) -> ConcatenatedDataset:
        return ConcatenatedDataset(self, other)

    def __mul__(self, num: int) -> ConcatenatedDataset:
        return ConcatenatedDataset(*[self] * num)

    __rmul__ = __mul__


class ConcatenatedDataset(DatasetMixin):
    """Datasets one after the other; labels are those all of them have."""

    def __init__(self, *datasets: Any) -> None:
        if not datasets:
            raise SubsongError("a dataset was repeated 0 times: repeat it at least once")
        self.datasets = datasets
        self._ends = np.cumsum([len(dataset) for dataset in datasets])
        all_labels = [getattr(dataset, "labels", {}) for dataset in datasets]
        shared = [name for name in all_labels[0] if all(name in labels for labels in all_labels)]
        self.labels = {name: np.concatenate([labels[name] for labels in all_labels]) for name in shared}

    def __len__(self) -> int:
        return int(self._ends[-1])

    def get_example(self, i: int) -> dict[str, Any]:
        """Return example `i` of all."""
        part = int(np.searchsorted(self._ends, i, side="right"))
        start = int(self._ends[part - 1]) if part else 0
        return dict(self.datasets[part][i - start])


def expand_example(value: Any) -> Any:
    """Return an example with everything callable in it called, however deep."""
    return walk(value, lambda leaf: expand_example(leaf()) if callable(leaf) else leaf)


class ExampleBatch(NamedTuple):
    """Rows of a dataset as the engine takes them.

    Attributes
    ----------
    rows
        int64, shape (B,).
    examples
        Name -> array with the batch first, or a nested dict of such.
    """

    rows: Tensor
    examples: dict[str, Any]


class ExampleRows:
    """A dataset of single examples as one that is fetched by index vector.

    Parameters
    ----------
    dataset
        `DatasetMixin`, anything with ``get_example`` or ``__getitem__`` and ``__len__``, or a dataset of ours.
    split
        Its name, for errors.
    seed
        None: the global generators are the engine's affair, who seeds them for each training step. A number: they are
        seeded for each example, which is therefore the same in every evaluation and for every batch size.
    num_rows
        Use the first ones only; None uses all.

    Raises
    ------
    SubsongError
        When it is empty.
    """

    def __init__(self, dataset: Any, split: str, seed: int | None = None, num_rows: int | None = None) -> None:
        self.dataset, self.split, self.seed = dataset, split, seed
        self._length = len(dataset) if num_rows is None else min(num_rows, len(dataset))
        if not self._length:
            raise SubsongError(f"datasets/{split}: {type(dataset).__name__} has no examples")

    def __len__(self) -> int:
        return self._length

    def start_epoch(self, epoch: int) -> None:
        """Let a dataset that is drawn anew for each epoch draw."""
        if hasattr(self.dataset, "start_epoch"):
            self.dataset.start_epoch(epoch)

    def fetch(self, index: np.ndarray) -> ExampleBatch:
        """Return the rows `index` as one batch."""
        rows = torch.from_numpy(np.asarray(index, dtype=np.int64))
        if hasattr(self.dataset, "fetch"):
            return ExampleBatch(rows, spread_batch(self.dataset.fetch(index)))
        examples = [self._get(int(row)) for row in index]
        return ExampleBatch(rows, stack_examples(examples, [f"{self.split} example {row}" for row in index]))

    def _get(self, row: int) -> dict[str, Any]:
        if self.seed is not None:
            seed_global_generators(derive_seed(self.seed, "example", row), torch.device("cpu"))
        example = get_example(self.dataset, row)
        if not isinstance(example, Mapping):
            raise SubsongError(
                f"datasets/{self.split}: example {row} of {type(self.dataset).__name__} is a "
                f"{type(example).__name__}, expected a dict such as {{'image': array}}"
            )
        return {name: expand_example(value) for name, value in {INDEX: row, **example}.items()}


def get_example(dataset: Any, row: int) -> Any:
    """Return one example of any kind of dataset."""
    if hasattr(dataset, "__getitem__"):
        return dataset[row]
    if hasattr(dataset, "get_example"):
        return dataset.get_example(row)
    return {name: values[0] for name, values in spread_batch(dataset.fetch(np.array([row]))).items()}


def spread_batch(batch: Any) -> dict[str, Any]:
    """Return a batch of one of our datasets as arrays by name; the parts of a nested input stand beside the others."""
    fields = batch._asdict() if hasattr(batch, "_asdict") else dict(batch)
    fields[INDEX] = fields.pop("rows")
    inputs = fields.pop("input", None)
    if isinstance(inputs, Mapping):
        fields.update(inputs)
    elif inputs is not None:
        fields["input"] = inputs
    return {name: to_array(value) for name, value in fields.items() if value is not None}


def stack_examples(examples: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Return one dict of stacked arrays.

    Parameters
    ----------
    examples
        Nested dicts and lists of arrays, numbers and texts, all with the same keys and shapes.
    names
        What errors call each of them.

    Raises
    ------
    SubsongError
        When keys or shapes differ; names the key and both examples.
    """
    return {
        key: _stack([_take(example, key, names, n) for n, example in enumerate(examples)], key, names)
        for key in examples[0]
    }


def _take(example: Mapping[str, Any], key: str, names: Sequence[str], number: int) -> Any:
    if key not in example:
        raise SubsongError(
            f"{names[number]} has no {key!r}, which {names[0]} has; {did_you_mean(key, map(str, example))}"
        )
    return example[key]


def _stack(values: list[Any], key: str, names: Sequence[str]) -> Any:
    first = values[0]
    if isinstance(first, Mapping):
        return {
            name: _stack([_take(value, name, names, n) for n, value in enumerate(values)], f"{key}/{name}", names)
            for name in first
        }
    arrays = [to_array(value) for value in values]
    for number, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise SubsongError(
                f"{key!r} has shape {arrays[0].shape} in {names[0]} and {array.shape} in {names[number]}: examples of "
                "a batch need one shape; crop or resize them in get_example"
            )
    return np.stack(arrays)


def to_array(value: Any) -> np.ndarray:
    """Return a tensor, array, number or text as an array."""
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
