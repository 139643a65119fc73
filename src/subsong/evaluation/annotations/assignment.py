"""Pairs that may be made -> pairs that are made: one to one, as many or as good as can be, always the same.

Legend: E = candidate pairs.

Notes
-----
Pairs are chosen by an optimal assignment, not greedily, for two reasons. The number of pairs then never falls when
more candidates are allowed, so that a tolerance curve rises; taking the nearest first does not promise this. And
nothing depends on the order of rows. The price is small: candidates fall into many small clusters, most of which hold
a single pair.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

# A cluster with more cells than this is solved without writing out its matrix.
_MAX_CELLS = 4_000_000


def assign_pairs(truth_E: np.ndarray, found_E: np.ndarray, cost_E: np.ndarray, most: bool = True) -> np.ndarray:
    """Return which candidate pairs are made, numbers of candidates in rising order.

    Parameters
    ----------
    truth_E, found_E
        Numbers of the two members of each candidate, from 0; no pair twice.
    cost_E
        How far the two are from agreeing, in [0, 1].
    most
        True: as many pairs as can be, of these choices the one of least summed cost. False: the largest sum of
        ``1 - cost``, so that one good pair is preferred to two poor ones.

    Notes
    -----
    Solved within each connected cluster of candidates, by the shortest augmenting path algorithm (Crouse 2016, IEEE
    Transactions on Aerospace and Electronic Systems 52), of large clusters in its sparse form (Jonker & Volgenant
    1987, Computing 38).
    """
    if not len(truth_E):
        return np.empty(0, np.int64)
    cluster_E, is_star_E = _find_clusters(truth_E, found_E)
    order = np.lexsort((found_E, truth_E, cost_E, cluster_E))
    stars = order[is_star_E[order]]
    is_first = np.diff(cluster_E[stars], prepend=-1) != 0
    chosen = [stars[is_first]]
    others = np.flatnonzero(~is_star_E)
    if len(others):
        others = others[np.argsort(cluster_E[others], kind="stable")]
        breaks = np.flatnonzero(np.diff(cluster_E[others])) + 1
        chosen += [_solve(edges, truth_E, found_E, cost_E, most) for edges in np.split(others, breaks)]
    return np.sort(np.concatenate(chosen))


def _find_clusters(truth_E: np.ndarray, found_E: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cluster of each candidate, and whether all candidates of the cluster share a member."""
    num_truth, num_found = int(truth_E.max()) + 1, int(found_E.max()) + 1
    size = num_truth + num_found
    graph = coo_array((np.ones(len(truth_E), np.int8), (truth_E, num_truth + found_E)), shape=(size, size))
    num_clusters, cluster_V = connected_components(graph, directed=False)
    cluster_E = cluster_V[truth_E].astype(np.int64)
    num_members = []
    for members in (truth_E, num_truth + found_E):
        is_member_V = np.zeros(size, bool)
        is_member_V[members] = True
        num_members.append(np.bincount(cluster_V[is_member_V], minlength=num_clusters))
    return cluster_E, np.minimum(*num_members)[cluster_E] == 1


def _solve(edges: np.ndarray, truth_E: np.ndarray, found_E: np.ndarray, cost_E: np.ndarray, most: bool) -> np.ndarray:
    """Return the candidates among `edges`, all of one cluster, that are made pairs."""
    truths, row = np.unique(truth_E[edges], return_inverse=True)
    founds, column = np.unique(found_E[edges], return_inverse=True)
    shape = len(truths), len(founds)
    # Above any sum of costs: one pair more is worth more than any improvement of the others.
    unmatched = 2.0 * (min(shape) + 1) if most else 1.0
    if shape[0] * shape[1] > _MAX_CELLS:
        return _solve_sparse(edges, row, column, cost_E[edges], shape, unmatched)
    costs = np.full(shape, unmatched)
    costs[row, column] = np.minimum(cost_E[edges], unmatched)
    number = np.full(shape, -1, np.int64)
    number[row, column] = edges
    made: np.ndarray = number[linear_sum_assignment(costs)]
    made = made[made >= 0]
    return made if most else made[cost_E[made] < unmatched]


def _solve_sparse(
    edges: np.ndarray, row: np.ndarray, column: np.ndarray, cost: np.ndarray, shape: tuple[int, int], unmatched: float
) -> np.ndarray:
    """Solve with a partner of its own for each row, which stands for "none"."""
    rows = np.concatenate([row, np.arange(shape[0])])
    columns = np.concatenate([column, shape[1] + np.arange(shape[0])])
    # A weight of 0 would count as no entry; the constant changes no choice, as each row has one partner.
    weights = 1.0 + np.concatenate([cost, np.full(shape[0], unmatched)])
    graph = coo_array((weights, (rows, columns)), shape=(shape[0], shape[1] + shape[0])).tocsr()
    made_row, made_column = min_weight_full_bipartite_matching(graph)
    place = dict(zip(zip(row.tolist(), column.tolist(), strict=True), edges.tolist(), strict=True))
    made = [place[pair] for pair in zip(made_row.tolist(), made_column.tolist(), strict=True) if pair[1] < shape[1]]
    return np.array(made, np.int64)
