"""Rows of text -> whole numbers, counted up in the order of first appearance over all blocks.

Legend: R = rows of a block.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl


class Codes:
    """Numbers for the different rows of tables, such as the ids of lists or the names of taxa.

    Rows are told apart by a hash of 64 bits: the chance that two of a million share one is 3e-8. The numbers of rows
    seen before lie in a table by the first bits of their hash, so that a block is looked up at once.

    Parameters
    ----------
    slot_bits
        The table has ``2**slot_bits`` places, best many times the number of different rows.
    """

    def __init__(self, slot_bits: int) -> None:
        self._shift = np.uint64(64 - slot_bits)
        self._codes: dict[tuple[Any, ...], int] = {}
        self._slot_hashes = np.zeros(1 << slot_bits, np.uint64)
        self._slot_codes = np.full(1 << slot_bits, -1, np.int32)

    def __len__(self) -> int:
        return len(self._codes)

    def encode(self, frame: pl.DataFrame) -> np.ndarray:
        """Return the number of each row, int32, shape (R,)."""
        hashes = frame.hash_rows().to_numpy()
        slots = hashes >> self._shift
        codes: np.ndarray = self._slot_codes[slots]
        others = np.flatnonzero((self._slot_hashes[slots] != hashes) | (codes < 0))
        if len(others):
            codes[others] = self._encode_others(frame[others], hashes[others])
            self._slot_hashes[slots[others]], self._slot_codes[slots[others]] = hashes[others], codes[others]
        return codes

    def _encode_others(self, frame: pl.DataFrame, hashes: np.ndarray) -> np.ndarray:
        """Return the numbers of rows that are new, or whose place in the table another row has taken."""
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        # In the order of the rows, so that codes do not depend on the hash.
        order = np.argsort(first)
        codes = np.empty(len(first), np.int32)
        codes[order] = [self._codes.setdefault(row, len(self._codes)) for row in frame[first[order]].rows()]
        return codes[inverse]

    def get_rows(self) -> list[tuple[Any, ...]]:
        """Return the different rows in the order of their numbers."""
        return list(self._codes)
