"""The species matrix as a torch dataset, its split in two, and its loaders.

Legend: N = checklists, D = species, B = checklists of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from subsong.core.errors import SubsongError
from subsong.datasets.types import Batch
from subsong.interop.bird_embeddings.frames import Frame, check_columns, find_species, to_pandas


class BirdChecklistDataset(Dataset[Tensor]):
    """Checklists in memory, as vectors of 0 and 1.

    Parameters
    ----------
    species_matrix
        One row a checklist.
    species_columns
        Which columns to take; None takes all species, never ids or metadata.

    Attributes
    ----------
    data
        float32, shape (N, D).
    num_checklists, num_species
        N and D.
    species_columns
        The species' names, in the order of the vectors.

    Raises
    ------
    SubsongError
        When a column is not there.
    """

    def __init__(self, species_matrix: Frame, species_columns: Sequence[str] | None = None) -> None:
        matrix = to_pandas(species_matrix)
        self.species_columns = find_species(matrix) if species_columns is None else list(species_columns)
        check_columns(matrix, self.species_columns)
        self.data = torch.from_numpy(matrix[self.species_columns].to_numpy(np.float32, copy=True))
        self.num_checklists, self.num_species = self.data.shape

    def __len__(self) -> int:
        return self.num_checklists

    def __getitem__(self, index: int) -> Tensor:
        return self.data[index]

    def get_batch(self, indices: Sequence[int] | Tensor) -> Tensor:
        """Return the checklists `indices`, shape (B, D)."""
        return self.data[torch.as_tensor(indices)]

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the rows `index` as the engine's batch: each checklist is its own target."""
        rows_B = torch.from_numpy(index)
        vectors_BD = torch.index_select(self.data, 0, rows_B)
        return Batch(rows_B, vectors_BD, vectors_BD)


def split_train_val(
    matrix: Frame,
    species: Sequence[str] | None = None,
    val_size: float = 0.2,
    random_seed: int | None = 42,
    shuffle: bool = True,
) -> tuple[BirdChecklistDataset, BirdChecklistDataset]:
    """Divide checklists at random into training and validation.

    Parameters
    ----------
    matrix, species
        As for `BirdChecklistDataset`.
    val_size
        Share (a float in 0-1) or number (an int) of checklists for validation.
    random_seed
        Of the permutation; None is another one each time.
    shuffle
        False takes the last rows for validation.

    Raises
    ------
    SubsongError
        When one of the two would be empty.

    Notes
    -----
    Rows are divided one by one: lists of one place fall on both sides, and figures come out too good. Group by
    locality for figures to publish (``docs/reference/checklist-vae.md``).
    """
    whole = BirdChecklistDataset(matrix, species)
    num = len(whole)
    num_val = val_size if isinstance(val_size, int) else int(np.floor(val_size * num))
    if not 0 < num_val < num:
        raise SubsongError(
            f"val_size={val_size} of {num} checklists leaves {num - num_val} for training and {num_val} for "
            "validation: give a share between 0 and 1 or a number of checklists that leaves some for both"
        )
    order = torch.arange(num)
    if shuffle:
        generator = torch.Generator()
        generator.seed() if random_seed is None else generator.manual_seed(random_seed)
        order = torch.randperm(num, generator=generator)
    table = to_pandas(matrix)
    parts = (order[: num - num_val].numpy(), order[num - num_val :].numpy())
    train, val = (BirdChecklistDataset(table.iloc[rows], whole.species_columns) for rows in parts)
    return train, val


def create_dataloaders(
    train: Dataset[Any], val: Dataset[Any], batch_size: int = 128, num_workers: int = 0, pin_memory: bool = False
) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Return a shuffling loader of the training checklists and one of the validation's, of bare vectors (B, D).

    The trainer takes batch size and order from them and fetches the rows itself, in whole batches and without workers.
    """
    settings: dict[str, Any] = {"batch_size": batch_size, "num_workers": num_workers, "pin_memory": pin_memory}
    return DataLoader(train, shuffle=True, **settings), DataLoader(val, shuffle=False, **settings)


def get_full_tensor(dataset: BirdChecklistDataset) -> Tensor:
    """Return all checklists of a dataset, shape (N, D)."""
    return dataset.data
