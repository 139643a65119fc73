"""What a VUNet returns for a batch: the picture, the codes, and how far the posterior is from the pose's prior.

Legend: B = examples, L = latent dimensions of all scales together, C, H, W = channels, height and width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from subsong.models.likelihoods import Likelihood


class ConditionalPosterior(NamedTuple):
    """Normal posterior of unit variance on several scales, beside the prior of the pose, also of unit variance.

    Attributes
    ----------
    q_means, p_means
        Mean of posterior and prior on each scale, coarsest first, shape (B, C, H, W) each.
    """

    q_means: tuple[Tensor, ...]
    p_means: tuple[Tensor, ...]

    @property
    def mean_BL(self) -> Tensor:
        """The posterior's mean, all scales side by side, coarsest first, shape (B, L)."""
        return torch.cat([mean.flatten(1) for mean in self.q_means], dim=1)

    def compute_kl(self) -> Tensor:
        """Return the divergence of the posterior from the prior of the pose in nats, shape (B, L).

        ``KL(N(q, 1) || N(p, 1)) = (q - p)^2 / 2`` of each dimension.
        """
        pairs = zip(self.q_means, self.p_means, strict=True)
        return torch.cat([0.5 * (q.float() - p.float()).flatten(1) ** 2 for q, p in pairs], dim=1)


class VunetOutput(NamedTuple):
    """What a VUNet returns for a batch.

    Attributes
    ----------
    likelihood
        p(picture | pose, codes); its ``mean`` is the picture, shape (B, C, H, W), values about [-1, 1].
    posterior
        Of the codes given the appearance.
    codes
        What was decoded on each scale, coarsest first: draws where noise was given, else the posterior's means.
    """

    likelihood: Likelihood
    posterior: ConditionalPosterior
    codes: tuple[Tensor, ...]

    def outputs(self, batch: Any) -> dict[str, Tensor]:
        """Return what an evaluation keeps: name -> (B, ...)."""
        scales = enumerate(self.posterior.q_means)
        kept = {f"latent_scale_{number}": mean for number, mean in scales}
        return {"reconstruction": self.likelihood.mean, "target": batch.target, **batch.input, **kept}
