"""Are there clusters, how many, and would another sample of the same bird give the same ones?

A clustering method always returns clusters. Three questions tell kinds from a continuum: does held-out data ask for
them (`score_mixtures`), are they better than those found in one Gaussian cloud of the same shape (``_excess``), and do
two fits to different syllables agree (`score_stability`). After Goffinet et al. 2021, figure 5.

Legend: N = items, L = latent dimensions, k = clusters.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import derive_seed, numpy_generator

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

Method = Literal["mixture", "kmeans"]
NOISE = -1
"""HDBSCAN's label for what belongs to no cluster."""
_MAX_SILHOUETTE_ITEMS = 5000
_COVARIANCE_FLOOR = 1e-4
_SKLEARN_SEEDS = 2**31


def find_clusters(
    latents_NL: np.ndarray,
    num_clusters: int,
    method: Method = "mixture",
    seed: int = 0,
    sample_rows: np.ndarray | None = None,
) -> np.ndarray:
    """Return the cluster of each item, from 0, shape (N,).

    Parameters
    ----------
    latents_NL
        Shape (N, L).
    num_clusters
        k.
    method
        ``"mixture"`` of Gaussians with full covariances, or ``"kmeans"``, for round clusters of like size.
    seed
        Of the starts.
    sample_rows
        Rows of the items that the clusters are fitted to; None: all.

    Raises
    ------
    SubsongError
        When there are fewer items than clusters.
    """
    fitted = latents_NL if sample_rows is None else latents_NL[sample_rows]
    _check_number(fitted, num_clusters)
    if method == "mixture":
        return np.asarray(_fit_mixture(fitted, num_clusters, seed).predict(latents_NL))
    from sklearn.cluster import KMeans

    model = KMeans(num_clusters, n_init=10, random_state=_derive_state(seed)).fit(fitted)
    return np.asarray(model.predict(latents_NL))


def find_dense_clusters(latents_NL: np.ndarray, min_items: int, num_near: int | None = None) -> np.ndarray:
    """Return the cluster of each item by HDBSCAN (Campello et al. 2013), shape (N,); `NOISE` for what is in none.

    The number of clusters is found; each has at least `min_items` items. The distance to the neighbour `num_near`, by
    default `min_items`, tells how dense it is around an item: a smaller number parts clusters that nearly touch.
    """
    from sklearn.cluster import HDBSCAN

    _check_number(latents_NL, min_items)
    method = HDBSCAN(min_cluster_size=max(2, min_items), min_samples=num_near, copy=True)
    return np.asarray(method.fit_predict(latents_NL))


def score_mixtures(
    latents_NL: np.ndarray, numbers: Sequence[int] = range(2, 13), num_folds: int = 5, seed: int = 0
) -> pl.DataFrame:
    """Fit Gaussian mixtures of several sizes and say how good each is.

    Parameters
    ----------
    latents_NL
        Shape (N, L).
    numbers
        The k to try.
    num_folds
        Of the held-out likelihood.
    seed
        Of folds, starts and the Gaussian cloud.

    Returns
    -------
    pl.DataFrame
        One row a k: ``num_clusters``; ``bic`` (lower is better); ``held_out``, the mean log-density of items not
        fitted, in nats; and ``silhouette``, ``calinski_harabasz``, ``davies_bouldin`` (the last: lower is better), each
        also as ``..._excess`` over the same number in one Gaussian cloud of the data's mean and covariance, clustered
        alike. NaN where a mixture used one cluster only.

    Raises
    ------
    SubsongError
        When there are fewer items than clusters in a fold.
    """
    latents = np.asarray(latents_NL, np.float64)
    _check_number(latents, max(numbers, default=1) * 2)
    cloud = _draw_matched_cloud(latents, seed)
    rows = []
    for number in numbers:
        model = _fit_mixture(latents, number, seed)
        found = score_separation(latents, model.predict(latents), seed)
        null = score_separation(cloud, _fit_mixture(cloud, number, seed).predict(cloud), seed)
        excess = {f"{name}_excess": value - null[name] for name, value in found.items()}
        held_out = _score_held_out(latents, number, num_folds, seed)
        rows.append({"num_clusters": number, "bic": model.bic(latents), "held_out": held_out, **found, **excess})
    return pl.DataFrame(rows)


def score_separation(latents_NL: np.ndarray, clusters: np.ndarray, seed: int = 0) -> dict[str, float]:
    """Return three indices of how well clusters lie apart; NaN without two clusters. Noise counts as none.

    The silhouette is that of a random sample where there are many items, since it costs their square.
    """
    from sklearn import metrics

    kept = clusters != NOISE
    latents, clusters = np.asarray(latents_NL)[kept], clusters[kept]
    names = ("silhouette", "calinski_harabasz", "davies_bouldin")
    if not 2 <= len(np.unique(clusters)) < len(clusters):
        return dict.fromkeys(names, float("nan"))
    rows = numpy_generator(seed, "silhouette").permutation(len(latents))[:_MAX_SILHOUETTE_ITEMS]
    is_told = 2 <= len(np.unique(clusters[rows])) < len(rows)
    values = (
        metrics.silhouette_score(latents[rows], clusters[rows]) if is_told else np.nan,
        metrics.calinski_harabasz_score(latents, clusters),
        metrics.davies_bouldin_score(latents, clusters),
    )
    return dict(zip(names, map(float, values), strict=True))


