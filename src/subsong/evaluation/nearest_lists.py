"""A baseline that has no model: what is on the training lists most like the one shown.

Legend: N = lists, M = training lists, D = species, K = neighbours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, diags_array

_MAX_LISTS = 20_000
_BLOCK_CELLS = 1 << 23


class NearestLists(NamedTuple):
    """Scores are the share of the nearest training lists that hold a species, the more alike the weightier.

    Attributes
    ----------
    presence, known
        Training lists, ones where a species was found, and where it is known, shape (M, D).
    num_neighbours
        K.
    power
        A neighbour's weight is the cosine of both lists to this power.
    """

    presence: csr_array
    known: csr_array | None
    num_neighbours: int
    power: float
    name: str = "nearest lists"
    is_probability: bool = False

    def score(self, shown_ND: np.ndarray) -> np.ndarray:
        """Return the scores, float32, shape (N, D); in blocks, so that memory stays bounded."""
        unit_DM = _scale_rows(self.presence).T.tocsr()
        size = max(1, _BLOCK_CELLS // max(1, self.presence.shape[0]))
        blocks = [np.zeros((0, self.presence.shape[1]), np.float32)]
        blocks += [self._score(shown_ND[start : start + size], unit_DM) for start in range(0, len(shown_ND), size)]
        return np.concatenate(blocks)

    def _score(self, shown_BD: np.ndarray, unit_DM: csr_array) -> np.ndarray:
        shown = np.asarray(shown_BD, np.float32)
        length_B1 = np.sqrt(shown.sum(axis=1, keepdims=True))
        similarity_BM = shown @ unit_DM / np.maximum(length_B1, 1e-12)
        num_neighbours = min(self.num_neighbours, similarity_BM.shape[1])
        near_BK = np.argpartition(-similarity_BM, num_neighbours - 1, axis=1)[:, :num_neighbours]
        weight_BM = np.zeros_like(similarity_BM)
        np.put_along_axis(weight_BM, near_BK, np.take_along_axis(similarity_BM, near_BK, 1) ** self.power, 1)
        found_BD = weight_BM @ self.presence
        looked_BD = weight_BM.sum(axis=1, keepdims=True) if self.known is None else weight_BM @ self.known
        return np.asarray(found_BD / np.maximum(looked_BD, 1e-12), np.float32)


def fit_nearest_lists(
    presence: csr_array, unknown: csr_array | None = None, num_neighbours: int = 30, power: float = 4.0
) -> NearestLists:
    """Keep the training lists; of more than 20,000, as many, evenly spread.

    Parameters
    ----------
    presence, unknown
        The training lists as for `count_cooccurrence`.
    num_neighbours, power
        See `NearestLists`.
    """
    num_lists = presence.shape[0]
    rows = np.unique(np.linspace(0, num_lists - 1, min(_MAX_LISTS, num_lists)).astype(np.int64))
    kept = presence[rows].astype(np.float32)
    kept.data[:] = 1.0
    if unknown is None:
        return NearestLists(kept, None, num_neighbours, power)
    known = csr_array(1.0 - unknown[rows].toarray().astype(np.float32))
    return NearestLists(kept, known, num_neighbours, power)


def _scale_rows(presence: csr_array) -> csr_array:
    """Return the rows scaled to length 1; empty ones stay empty."""
    length = np.sqrt(np.diff(presence.indptr)).astype(np.float32)
    return csr_array(diags_array(1.0 / np.maximum(length, 1e-12)).astype(np.float32) @ presence)
