"""Whether there are clusters, how many, and whether they are those of the labels.

Mixtures are fitted to the principal components that have a share of the variance worth counting: a Gaussian of all
latent dimensions would spend its parameters on directions that the model does not use.

Legend: N = items, P = principal components.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.progress import Progress
from subsong.core.seeds import numpy_generator
from subsong.evaluation.clusters import compare_with_labels, find_clusters, score_mixtures, score_stability
from subsong.evaluation.variability import count_effective_dimensions
from subsong.inference.projection import fit_principal_axes, project
from subsong.reports.content import KeyFigure
from subsong.reports.drawn import Drawn
from subsong.reports.exploration.figures import plot_cluster_numbers, plot_shares
from subsong.reports.exploration.parts import Part, Sample
from subsong.reports.exploration.space import SMALLEST_SHARE
from subsong.reports.latent import sort_labels

_SECTION = "Clusters"
_NUMBERS = (*range(1, 13), 14, 16, 18, 20, 24, 30)
_NUM_REPEATS = 5
_MAX_ITEMS = 2500
_MIN_ITEMS_PER_CLUSTER = 10


class FoundClusters(NamedTuple):
    """What was found.

    Attributes
    ----------
    part
        For the page.
    clusters
        The cluster of each item, from 0, the largest first, shape (N,).
    """

    part: Part
    clusters: np.ndarray


def explore_clusters(sample: Sample, labels: np.ndarray | None, tell: Progress) -> FoundClusters:
    """Choose a number of clusters, find them, and compare them with labels.

    Parameters
    ----------
    sample
        The items.
    labels
        As of `get_labels`.
    tell
        Told how many numbers of clusters were tried.
    """
    reduced_NP = _reduce(sample.latents_NL)
    rows = np.sort(numpy_generator(sample.seed, "cluster sample").permutation(len(reduced_NP))[:_MAX_ITEMS])
    scores, stability = _try_numbers(reduced_NP[rows], sample.seed, tell)
    chosen = int(scores.sort("bic")["num_clusters"][0])
    clusters = _number_by_size(find_clusters(reduced_NP, chosen, seed=sample.seed, sample_rows=rows))
    best = scores.filter(pl.col("num_clusters") == chosen)
    caption = (
        f"Gaussian mixtures on the {reduced_NP.shape[1]} effective dimensions of {len(rows):,} items. BIC, which "
        f"chose {chosen} (dashed), and the log-density of held-out items ask how many the data need; a curve that "
        "goes on to the right edge knows no number. The silhouette is shown beyond that of one Gaussian cloud of the "
        "same mean and covariance, clustered alike: near 0, the clusters are pieces of one cloud. Agreement: share "
        f"of items that mixtures fitted to two other thirds put alike (mean and range of {_NUM_REPEATS}); clusters "
        "that are there agree near 1. Data: clusters.csv, stability.csv."
    )
    figure = plot_cluster_numbers(scores, stability, chosen)
    drawn = [Drawn(_SECTION, "clusters", "How many clusters", caption, figure)]
    keys = [_build_key(chosen, best, stability)]
    tables = {"clusters.csv": scores, "stability.csv": stability}
    if labels is not None:
        compared, table = _compare(clusters, labels)
        drawn += compared.figures
        keys += compared.key_figures
        tables["clusters_and_labels.csv"] = table
    return FoundClusters(Part(tuple(drawn), tables, tuple(keys), _warn(chosen, scores)), clusters)


def _reduce(latents_NL: np.ndarray) -> np.ndarray:
    """Return the items along the principal components that count, shape (N, P)."""
    num_axes = max(1, count_effective_dimensions(latents_NL, SMALLEST_SHARE))
    return project(latents_NL, fit_principal_axes(latents_NL, num_axes), num_axes)


def _number_by_size(clusters: np.ndarray) -> np.ndarray:
    sizes = np.bincount(clusters)
    rank = np.argsort(np.argsort(-sizes, kind="stable"))
    return np.asarray(rank[clusters])


def _try_numbers(reduced_NP: np.ndarray, seed: int, tell: Progress) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Score each number of clusters that the items are enough for, in a third of them too."""
    most = max(2, len(reduced_NP) // (3 * _MIN_ITEMS_PER_CLUSTER))
    numbers = [number for number in _NUMBERS if number <= most]
    scores, stability = [], []
    for done, number in enumerate(numbers):
        tell("numbers of clusters tried", done, len(numbers))
        scores.append(score_mixtures(reduced_NP, [number], seed=seed))
        if number > 1:
            stability.append(score_stability(reduced_NP, [number], _NUM_REPEATS, seed))
    tell("numbers of clusters tried", len(numbers), len(numbers))
    return pl.concat(scores), pl.concat(stability)


def _build_key(chosen: int, best: pl.DataFrame, stability: pl.DataFrame) -> KeyFigure:
    agreement = stability.filter(pl.col("num_clusters") == chosen)["agreement"].to_numpy()
    if chosen == 1:
        said = "lowest BIC: one Gaussian cloud describes the items best"
    else:
        said = (
            f"lowest BIC; two fits agree on {agreement.mean():.2f} of the items; silhouette "
            f"{best['silhouette'][0]:.2f}, {best['silhouette_excess'][0]:+.2f} beyond one cloud"
        )
    return KeyFigure("clusters", chosen, explanation=said.replace("-", "\N{MINUS SIGN}"))


def _warn(chosen: int, scores: pl.DataFrame) -> tuple[str, ...]:
    most = scores["num_clusters"].max()
    if chosen != most:
        return ()
    return (f"BIC was lowest at {most} clusters, the most that were tried: there may be more, or a continuum.",)


def _compare(clusters: np.ndarray, labels: np.ndarray) -> tuple[Part, pl.DataFrame]:
    known = np.array([label is not None for label in labels])
    names, found = labels[known].astype(str), clusters[known]
    agreement = compare_with_labels(found, names)
    table = _count_pairs(names, found)
    caption = (
        "Each row: the items of one label, by cluster, in percent; clusters in the order of the labels they hold most "
        f"of. Adjusted Rand index {agreement.adjusted_rand:.2f}, V-measure {agreement.v_measure:.2f} (homogeneity "
        f"{agreement.homogeneity:.2f}, completeness {agreement.completeness:.2f}): 1 when labels and clusters are one, "
        "0 by chance. Data: clusters_and_labels.csv."
    )
    figure = plot_shares(table, ("label", "cluster"))
    key = KeyFigure(
        "clusters and labels",
        agreement.adjusted_rand,
        explanation=f"adjusted Rand index, 0 by chance; V-measure {agreement.v_measure:.2f}",
    )
    drawn = Drawn(_SECTION, "clusters_and_labels", "Clusters and labels", caption, figure)
    return Part((drawn,), key_figures=(key,)), table


def _count_pairs(names: np.ndarray, clusters: np.ndarray) -> pl.DataFrame:
    """Return one row a label and cluster, all pairs; clusters in the order of the labels they hold most of."""
    labels = sort_labels(names)
    counts = {
        int(cluster): [int(((names == label) & (clusters == cluster)).sum()) for label in labels]
        for cluster in np.unique(clusters)
    }
    order = sorted(counts, key=lambda cluster: (int(np.argmax(counts[cluster])), -max(counts[cluster])))
    rows = [(label, str(cluster), counts[cluster][row]) for row, label in enumerate(labels) for cluster in order]
    return pl.DataFrame(rows, {"label": pl.String, "cluster": pl.String, "num_items": pl.Int64}, orient="row")
