"""How far apart the repertoires of conditions (birds, days, contexts) lie: maximum mean discrepancy.

The unbiased quadratic estimate with a Gaussian kernel ``exp(-|x - y|^2 / 2 sigma^2)`` (Gretton et al. 2012,
jmlr.org/papers/v13/gretton12a.html), and a permutation test of "both conditions are one". Memory stays bounded.

Legend: N, M = items, L = latent dimensions, G = conditions, B = items of a block, P = permutations, U = units.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator

_BLOCK_CELLS = 1 << 21
_PERMUTATION_BLOCK = 128


class MmdMatrix(NamedTuple):
    """Discrepancies of all pairs of conditions.

    Attributes
    ----------
    names
        Of the conditions, sorted, G of them.
    mmd2
        Unbiased squared discrepancy, shape (G, G); may be below zero where two conditions are alike. Zero diagonal.
    p_values, q_values
        Of the permutation tests, before and after control of the false discovery rate over all pairs (Benjamini &
        Hochberg 1995), shape (G, G); NaN on the diagonal and where no test was made.
    bandwidth
        The kernel's sigma.
    """

    names: list[str]
    mmd2: np.ndarray
    p_values: np.ndarray
    q_values: np.ndarray
    bandwidth: float

    def to_table(self) -> pl.DataFrame:
        """Return one row a pair: ``first``, ``second``, ``mmd2``, ``mmd``, ``p_value``, ``q_value``."""
        rows = [
            (
                self.names[i],
                self.names[j],
                *(float(values[i, j]) for values in (self.mmd2, self.p_values, self.q_values)),
            )
            for i, j in combinations(range(len(self.names)), 2)
        ]
        numbers = dict.fromkeys(("mmd2", "p_value", "q_value"), pl.Float64)
        table = pl.DataFrame(rows, {"first": pl.String, "second": pl.String, **numbers}, orient="row")
        return table.with_columns(mmd=pl.col("mmd2").clip(lower_bound=0.0).sqrt())


def estimate_bandwidth(latents_NL: np.ndarray, seed: int = 0, num_pairs: int = 10_000, factor: float = 1.0) -> float:
    """Return sigma by the median heuristic: the root of the median squared distance of random pairs, times `factor`.

    No item is paired with itself. A smaller factor (the zebra finch study of Goffinet et al. 2021 takes 0.25) looks at
    finer differences.

    Raises
    ------
    SubsongError
        When there are fewer than two items, or half of the pairs are equal.
    """
    num_items = len(latents_NL)
    if num_items < 2:
        raise SubsongError(f"a bandwidth needs at least 2 items, found {num_items}")
    generator = numpy_generator(seed, "mmd bandwidth")
    first = generator.integers(num_items, size=num_pairs)
    second = (first + generator.integers(1, num_items, size=num_pairs)) % num_items
    latents = np.asarray(latents_NL, np.float64)
    sigma = float(np.sqrt(np.median(((latents[first] - latents[second]) ** 2).sum(axis=1))))
    if not sigma > 0:
        raise SubsongError("half of the items or more are equal: give a bandwidth instead of the median distance")
    return factor * sigma


def compute_mmd2(first_NL: np.ndarray, second_ML: np.ndarray, bandwidth: float) -> float:
    """Return the unbiased squared discrepancy of two sets of items.

    Raises
    ------
    SubsongError
        When a set has fewer than two items.
    """
    num_first, num_second = len(first_NL), len(second_ML)
    if min(num_first, num_second) < 2:
        raise SubsongError(f"a discrepancy needs at least 2 items on each side, not {num_first} and {num_second}")
    sums = [
        sum_kernel(one, other, bandwidth)
        for one, other in ((first_NL, first_NL), (second_ML, second_ML), (first_NL, second_ML))
    ]
    # Each item's kernel with itself is 1.
    return _combine(sums[0] - num_first, sums[1] - num_second, sums[2], num_first, num_second)


def compute_mmd_matrix(
    latents_NL: np.ndarray,
    conditions: np.ndarray,
    bandwidth: float | None = None,
    num_permutations: int = 0,
    units: np.ndarray | None = None,
    seed: int = 0,
    max_items: int = 1000,
) -> MmdMatrix:
    """Compare every two conditions.

    Parameters
    ----------
    latents_NL
        Shape (N, L).
    conditions
        Which condition each item belongs to, shape (N,).
    bandwidth
        Sigma of the kernel, by default that of `estimate_bandwidth` for all items.
    num_permutations
        Of each test; 0 makes none. The smallest p-value is 1 / (num_permutations + 1).
    units
        What was sampled as a whole, such as the recording of each item, shape (N,): it is permuted as a whole, and
        belongs to one condition. None permutes items, and finds differences between any two days of one bird when the
        syllables of a recording are alike.
    seed
        Of the bandwidth, the permutations and of which items are kept.
    max_items
        A random sample of this many stands for a larger condition in the tests, where memory grows with its square.
        The discrepancies themselves are of all items.

    Raises
    ------
    SubsongError
        When lengths differ, a condition has fewer than two items, or a unit lies in two conditions.
    """
    for name, values in (("conditions", conditions), ("units", units)):
        if values is not None and len(values) != len(latents_NL):
            raise SubsongError(f"{len(latents_NL)} items need as many {name}, not {len(values)}")
    latents = np.asarray(latents_NL, np.float64)
    sigma = bandwidth if bandwidth is not None else estimate_bandwidth(latents, seed)
    names, group_N = np.unique(conditions, return_inverse=True)
    rows = [np.flatnonzero(group_N == number) for number in range(len(names))]
    mmd2 = _compare_all([latents[chosen] for chosen in rows], [str(name) for name in names], sigma)
    p_values = np.full(mmd2.shape, np.nan)
    units = np.arange(len(latents)) if units is None else units
    if num_permutations:
        for number, chosen in enumerate(rows):
            if len(chosen) > max_items:
                generator = numpy_generator(seed, "mmd sample", number)
                rows[number] = np.sort(generator.choice(chosen, max_items, replace=False))
        for i, j in combinations(range(len(names)), 2):
            both = np.concatenate([rows[i], rows[j]])
            is_first = np.arange(len(both)) < len(rows[i])
            drawn = numpy_generator(seed, "mmd permutations", i, j)
            p_values[i, j] = p_values[j, i] = _test_pair(
                latents[both], is_first, units[both], sigma, num_permutations, drawn
            )
    return MmdMatrix([str(name) for name in names], mmd2, p_values, _control_false_discoveries(p_values), sigma)


def sum_kernel(first_NL: np.ndarray, second_ML: np.ndarray, bandwidth: float) -> float:
    """Return the sum of the kernel over all pairs of an item of each set, in blocks."""
    return float(sum(block.sum() for _, block in _iterate_kernel(first_NL, second_ML, bandwidth)))


def _iterate_kernel(
    first_NL: np.ndarray, second_ML: np.ndarray, bandwidth: float
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield rows of the kernel matrix, shape (B, M)."""
    middle = second_ML.mean(axis=0, dtype=np.float64)  # keeps squares small, so that their difference is exact
    first, second = first_NL - middle, second_ML - middle
    squares_M = (second**2).sum(axis=1)
    size = max(1, _BLOCK_CELLS // max(1, len(second)))
    for start in range(0, len(first), size):
        block = slice(start, start + size)
        squared_BM = (first[block] ** 2).sum(axis=1)[:, None] + squares_M - 2 * first[block] @ second.T
        yield block, np.exp(np.maximum(squared_BM, 0.0) / (-2 * bandwidth**2))


def _combine(own_first: float, own_second: float, between: float, num_first: int, num_second: int) -> float:
    """Return MMD^2 of kernel sums over ordered pairs, those of an item with itself left out."""
    mean_first = own_first / (num_first * (num_first - 1))
    mean_second = own_second / (num_second * (num_second - 1))
    return mean_first + mean_second - 2 * between / (num_first * num_second)


def _compare_all(sets: list[np.ndarray], names: list[str], bandwidth: float) -> np.ndarray:
    for name, items in zip(names, sets, strict=True):
        if len(items) < 2:
            raise SubsongError(
                f"condition {name!r} has {len(items)} item: a discrepancy needs at least 2; leave it out"
            )
    counts = [len(items) for items in sets]
    own = [sum_kernel(items, items, bandwidth) - len(items) for items in sets]
    mmd2 = np.zeros((len(sets), len(sets)))
    for i, j in combinations(range(len(sets)), 2):
        between = sum_kernel(sets[i], sets[j], bandwidth)
        mmd2[i, j] = mmd2[j, i] = _combine(own[i], own[j], between, counts[i], counts[j])
    return mmd2


def _test_pair(
    latents_NL: np.ndarray,
    is_first_N: np.ndarray,
    units_N: np.ndarray,
    bandwidth: float,
    num_permutations: int,
    generator: np.random.Generator,
) -> float:
    """Return the p-value of the first condition being the second; the kernel is computed once for all permutations."""
    _, unit_N = np.unique(units_N, return_inverse=True)
    size_U = np.bincount(unit_N)
    is_first_U = np.bincount(unit_N, weights=is_first_N) / size_U
    if not np.isin(is_first_U, (0.0, 1.0)).all():
        raise SubsongError("a unit has items of two conditions: units are permuted as a whole and must lie in one")
    kernel_NN = np.concatenate([block for _, block in _iterate_kernel(latents_NL, latents_NL, bandwidth)])
    np.fill_diagonal(kernel_NN, 0.0)
    # Only sums over units are needed, which makes the permuted products as small as there are units.
    order = np.argsort(unit_N, kind="stable")
    starts = np.concatenate([[0], size_U.cumsum()[:-1]])
    kernel_UU = np.add.reduceat(np.add.reduceat(kernel_NN[order][:, order], starts, axis=0), starts, axis=1)
    observed = _combine_permuted(is_first_U[None], kernel_UU, size_U)[0]
    num_higher = 0
    for start in range(0, num_permutations, _PERMUTATION_BLOCK):
        number = min(_PERMUTATION_BLOCK, num_permutations - start)
        drawn_PU = generator.permuted(np.tile(is_first_U, (number, 1)), axis=1)
        num_higher += int((_combine_permuted(drawn_PU, kernel_UU, size_U) >= observed - 1e-12).sum())
    return (1 + num_higher) / (1 + num_permutations)


def _combine_permuted(is_first_PU: np.ndarray, kernel_UU: np.ndarray, size_U: np.ndarray) -> np.ndarray:
    """Return MMD^2 of each permutation, shape (P,); minus infinity where a side has fewer than two items."""
    total_U = kernel_UU.sum(axis=1)
    own_first_P = ((is_first_PU @ kernel_UU) * is_first_PU).sum(axis=1)
    between_P = is_first_PU @ total_U - own_first_P
    own_second_P = total_U.sum() - own_first_P - 2 * between_P
    num_first_P = is_first_PU @ size_U
    num_second_P = size_U.sum() - num_first_P
    is_possible = (num_first_P >= 2) & (num_second_P >= 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_first_P = own_first_P / (num_first_P * (num_first_P - 1))
        mean_second_P = own_second_P / (num_second_P * (num_second_P - 1))
        mmd2_P = mean_first_P + mean_second_P - 2 * between_P / (num_first_P * num_second_P)
    return np.where(is_possible, mmd2_P, -np.inf)


def _control_false_discoveries(p_values: np.ndarray) -> np.ndarray:
    """Return q-values of the pairs that were tested."""
    from scipy.stats import false_discovery_control

    upper = np.triu_indices(len(p_values), 1)
    known = np.isfinite(p_values[upper])
    q_values = np.full(p_values.shape, np.nan)
    if known.any():
        pairs = upper[0][known], upper[1][known]
        q_values[pairs] = q_values[pairs[::-1]] = false_discovery_control(p_values[pairs])
    return q_values
