"""What users have — tensors, arrays, torch's datasets and loaders — as the engine's datasets.

Floating-point numbers are handed out as float32. A tensor alone is its own target.

Legend: N = examples, B = rows of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import (
    DataLoader,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    TensorDataset,
    default_collate,
)

from subsong.core.errors import SubsongError
from subsong.datasets.types import Batch, Dataset

Collate = Callable[[list[Any]], Any]


class AdaptedData(NamedTuple):
    """A dataset, and what the loader it came in said of its batches.

    Attributes
    ----------
    dataset
        Fetched by index vector.
    batch_size, shuffle, drop_last
        The loader's, or None where there was none.
    """

    dataset: Dataset
    batch_size: int | None = None
    shuffle: bool | None = None
    drop_last: bool | None = None


class TensorRows:
    """Inputs and targets held in memory.

    Parameters
    ----------
    inputs, targets
        Shape (N, ...) each; the same object twice for examples that are their own target.

    Raises
    ------
    SubsongError
        When the two differ in number.
    """

    def __init__(self, inputs: Tensor, targets: Tensor) -> None:
        if inputs.ndim == 0 or targets.ndim == 0 or len(inputs) != len(targets):
            shapes = f"{tuple(inputs.shape)} and {tuple(targets.shape)}"
            raise SubsongError(f"inputs and targets have shapes {shapes}: expected as many targets as inputs")
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return tuple(self.inputs.shape[1:])

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the rows `index`, shape (B,), as one batch."""
        rows_B = torch.tensor(index, dtype=torch.int64)
        inputs = torch.index_select(self.inputs, 0, rows_B)
        return Batch(
            rows_B, inputs, inputs if self.targets is self.inputs else torch.index_select(self.targets, 0, rows_B)
        )


class MapRows:
    """A torch dataset of the map style: examples one by one, put together by `collate`.

    An example is an input and a target, an input alone, or an input and several targets, which stay a list.
    What the dataset draws at random is a function of the run's seed and position, for the engine seeds torch's global
    generator before each batch.
    """

    def __init__(self, dataset: Any, collate: Collate = default_collate) -> None:
        self.dataset, self.collate = dataset, collate

    def __len__(self) -> int:
        return len(self.dataset)

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the rows `index`, shape (B,), as one batch."""
        rows = index.tolist()
        items = (
            self.dataset.__getitems__(rows)
            if hasattr(self.dataset, "__getitems__")
            else [self.dataset[row] for row in rows]
        )
        collated = _to_float32(self.collate(items))
        inputs, targets = _divide(collated)
        return Batch(torch.tensor(index, dtype=torch.int64), inputs, targets)


def _divide(collated: Any) -> tuple[Any, Any]:
    if not isinstance(collated, tuple | list):
        return collated, collated
    if len(collated) == 1:
        return collated[0], collated[0]
    return collated[0], collated[1] if len(collated) == 2 else collated[1:]


def _to_float32(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.dtype == torch.float64 else value
    if isinstance(value, dict):
        return {name: _to_float32(part) for name, part in value.items()}
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return type(value)(_to_float32(part) for part in value)
    return value


class NoRows:
    """A dataset without examples: a split that is not there."""

    def __len__(self) -> int:
        return 0

    def fetch(self, index: np.ndarray) -> Batch:
        """Raise IndexError: there is no row to return."""
        raise IndexError("this split has no examples")


def adapt_data(data: Any) -> AdaptedData:
    """Return what a user has as a dataset of ours.

    Parameters
    ----------
    data
        A pair of tensors or arrays (inputs, targets); a tensor or array, its own target; a torch dataset of the map
        style, or any object with ``__len__`` and ``__getitem__``; a torch ``DataLoader``, whose batch size and order
        are kept, its workers not; or one of our datasets.

    Raises
    ------
    SubsongError
        When it is none of these.
    """
    if hasattr(data, "fetch") and hasattr(data, "__len__"):
        return AdaptedData(data)
    if isinstance(data, DataLoader):
        return _adapt_loader(data)
    return AdaptedData(_adapt_rows(data))


def _adapt_rows(data: Any, collate: Collate = default_collate) -> Dataset:
    if _is_array(data):
        tensor = _to_tensor(data)
        return TensorRows(tensor, tensor)
    if isinstance(data, tuple | list) and len(data) == 2 and all(map(_is_array, data)):
        inputs = _to_tensor(data[0])
        return TensorRows(inputs, inputs if data[1] is data[0] else _to_tensor(data[1]))
    if isinstance(data, TensorDataset) and len(data.tensors) <= 2 and collate is default_collate:
        return _adapt_rows(data.tensors[0] if len(data.tensors) == 1 else data.tensors)
    if isinstance(data, IterableDataset) or not (hasattr(data, "__getitem__") and hasattr(data, "__len__")):
        raise SubsongError(
            f"data of type {type(data).__name__} cannot be read by row: give a pair of arrays, an array, or a torch "
            "dataset with __len__ and __getitem__"
        )
    return MapRows(data, collate)


def _is_array(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray)


def _to_tensor(values: Tensor | np.ndarray) -> Tensor:
    tensor = values.detach().cpu() if isinstance(values, Tensor) else torch.from_numpy(np.array(values, order="C"))
    return tensor.float() if tensor.dtype == torch.float64 else tensor


def _adapt_loader(loader: DataLoader[Any]) -> AdaptedData:
    sampler = loader.sampler
    if loader.batch_size is None or not isinstance(sampler, RandomSampler | SequentialSampler):
        found = type(loader.batch_sampler if loader.batch_size is None else sampler).__name__
        raise SubsongError(
            f"the loader has a sampler of its own ({found}); the engine draws the order itself, so that a run can be "
            "resumed exactly: give a loader with batch_size and shuffle, or the rows to use as a torch Subset"
        )
    dataset: Any = loader.dataset
    rows = dataset if hasattr(dataset, "fetch") else _adapt_rows(dataset, loader.collate_fn)
    return AdaptedData(rows, loader.batch_size, isinstance(sampler, RandomSampler), loader.drop_last)


def concatenate_rows(parts: Sequence[Any]) -> Any:
    """Return the outputs of several batches as those of one, on the CPU: tensors, or tuples, lists, dicts of them.

    Raises
    ------
    SubsongError
        When they hold something else, or tensors that differ in more than their number of rows.
    """
    first = parts[0]
    if isinstance(first, Tensor):
        try:
            return torch.cat(list(parts)).cpu()
        except RuntimeError as error:
            shapes = sorted({str(tuple(part.shape)) for part in parts})
            raise SubsongError(f"outputs of shapes {', '.join(shapes)} cannot be put together: {error}") from error
    if isinstance(first, dict):
        return {name: concatenate_rows([part[name] for part in parts]) for name in first}
    if isinstance(first, tuple | list):
        columns = [concatenate_rows(column) for column in zip(*parts, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else type(first)(columns)
    raise SubsongError(f"outputs of type {type(first).__name__} cannot be put together: return tensors")
