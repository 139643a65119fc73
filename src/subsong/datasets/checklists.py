"""Checklists as a dataset: sparse rows that become dense only batch by batch.

Legend: N = lists, B = rows of a batch, D = species, C = encoded covariates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from scipy.sparse import csr_array
from torch import Tensor

from subsong.datasets.covariates import EncodedCovariate, encode_covariates
from subsong.sources.checklists import Checklists


class ChecklistBatch(NamedTuple):
    """Rows of a `ChecklistDataset`.

    Attributes
    ----------
    rows
        Which rows of the dataset these are, int64, shape (B,).
    input
        1 where a species was found and the model may see it, else 0; float32, shape (B, D).
    target
        1 where a species was found, else 0; float32, shape (B, D).
    mask
        False where it is not known whether the species was there, shape (B, D); None where all is known.
    covariates
        Encoded effort, time and place, float32, shape (B, C); C may be 0.
    """

    rows: Tensor
    input: Tensor
    target: Tensor
    mask: Tensor | None
    covariates: Tensor


class ChecklistDataset:
    """Detections of lists, handed out as 0 and 1.

    Parameters
    ----------
    checklists
        As read; counts are taken as presence.
    encoders
        Which covariates a batch holds, and how they are encoded.

    Attributes
    ----------
    items
        One row a list.
    species
        One row a species: ``key`` and ``name``.
    attrition
        What each step of reading left.
    covariates, encoders
        As given.
    item_shape
        (D,).
    value_range
        Smallest and largest value of the input.
    """

    value_range: tuple[float, float] = (0.0, 1.0)

    def __init__(self, checklists: Checklists, encoders: Sequence[EncodedCovariate] = ()) -> None:
        self.items, self.species, self.attrition = checklists.items, checklists.species, checklists.attrition
        self.covariates, self.encoders = checklists.covariates, tuple(encoders)
        self.item_shape: tuple[int] = (checklists.counts.shape[1],)
        self._covariates_NC = torch.from_numpy(encode_covariates(checklists.covariates, encoders, len(self)))
        assert checklists.counts.shape[0] == len(self)
        self._counts = checklists.counts
        # Complete data, the usual case, pay nothing for the mask.
        self._unknown = checklists.unknown if checklists.unknown is not None and checklists.unknown.nnz else None

    def __len__(self) -> int:
        return self.items.height

    @property
    def num_covariates(self) -> int:
        """C."""
        return self._covariates_NC.shape[1]

    def presence(self) -> csr_array:
        """Return the detections as ones, float32, shape (N, D)."""
        counts = self._counts
        return csr_array((np.ones(counts.nnz, np.float32), counts.indices, counts.indptr), shape=counts.shape)

    @property
    def unknown(self) -> csr_array | None:
        """Cells of which nothing is known, bool, shape (N, D); None where all is known."""
        return self._unknown

    def known(self) -> np.ndarray | None:
        """Return True where a cell is known, dense, shape (N, D); None where all is known."""
        return None if self._unknown is None else self._unknown.toarray() == 0

    def fetch(self, index: np.ndarray) -> ChecklistBatch:
        """Return the lists `index` (whole numbers in 0..N-1, shape (B,)); input and target are one tensor."""
        rows_B = np.asarray(index, dtype=np.int64)
        target_BD = _densify(self._counts, rows_B)
        mask_BD = None if self._unknown is None else _densify(self._unknown, rows_B) == 0
        rows = torch.from_numpy(rows_B.copy())
        return ChecklistBatch(rows, target_BD, target_BD, mask_BD, self._covariates_NC[rows])

    def hash(self) -> str:
        """Return the SHA-256 of ids, species, detections, unknown cells and covariates, in hexadecimal."""
        digest = hashlib.sha256(str((self.item_shape, len(self), self._covariates_NC.shape)).encode())
        digest.update("\n".join([*self.items["list"], *self.species["key"]]).encode())
        for matrix in (self._counts, self._unknown):
            if matrix is not None:
                digest.update(np.asarray(matrix.indptr, np.int64).tobytes())
                digest.update(np.asarray(matrix.indices, np.int32).tobytes())
        digest.update(self._covariates_NC.numpy().tobytes())
        return digest.hexdigest()


def _densify(matrix: csr_array, rows_B: np.ndarray) -> Tensor:
    """Return 1.0 where the rows have an entry, float32, shape (B, D)."""
    if rows_B.size and (rows_B.min() < 0 or rows_B.max() >= matrix.shape[0]):
        raise IndexError(f"lists {rows_B.min()} to {rows_B.max()} of {matrix.shape[0]}")
    starts_B = matrix.indptr[rows_B].astype(np.int64)
    lengths_B = matrix.indptr[rows_B + 1].astype(np.int64) - starts_B
    ends_B = np.cumsum(lengths_B)
    # Where each entry lies in the matrix: its row's start, and how far it is from the first of that row.
    places = np.arange(ends_B[-1] if len(ends_B) else 0) + np.repeat(starts_B - ends_B + lengths_B, lengths_B)
    flat = np.repeat(np.arange(len(rows_B), dtype=np.int64) * matrix.shape[1], lengths_B) + matrix.indices[places]
    dense_BD = torch.zeros(len(rows_B), matrix.shape[1])
    dense_BD.view(-1)[torch.from_numpy(flat)] = 1.0
    return dense_BD


def take_lists(checklists: Checklists, rows: np.ndarray) -> Checklists:
    """Return the lists `rows`, with all species."""
    unknown = None if checklists.unknown is None else checklists.unknown[rows]
    return checklists._replace(
        counts=checklists.counts[rows],
        unknown=unknown,
        items=checklists.items[rows],
        covariates=checklists.covariates[rows] if checklists.covariates.width else checklists.covariates,
    )


class Alignment(NamedTuple):
    """How the species of some lists fit those of a model.

    Attributes
    ----------
    missing
        Keys the model knows and the lists have no column for: taken as unknown.
    unfamiliar
        Keys the lists have and the model does not know: left out.
    """

    missing: list[str]
    unfamiliar: list[str]


def align_species(checklists: Checklists, species: pl.DataFrame) -> tuple[Checklists, Alignment]:
    """Return lists with the columns of `species`, matched by name, and what did not match.

    Parameters
    ----------
    checklists
        As read.
    species
        The columns wanted: ``key`` and ``name``. A column of the lists fits by its key, or else by its name, whichever
        is one of these.

    Notes
    -----
    A species without a column becomes unknown, not absent: nobody looked for it as far as these lists tell.
    """
    place_of = _number_names(species)
    places = np.array([_find_place(row, place_of) for row in checklists.species.iter_rows(named=True)], np.int64)
    num_lists, num_species = checklists.counts.shape[0], species.height
    missing = np.setdiff1d(np.arange(num_species), places)
    unfamiliar = checklists.species["key"].gather(np.flatnonzero(places < 0)).to_list()
    unknown = None if checklists.unknown is None else _move_columns(checklists.unknown, places, num_species)
    if len(missing):
        nowhere = csr_array(
            (
                np.ones(num_lists * len(missing), bool),
                np.tile(missing, num_lists),
                np.arange(num_lists + 1) * len(missing),
            ),
            shape=(num_lists, num_species),
        )
        unknown = nowhere if unknown is None else csr_array(unknown + nowhere)
    counts = _move_columns(checklists.counts, places, num_species)
    aligned = checklists._replace(counts=counts, unknown=unknown, species=species)
    return aligned, Alignment(species["key"].gather(missing).to_list(), unfamiliar)


def _number_names(species: pl.DataFrame) -> dict[str, int]:
    """Return the column of each key and, where it is not also a key, of each name."""
    by_name = {name: place for place, name in enumerate(species["name"]) if name is not None}
    return {**by_name, **{key: place for place, key in enumerate(species["key"])}}


def _find_place(row: dict[str, str | None], place_of: dict[str, int]) -> int:
    return next((place_of[name] for name in (row["key"], row["name"]) if name is not None and name in place_of), -1)


def _move_columns(matrix: csr_array, places: np.ndarray, num_columns: int) -> csr_array:
    """Return the matrix with column j at ``places[j]``; a column at -1 is left out."""
    entries = matrix.tocoo()
    columns = places[entries.col]
    is_kept = columns >= 0
    moved = csr_array(
        (entries.data[is_kept], (entries.row[is_kept], columns[is_kept])), shape=(matrix.shape[0], num_columns)
    )
    moved.sort_indices()
    return moved
