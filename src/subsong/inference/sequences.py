"""Latent sequences: the code of a window at every hop through a region, with its time; read, walked through, stacked.

`subsong.inference.sequence_files` writes them.

Legend: N = windows, L = latent dimensions, M = sequences, R = renditions, S = steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.inference.embeddings import read_embedding
from subsong.inference.sequence_archive import read_archive

TEMPLATE_COLUMN = "template_start_s"
STEP_COLUMN = "step"
_KEYS = ("source", "row")


class LatentSequences(NamedTuple):
    """Sequences of latent codes, one after the other.

    Attributes
    ----------
    items
        One row a window: ``source``, ``row`` (which region of the recording), ``step``, ``start_s`` and ``stop_s`` (of
        the recording), ``template_start_s`` (in the template's time, of warped
        motifs), ``label``, ...
    latents_NL
        float32, shape (N, L).
    offsets
        Windows ``offsets[m]`` to ``offsets[m + 1]`` are those of sequence m, int64, shape (M + 1,).
    """

    items: pl.DataFrame
    latents_NL: np.ndarray
    offsets: np.ndarray

    @property
    def num_sequences(self) -> int:
        """The number of sequences, M."""
        return len(self.offsets) - 1

    def iterate(self) -> Iterator[tuple[pl.DataFrame, np.ndarray]]:
        """Yield the items and the codes (windows, L) of each sequence."""
        for begin, end in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield self.items[int(begin) : int(end)], self.latents_NL[begin:end]

    def describe(self) -> pl.DataFrame:
        """Return one row a sequence: the columns of its first window."""
        return self.items[self.offsets[:-1]]


class StackedRenditions(NamedTuple):
    """Renditions of a motif, step by step.

    Attributes
    ----------
    latents_RSL
        Shape (R, S, L).
    template_s
        When each step begins in the template's time, shape (S,).
    renditions
        One row a rendition.
    sequences
        Which sequences they are, int64, shape (R,); those that lack a step are not among them.
    """

    latents_RSL: np.ndarray
    template_s: np.ndarray
    renditions: pl.DataFrame
    sequences: np.ndarray


def build_sequences(items: pl.DataFrame, latents_NL: np.ndarray) -> LatentSequences:
    """Return windows as sequences: a new one begins where ``source`` or ``row`` changes."""
    is_new = np.zeros(items.height, dtype=bool)
    for name in _KEYS:
        changed = (items[name] != items[name].shift()).fill_null(True)
        is_new |= changed.to_numpy()
    offsets = np.append(np.flatnonzero(is_new), items.height).astype(np.int64)
    return LatentSequences(items, np.asarray(latents_NL, np.float32), offsets)


def read_sequences(path: str | Path) -> LatentSequences:
    """Read what ``subsong embed --windows`` wrote: .parquet, .csv or .npz.

    Raises
    ------
    SubsongError
        When the file cannot be read, or holds codes of other things than windows.
    """
    path = Path(path).expanduser()
    items, latents_NL = read_archive(path) if path.suffix.lower() == ".npz" else read_embedding(path)
    missing = [name for name in (*_KEYS, STEP_COLUMN, "start_s", "stop_s") if name not in items.columns]
    if missing:
        raise SubsongError(
            f"{path} has no column {missing[0]}: expected latent sequences, as 'subsong embed --windows' writes them"
        )
    return build_sequences(items, latents_NL)


def stack_renditions(sequences: LatentSequences) -> StackedRenditions:
    """Put the renditions of a warped motif side by side.

    Renditions differ in how far they reach at both ends. Steps are chosen so that the stack holds most windows; a
    rendition that lacks one of the steps is left out.

    Raises
    ------
    SubsongError
        When the windows are not of warped motifs.
    """
    items = sequences.items
    if TEMPLATE_COLUMN not in items.columns:
        raise SubsongError(
            "these are windows of song as it was sung, whose steps are no common moments: expected windows of warped "
            f"motifs (column {TEMPLATE_COLUMN}), from a dataset that 'subsong prepare motifs' made"
        )
    step_N = items[STEP_COLUMN].to_numpy()
    first, last = _find_common_steps(step_N[sequences.offsets[:-1]], step_N[sequences.offsets[1:] - 1])
    is_common_N = (step_N >= first) & (step_N <= last)
    sequence_N = np.repeat(np.arange(sequences.num_sequences), np.diff(sequences.offsets))
    num_common_M = np.bincount(sequence_N[is_common_N], minlength=sequences.num_sequences)
    whole, num_steps = np.flatnonzero(num_common_M == last - first + 1), last - first + 1
    rows = np.flatnonzero(is_common_N & np.isin(sequence_N, whole))
    latents_RSL = sequences.latents_NL[rows].reshape(len(whole), num_steps, -1)
    template_s = items[TEMPLATE_COLUMN].to_numpy()[rows[:num_steps]]
    return StackedRenditions(latents_RSL, template_s, sequences.describe()[whole], whole)


def _find_common_steps(first_M: np.ndarray, last_M: np.ndarray) -> tuple[int, int]:
    """Return the first and the last step of the stack that holds most windows, of sequences from first to last step."""
    best, found = 0, (0, 0)
    for first in np.unique(first_M).tolist():
        reaching_M = np.sort(last_M[(first_M <= first) & (last_M >= first)])
        # Sequences that reach at least as far, for each place at which the stack may end.
        sizes_M = (reaching_M - first + 1) * np.arange(len(reaching_M), 0, -1)
        if sizes_M.max() > best:
            best, found = int(sizes_M.max()), (first, int(reaching_M[sizes_M.argmax()]))
    return found
