"""Numbers about a posterior: which latent dimensions carry information, and how much.

Legend: N = examples, L = latent dimensions, K = importance samples.
"""

from __future__ import annotations

import numpy as np

ACTIVE_VARIANCE = 0.01
"""A dimension is active when the variance of its posterior mean over the data exceeds this (Burda et al. 2016)."""


def compute_active_units(mean_NL: np.ndarray, threshold: float = ACTIVE_VARIANCE) -> np.ndarray:
    """Return which latent dimensions are active, shape (L,), by the variance of the posterior means (N, L)."""
    active: np.ndarray = mean_NL.var(axis=0, dtype=np.float64) > threshold
    return active


def compute_kl_per_dimension(mean_NL: np.ndarray, log_variance_NL: np.ndarray) -> np.ndarray:
    """Return the mean over examples of each dimension's KL from the standard normal prior, nats, shape (L,)."""
    mean, log_variance = mean_NL.astype(np.float64), log_variance_NL.astype(np.float64)
    kl_L: np.ndarray = (0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1.0)).mean(axis=0)
    return kl_L


def compute_importance_bound(log_weight_KN: np.ndarray) -> np.ndarray:
    """Return the importance-weighted bound on log p(x) of each example, nats, shape (N,).

    ``log (1/K) sum_k w_k`` with ``w_k = p(x, z_k) / q(z_k | x)`` (Burda, Grosse & Salakhutdinov 2016). With K = 1 it
    is a draw of the evidence lower bound; it rises towards log p(x) with K.
    """
    highest_N = log_weight_KN.max(axis=0)
    bound_N: np.ndarray = highest_N + np.log(np.exp(log_weight_KN - highest_N).mean(axis=0))
    return bound_N