def score_stability(
    latents_NL: np.ndarray, numbers: Sequence[int] = range(2, 13), num_repeats: int = 20, seed: int = 0
) -> pl.DataFrame:
    """Say how well two mixtures, fitted to different thirds of the items, agree on the last third.

    Their clusters are matched so that they agree best (Hungarian method).

    Returns
    -------
    pl.DataFrame
        One row a k and repeat: ``num_clusters``, ``repeat``, ``agreement`` (share of items), ``chance`` (the
        agreement, matched alike, after the labels of one were shuffled).

    Raises
    ------
    SubsongError
        When a third has fewer items than clusters.
    """
    latents = np.asarray(latents_NL, np.float64)
    _check_number(latents, 3 * max(numbers, default=1))
    rows = []
    for number in numbers:
        for repeat in range(num_repeats):
            generator = numpy_generator(seed, "cluster stability", number, repeat)
            first, second, third = np.array_split(generator.permutation(len(latents)), 3)
            models = [_fit_mixture(latents[part], number, derive_seed(seed, repeat)) for part in (first, second)]
            one, other = (model.predict(latents[third]) for model in models)
            chance = match_clusters(one, generator.permutation(other))
            rows.append((number, repeat, match_clusters(one, other), chance))
    return pl.DataFrame(rows, ["num_clusters", "repeat", "agreement", "chance"], orient="row")


def match_clusters(first_N: np.ndarray, second_N: np.ndarray) -> float:
    """Return the largest share of items that can agree when clusters of one are renamed to those of the other."""
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics.cluster import contingency_matrix

    counts = contingency_matrix(first_N, second_N)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(first_N))


class LabelAgreement(NamedTuple):
    """How well clusters and given labels tell one another.

    Attributes
    ----------
    adjusted_rand
        Share of pairs treated alike, corrected for chance: 0 by chance, 1 when equal (Hubert & Arabie 1985).
    v_measure, homogeneity, completeness
        0 to 1: clusters hold one label each (homogeneity), labels lie in one cluster each (completeness), and the
        harmonic mean of both (Rosenberg & Hirschberg 2007).
    """

    adjusted_rand: float
    v_measure: float
    homogeneity: float
    completeness: float


def compare_with_labels(clusters: np.ndarray, labels: np.ndarray) -> LabelAgreement:
    """Compare clusters with labels that people gave, shape (N,) each."""
    from sklearn import metrics

    if len(clusters) != len(labels):
        raise SubsongError(f"{len(clusters)} items need as many labels, not {len(labels)}")
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(labels, clusters)
    rand = metrics.adjusted_rand_score(labels, clusters)
    return LabelAgreement(float(rand), float(v_measure), float(homogeneity), float(completeness))


def _fit_mixture(latents_NL: np.ndarray, number: int, seed: int) -> GaussianMixture:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    # In units of the data: a floor in absolute ones would swallow latents of small scale.
    floor = _COVARIANCE_FLOOR * float(np.mean(np.var(latents_NL, axis=0))) or _COVARIANCE_FLOOR
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = GaussianMixture(number, n_init=2, reg_covar=floor, random_state=_derive_state(seed))
        return model.fit(latents_NL)


def _score_held_out(latents_NL: np.ndarray, number: int, num_folds: int, seed: int) -> float:
    fold_N = numpy_generator(seed, "mixture folds").permutation(len(latents_NL)) % num_folds
    total = 0.0
    for fold in range(num_folds):
        model = _fit_mixture(latents_NL[fold_N != fold], number, seed)
        total += float(model.score_samples(latents_NL[fold_N == fold]).sum())
    return total / len(latents_NL)


def _draw_matched_cloud(latents_NL: np.ndarray, seed: int) -> np.ndarray:
    """Return as many draws from the Gaussian with the data's mean and covariance, shape (N, L)."""
    generator = numpy_generator(seed, "matched gaussian")
    centred = latents_NL - latents_NL.mean(axis=0)
    _, scales, axes = np.linalg.svd(centred / np.sqrt(len(centred)), full_matrices=False)
    return np.asarray(
        generator.standard_normal((len(latents_NL), len(scales))) * scales @ axes + latents_NL.mean(axis=0)
    )


def _derive_state(seed: int) -> int:
    return derive_seed(seed, "clusters") % _SKLEARN_SEEDS


def _check_number(latents_NL: np.ndarray, num_needed: int) -> None:
    if num_needed < 1 or len(latents_NL) < num_needed:
        raise SubsongError(
            f"{len(latents_NL)} items are too few: this many clusters need at least {max(1, num_needed)}"
        )
