"""What lies nearest in the space of latent codes.

Legend: N = examples, M = candidates, L = latent dimensions, K = neighbours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl


class Neighbours(NamedTuple):
    """The nearest of some candidates, nearest first.

    Attributes
    ----------
    indices
        Which candidates, shape (N, K).
    distances
        How far they are, shape (N, K).
    """

    indices: np.ndarray
    distances: np.ndarray


def find_nearest(
    queries_NL: np.ndarray, candidates_ML: np.ndarray, num_nearest: int, are_same: bool = False
) -> Neighbours:
    """Return the nearest candidates of each query by Euclidean distance; all of them where there are fewer.

    With `are_same` the candidates are the queries, in their order, and none is its own neighbour.
    """
    from sklearn.neighbors import NearestNeighbors

    num_wanted = min(num_nearest, len(candidates_ML) - int(are_same))
    search = NearestNeighbors(n_neighbors=num_wanted).fit(candidates_ML)
    # Without queries the search leaves each candidate itself out.
    distances, indices = search.kneighbors(None if are_same else queries_NL)
    return Neighbours(indices, distances)


def tabulate_nearest(near: Neighbours, queries: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Return one row a query and neighbour: ``list``, ``rank`` (from 1), ``near`` and ``distance``.

    `queries` and `candidates` name their rows in a column ``list``.
    """
    num_queries, num_found = near.indices.shape
    return pl.DataFrame(
        {
            "list": queries["list"].gather(np.repeat(np.arange(num_queries), num_found)),
            "rank": np.tile(np.arange(1, num_found + 1), num_queries),
            "near": candidates["list"].gather(near.indices.ravel()),
            "distance": near.distances.ravel(),
        }
    )
