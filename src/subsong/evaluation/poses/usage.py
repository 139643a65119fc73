"""What each latent scale is used for: what its code costs, how much of it varies, what is lost without it.

Legend: N = examples, L = latent dimensions of all scales side by side, coarsest first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from subsong.evaluation.latents import compute_active_units


def sum_scales(kl_NL: np.ndarray, scale_dims: Sequence[int]) -> list[np.ndarray]:
    """Return the divergence of each scale, nats, shape (N,) each, from that of every dimension.

    Parameters
    ----------
    kl_NL
        Divergence of the posterior from the prior of the pose.
    scale_dims
        Dimensions of each scale; they sum to L.
    """
    parts = np.split(kl_NL, np.cumsum(scale_dims)[:-1], axis=1)
    return [part.sum(axis=1, dtype=np.float64) for part in parts]


def compute_active_shares(mean_NL: np.ndarray, scale_dims: Sequence[int]) -> list[float]:
    """Return of each scale the share of its dimensions whose posterior mean varies over the examples.

    A dimension varies when the variance of its mean exceeds 0.01 (`subsong.evaluation.latents`). Of a single example
    none does.
    """
    parts = np.split(mean_NL, np.cumsum(scale_dims)[:-1], axis=1)
    return [float(compute_active_units(part).mean()) for part in parts]
