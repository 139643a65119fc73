"""What the neighbourhoods of a latent space know: labels, and acoustic features.

Labels of birdsong come in runs: syllables of one song are alike in more than their type (the day, the distance, the
noise). Neighbours are therefore looked for in other groups, such as other recordings or other individuals.

Legend: N = items, B = items of a block, L = latent dimensions, F = features, P = principal components, G = groups,
K = neighbours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator

_BLOCK_CELLS = 1 << 22
_SMALLEST_SHARE = 0.01
"""Principal components with less of the variance are not predicted from features: they are not used by the model."""


class HeldOutAccuracy(NamedTuple):
    """Labels told from the neighbours in other groups.

    Attributes
    ----------
    accuracy
        Share of all items that are told right.
    per_group
        One row a group: ``group``, ``num_items``, ``accuracy``.
    """

    accuracy: float
    per_group: pl.DataFrame


def score_held_out_neighbours(
    latents_NL: np.ndarray, labels: np.ndarray, groups: np.ndarray, num_neighbours: int = 10
) -> HeldOutAccuracy:
    """Tell the labels of each group's items by the majority of their nearest neighbours in all other groups.

    Parameters
    ----------
    latents_NL
        Shape (N, L).
    labels, groups
        The label of each item, and what it belongs to (recording, individual), shape (N,).
    num_neighbours
        K.

    Raises
    ------
    SubsongError
        When the lengths differ, or there are fewer than two groups.
    """
    is_right_N = predict_held_out_labels(latents_NL, labels, groups, num_neighbours) == labels
    names, group_N = np.unique(groups, return_inverse=True)
    counts = np.bincount(group_N)
    accuracies = np.bincount(group_N, weights=is_right_N) / counts
    table = pl.DataFrame({"group": names.astype(str), "num_items": counts, "accuracy": accuracies})
    return HeldOutAccuracy(float(is_right_N.mean()), table)


def predict_held_out_labels(
    latents_NL: np.ndarray, labels: np.ndarray, groups: np.ndarray, num_neighbours: int = 10
) -> np.ndarray:
    """Return the label that most of an item's nearest neighbours in all other groups have, shape (N,).

    Parameters and errors are those of `score_held_out_neighbours`.
    """
    from sklearn.neighbors import KNeighborsClassifier

    _check_lengths(latents_NL, labels=labels, groups=groups)
    names, group_N = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise SubsongError(f"held-out accuracy needs at least 2 groups to hold out, found {len(names)}")
    told_N = np.empty_like(labels)
    for number in range(len(names)):
        test = group_N == number
        model = KNeighborsClassifier(min(num_neighbours, int((~test).sum())))
        told_N[test] = model.fit(latents_NL[~test], labels[~test]).predict(latents_NL[test])
    return told_N


def compute_precision_at(
    latents_NL: np.ndarray, labels: np.ndarray, num_retrieved: int, groups: np.ndarray | None = None
) -> np.ndarray:
    """Return for each item the share of its nearest items that have its label, shape (N,).

    Parameters
    ----------
    latents_NL
        Shape (N, L).
    labels
        Shape (N,).
    num_retrieved
        How many nearest items are looked at: the k of precision at k. Where fewer can be found, all of them.
    groups
        Items of a query's own group are not retrieved, shape (N,); None leaves out only the query itself.

    Returns
    -------
    np.ndarray
        NaN for an item from which nothing can be retrieved.

    Raises
    ------
    SubsongError
        When the lengths differ, or `num_retrieved` is below 1.
    """
    from sklearn.neighbors import NearestNeighbors

    groups = np.arange(len(latents_NL)) if groups is None else groups
    _check_lengths(latents_NL, labels=labels, groups=groups)
    if num_retrieved < 1:
        raise SubsongError(f"precision needs at least 1 retrieved item, not {num_retrieved}")
    _, group_N, group_sizes = np.unique(groups, return_inverse=True, return_counts=True)
    # An item's group can take all of the first places, so as many more are asked for.
    num_asked = min(len(latents_NL), num_retrieved + int(group_sizes.max(initial=0)))
    search = NearestNeighbors(n_neighbors=num_asked).fit(latents_NL)
    precision_N = np.full(len(latents_NL), np.nan)
    size = max(1, _BLOCK_CELLS // num_asked)
    for start in range(0, len(latents_NL), size):
        block = slice(start, start + size)
        near_BK = search.kneighbors(latents_NL[block], return_distance=False)
        is_other_BK = group_N[near_BK] != group_N[block, None]
        is_counted_BK = is_other_BK & (is_other_BK.cumsum(axis=1) <= num_retrieved)
        right_B = ((labels[near_BK] == labels[block, None]) & is_counted_BK).sum(axis=1)
        num_found_B = is_counted_BK.sum(axis=1)
        precision_N[block] = np.where(num_found_B > 0, right_B / np.maximum(num_found_B, 1), np.nan)
    return precision_N


class TwoWayScores(NamedTuple):
    """How well latents and features predict one another.

    Attributes
    ----------
    features
        One row a feature: ``name``, ``r2`` of its prediction from the latents, ``num_items`` with a value.
    components
        One row a principal component of the latents: ``name``, ``r2`` of its prediction from all features,
        ``num_items`` with all features, ``share`` of the latents' variance.
    """

    features: pl.DataFrame
    components: pl.DataFrame


def score_two_way(
    latents_NL: np.ndarray,
    features: pl.DataFrame,
    num_neighbours: int = 10,
    num_folds: int = 5,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> TwoWayScores:
    """Predict each feature from the latents and each component of the latents from the features (Goffinet et al. 2021).

    The prediction is the mean over the nearest neighbours in the other folds. Features are standardised as
    predictors, since each has a unit of its own; latents are taken as they are, since they share one.

    Parameters
    ----------
    latents_NL
        Shape (N, L).
    features
        N rows of numbers, a column a feature. What is missing or not finite is left out.
    num_neighbours, num_folds
        Of the regression. Folds are drawn by `seed`.
    groups
        What stays together in one fold, shape (N,); None shuffles items, as the paper does, which lets a syllable be
        predicted from others of its own song.

    Raises
    ------
    SubsongError
        When the lengths differ, or a prediction has fewer items than neighbours.
    """
    groups = np.arange(len(latents_NL)) if groups is None else groups
    _check_lengths(latents_NL, features=features, groups=groups)
    folds_N = _draw_folds(groups, num_folds, seed)
    values_NF = features.select(pl.all().cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    latents = np.asarray(latents_NL, np.float64)
    rows = []
    for name, values_N in zip(features.columns, values_NF.T, strict=True):
        known = np.isfinite(values_N)
        r2 = _score_regression(latents[known], values_N[known, None], folds_N[known], num_neighbours)
        rows.append((name, float(r2[0]), int(known.sum())))
    schema = {"name": pl.String, "r2": pl.Float64, "num_items": pl.Int64}
    components = _score_components(latents, values_NF, folds_N, num_neighbours)
    return TwoWayScores(pl.DataFrame(rows, schema, orient="row"), components)


def _score_components(
    latents_NL: np.ndarray, values_NF: np.ndarray, folds_N: np.ndarray, num_neighbours: int
) -> pl.DataFrame:
    known = np.isfinite(values_NF).all(axis=1)
    centred = latents_NL - latents_NL.mean(axis=0)
    _, scales, axes_PL = np.linalg.svd(centred, full_matrices=False)
    share_P = scales**2 / max(float((scales**2).sum()), np.finfo(float).tiny)
    kept = share_P >= _SMALLEST_SHARE
    spread_F = values_NF[known].std(axis=0)
    predictors = (values_NF[known] - values_NF[known].mean(axis=0)) / np.where(spread_F > 0, spread_F, 1.0)
    r2_P = _score_regression(predictors, centred[known] @ axes_PL[kept].T, folds_N[known], num_neighbours)
    names = [f"PC{number}" for number in range(1, len(r2_P) + 1)]
    counts = np.full(len(r2_P), known.sum())
    return pl.DataFrame({"name": names, "r2": r2_P, "num_items": counts, "share": share_P[kept]})


def _draw_folds(groups: np.ndarray, num_folds: int, seed: int) -> np.ndarray:
    """Return the fold of each item, shape (N,); groups stay whole."""
    _, group_N = np.unique(groups, return_inverse=True)
    num_groups = int(group_N.max(initial=-1)) + 1
    if not 2 <= num_folds <= num_groups:
        raise SubsongError(
            f"{num_folds} folds cannot be made of {num_groups} groups: take from 2 to {num_groups} folds"
        )
    fold_G = numpy_generator(seed, "two-way folds").permutation(num_groups) % num_folds
    return np.asarray(fold_G[group_N])


def _score_regression(
    predictors: np.ndarray, targets: np.ndarray, folds_N: np.ndarray, num_neighbours: int
) -> np.ndarray:
    """Return the share of each target's variance that is predicted out of fold; NaN for a target that is constant."""
    from sklearn.neighbors import KNeighborsRegressor

    predicted = np.empty_like(targets)
    for fold in np.unique(folds_N):
        test = folds_N == fold
        if (~test).sum() < num_neighbours:
            raise SubsongError(f"{(~test).sum()} items with values are too few for {num_neighbours} neighbours")
        model = KNeighborsRegressor(num_neighbours).fit(predictors[~test], targets[~test])
        predicted[test] = model.predict(predictors[test])
    total = ((targets - targets.mean(axis=0)) ** 2).sum(axis=0)
    missed = ((targets - predicted) ** 2).sum(axis=0)
    return np.where(total > 0, 1.0 - missed / np.where(total > 0, total, 1.0), np.nan)


def _check_lengths(latents_NL: np.ndarray, **others: np.ndarray | pl.DataFrame) -> None:
    for name, values in others.items():
        if len(values) != len(latents_NL):
            raise SubsongError(f"{len(latents_NL)} items need as many {name}, not {len(values)}")
