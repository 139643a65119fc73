"""AVA's ways of training and embedding, written after their description, for benchmarks to compare with.

A DataLoader whose dataset opens an HDF5 file for every spectrogram (float64, 20 a file), AVA's network, a low-rank
normal distribution of torch with its checks, plain Adam, the loss summed over the batch, ``.item()`` every step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import LowRankMultivariateNormal
from torch.utils.data import DataLoader, Dataset

from subsong.models.ava import AvaDecoder, AvaEncoder

PRECISION, LATENT_DIM, SYLLABLES_A_FILE, BATCH = 10.0, 32, 20, 64


class Hdf5Dataset(Dataset[Tensor]):
    """One spectrogram at a time, from a file that is opened for it."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths) * SYLLABLES_A_FILE

    def __getitem__(self, index: int) -> Tensor:
        with h5py.File(self.paths[index // SYLLABLES_A_FILE], "r") as file:
            return torch.from_numpy(file["specs"][index % SYLLABLES_A_FILE]).type(torch.FloatTensor)


class AvaVae(nn.Module):
    """The network and the loss of AVA."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = AvaEncoder(LATENT_DIM), AvaDecoder(LATENT_DIM)

    def forward(self, x: Tensor) -> Tensor:
        posterior = self.encoder(x)
        q = LowRankMultivariateNormal(
            posterior.mean_BL, posterior.factor_BLR, posterior.log_diagonal_BL.exp(), validate_args=True
        )
        z = q.rsample()
        x_rec = self.decoder(z)
        elbo = -0.5 * (torch.sum(z**2) + LATENT_DIM * math.log(2 * math.pi))
        elbo = elbo - 0.5 * x[0].numel() * math.log(2 * math.pi / PRECISION)
        elbo = elbo - 0.5 * PRECISION * torch.sum((x.flatten(1) - x_rec.flatten(1)) ** 2)
        return -(elbo + torch.sum(q.entropy()))


def write_files(folder: Path, images_NFT: np.ndarray) -> list[Path]:
    """Write spectrograms as AVA does and return the files."""
    paths = []
    for start in range(0, len(images_NFT) // SYLLABLES_A_FILE * SYLLABLES_A_FILE, SYLLABLES_A_FILE):
        paths.append(folder / f"syllables_{start // SYLLABLES_A_FILE:04d}.hdf5")
        with h5py.File(paths[-1], "w") as file:
            file["specs"] = images_NFT[start : start + SYLLABLES_A_FILE].astype(np.float64)
    return paths


def train_epoch(model: AvaVae, loader: DataLoader[Tensor], optimizer: torch.optim.Optimizer) -> int:
    """Train an epoch and return how many spectrograms it had."""
    model.train()
    num_items, total = 0, 0.0
    for x in loader:
        optimizer.zero_grad()
        loss = model(x)
        total += loss.item()
        loss.backward()
        optimizer.step()
        num_items += len(x)
    return num_items


def embed(model: AvaVae, loader: DataLoader[Tensor]) -> np.ndarray:
    """Return latent means as AVA's get_latent does: batch by batch from its loader."""
    latents = np.zeros((len(loader.dataset), LATENT_DIM))  # type: ignore[arg-type]
    start = 0
    for x in loader:
        with torch.no_grad():
            mean = model.encoder(x).mean_BL
        latents[start : start + len(mean)] = mean.detach().cpu().numpy()
        start += len(mean)
    return latents
