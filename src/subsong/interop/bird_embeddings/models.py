"""bird-embeddings' network and loss: its names, its layers, its order of parameters.

Legend: B = checklists, D = species, H = hidden units, L = latent dimensions.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from subsong.core.noise import Noise
from subsong.models.posteriors import DiagonalGaussian


class VariationalAutoencoder(nn.Module):
    """Three hidden layers each way, a normal posterior, independent probabilities of presence.

    Parameters
    ----------
    input_dimension, latent_dimension, hidden_dimension
        D, L and H. With (467, 16, 512) the network has 1,554,931 parameters.

    Notes
    -----
    ``P = 2 D H + 4 H^2 + 3 H L + 6 H + 2 L + D`` parameters.
    """

    def __init__(self, input_dimension: int, latent_dimension: int = 16, hidden_dimension: int = 512) -> None:
        super().__init__()
        self.input_dimension, self.latent_dimension = input_dimension, latent_dimension
        self.hidden_dimension = hidden_dimension
        inner = [hidden_dimension] * 3
        self.encoder_network = nn.Sequential(*_build_layers([input_dimension, *inner]))
        self.latent_mean_layer = nn.Linear(hidden_dimension, latent_dimension)
        self.latent_log_variance_layer = nn.Linear(hidden_dimension, latent_dimension)
        self.decoder_network = nn.Sequential(
            *_build_layers([latent_dimension, *inner]), nn.Linear(hidden_dimension, input_dimension), nn.Sigmoid()
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of the posterior of checklists (B, D), shape (B, L) each."""
        hidden_BH = self.encoder_network(x)
        return self.latent_mean_layer(hidden_BH), self.latent_log_variance_layer(hidden_BH)

    def reparameterize(self, latent_mean: Tensor, latent_log_variance: Tensor, noise: Noise | None = None) -> Tensor:
        """Return one draw from each posterior, shape (B, L); from torch's own generator without `noise`."""
        if noise is not None:
            return DiagonalGaussian(latent_mean, latent_log_variance).sample(noise)
        return latent_mean + torch.randn_like(latent_mean) * (0.5 * latent_log_variance).exp()

    def decode(self, z: Tensor) -> Tensor:
        """Return the probability of each species at latent codes (B, L), shape (B, D)."""
        probability_BD: Tensor = self.decoder_network(z)
        return probability_BD

    def forward(self, x: Tensor, noise: Noise | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Return probabilities (B, D), and mean and log-variance (B, L); the code is drawn, in evaluation mode too."""
        latent_mean, latent_log_variance = self.encode(x)
        z = self.reparameterize(latent_mean, latent_log_variance, noise)
        return self.decode(z), latent_mean, latent_log_variance


def _build_layers(widths: list[int]) -> list[nn.Module]:
    return [layer for wide, narrow in pairwise(widths) for layer in (nn.Linear(wide, narrow), nn.ReLU())]


def variational_autoencoder_loss_function(
    reconstructed_input: Tensor, original_input: Tensor, latent_mean: Tensor, latent_log_variance: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return total loss, reconstruction loss and KL divergence of a batch in nats, each summed over its checklists."""
    reconstruction = compute_reconstruction_loss(reconstructed_input, original_input).sum()
    kl = DiagonalGaussian(latent_mean, latent_log_variance).compute_kl().sum()
    return reconstruction + kl, reconstruction, kl


def compute_reconstruction_loss(probability_BD: Tensor, target_BD: Tensor) -> Tensor:
    """Return the cross-entropy of each checklist in nats, summed over species, shape (B,)."""
    return functional.binary_cross_entropy(probability_BD, target_BD, reduction="none").sum(dim=1)
