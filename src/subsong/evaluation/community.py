"""Numbers about communities: how likely held-out lists are, and what the latents know of habitat and of effort.

Legend: N = lists, D = species, L = latent dimensions.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.special import logsumexp
from scipy.stats import rankdata

from subsong.core.errors import SubsongError

_SMALLEST_PROBABILITY = 1e-7
_MIN_LISTS = 3
_NUM_STARTS = 10


class HabitatRecovery(NamedTuple):
    """Adjusted Rand index of clusters of the latents against known habitats: 1 when they agree, 0 by chance."""

    k_means: float
    gaussian_mixture: float


def compute_bernoulli_likelihood(
    probability_ND: np.ndarray, presence_ND: np.ndarray, known_ND: np.ndarray | None = None
) -> np.ndarray:
    """Return the log-likelihood of each list in nats, shape (N,): independent presences and absences.

    Parameters
    ----------
    probability_ND
        Probability of each species; kept within [1e-7, 1 - 1e-7].
    presence_ND
        What was found.
    known_ND
        Cells that count; None counts all. For the likelihood of hidden species give the candidates.
    """
    probability = np.clip(probability_ND.astype(np.float64), _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY)
    log_likelihood_ND = np.log(np.where(presence_ND, probability, 1.0 - probability))
    if known_ND is not None:
        log_likelihood_ND *= known_ND
    log_likelihood_N: np.ndarray = log_likelihood_ND.sum(axis=1)
    return log_likelihood_N


def compute_multinomial_likelihood(
    scores_ND: np.ndarray, presence_ND: np.ndarray, known_ND: np.ndarray | None = None
) -> np.ndarray:
    """Return the log-likelihood of which species make up each list, given how many, in nats, shape (N,).

    ``sum over the species found of log softmax(scores)``, as of the multinomial VAE (Liang et al. 2018). The
    multinomial coefficient, which is the same for every model, is left out. A list without species has 0.

    Parameters
    ----------
    scores_ND
        Logits; for a model that gives probabilities, their logarithm.
    presence_ND
        What was found.
    known_ND
        Cells that count: the softmax runs over them alone. None counts all.
    """
    scores = scores_ND.astype(np.float64)
    counted_ND = np.ones(presence_ND.shape, bool) if known_ND is None else known_ND
    found_ND = presence_ND & counted_ND
    with np.errstate(divide="ignore"):
        total_N = logsumexp(np.where(counted_ND, scores, -np.inf), axis=1)
    log_share_ND = np.where(found_ND, scores - np.where(np.isfinite(total_N), total_N, 0.0)[:, None], 0.0)
    log_likelihood_N: np.ndarray = log_share_ND.sum(axis=1)
    return log_likelihood_N


def compute_bits_gained(log_likelihood_N: np.ndarray, baseline_N: np.ndarray) -> np.ndarray:
    """Return by how many bits each list is likelier than under a baseline, such as prevalence, shape (N,)."""
    bits_N: np.ndarray = (log_likelihood_N - baseline_N) / math.log(2)
    return bits_N


def compute_effort_correlation(latents_NL: np.ndarray, covariates: pl.DataFrame) -> pl.DataFrame:
    """Return Spearman's rank correlation of each latent dimension with each covariate.

    Latents that follow duration or distance tell how long somebody looked, not what lives there.

    Parameters
    ----------
    latents_NL
        Posterior means.
    covariates
        One row a list; lists where a covariate is null or not a number are left out of its column.

    Returns
    -------
    polars.DataFrame
        ``dimension``, then a column a covariate; null where either is constant or fewer than three lists are known.

    Raises
    ------
    SubsongError
        When there is not one row of covariates a list.
    """
    if len(latents_NL) != covariates.height:
        raise SubsongError(f"{len(latents_NL)} lists have latents but {covariates.height} have covariates")
    columns = {name: _correlate_ranks(latents_NL, covariates[name]) for name in covariates.columns}
    frame = pl.DataFrame({"dimension": np.arange(latents_NL.shape[1]), **columns})
    return frame.with_columns(pl.col(covariates.columns).fill_nan(None))


def _correlate_ranks(latents_NL: np.ndarray, covariate: pl.Series) -> np.ndarray:
    """Return the rank correlation of a covariate with each dimension, shape (L,), NaN where there is none."""
    values_N = covariate.cast(pl.Float64).fill_null(math.nan).to_numpy()
    is_known_N = np.isfinite(values_N)
    if is_known_N.sum() < _MIN_LISTS:
        return np.full(latents_NL.shape[1], np.nan)
    latent_ranks, ranks = rankdata(latents_NL[is_known_N], axis=0), rankdata(values_N[is_known_N])
    latent_ranks, ranks = latent_ranks - latent_ranks.mean(axis=0), ranks - ranks.mean()
    scale_L = np.sqrt((latent_ranks**2).sum(axis=0) * (ranks**2).sum())
    with np.errstate(invalid="ignore"):
        correlation_L: np.ndarray = (ranks @ latent_ranks) / scale_L
    return correlation_L


def score_habitat_recovery(latents_NL: np.ndarray, habitats: np.ndarray, seed: int = 0) -> HabitatRecovery:
    """Return how well clusters of the latents, as many as there are habitats, agree with the habitats.

    Parameters
    ----------
    latents_NL
        Posterior means.
    habitats
        The known habitat of each list, shape (N,).
    seed
        Of the ten starts of k-means, of which the best is taken; the mixture starts from what it found.

    Raises
    ------
    SubsongError
        When there are fewer than two habitats, or not one a list.
    """
    num_habitats = len(np.unique(habitats))
    if len(habitats) != len(latents_NL) or num_habitats < 2:
        raise SubsongError(
            f"recovery of habitats needs a habitat for each of the {len(latents_NL)} lists and two habitats at least, "
            f"not {len(habitats)} values of {num_habitats} habitats"
        )
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import adjusted_rand_score
    from sklearn.mixture import GaussianMixture

    latents = latents_NL.astype(np.float64)
    with warnings.catch_warnings():
        # Latents that have collapsed hold fewer clusters than asked for; the index then says so.
        warnings.simplefilter("ignore", ConvergenceWarning)
        k_means = KMeans(num_habitats, n_init=_NUM_STARTS, random_state=seed).fit(latents)
        mixture = GaussianMixture(num_habitats, means_init=k_means.cluster_centers_, random_state=seed)
        clusters = [k_means.labels_, mixture.fit_predict(latents)]
    return HabitatRecovery(*(float(adjusted_rand_score(habitats, found)) for found in clusters))
