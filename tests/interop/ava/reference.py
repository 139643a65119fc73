"""AVA's network and objective written anew in plain torch, after its published description: the tests' other opinion.

Legend: B = spectrograms, L = latent dimensions.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

CONVOLUTIONS = [(1, 8, 1), (8, 8, 2), (8, 16, 1), (16, 16, 2), (16, 24, 1), (24, 24, 2), (24, 32, 1)]


class ReferenceAva(nn.Module):
    def __init__(self, z_dim: int = 32) -> None:
        super().__init__()
        for number, (before, after, stride) in enumerate(CONVOLUTIONS, 1):
            self.add_module(f"conv{number}", nn.Conv2d(before, after, 3, stride, padding=1))
        for number, (before, _, _) in enumerate(CONVOLUTIONS, 1):
            self.add_module(f"bn{number}", nn.BatchNorm2d(before))
        sizes = {"fc1": (8192, 1024), "fc2": (1024, 256), "fc31": (256, 64), "fc32": (256, 64), "fc33": (256, 64)}
        sizes |= {"fc41": (64, z_dim), "fc42": (64, z_dim), "fc43": (64, z_dim)}
        sizes |= {"fc5": (z_dim, 64), "fc6": (64, 256), "fc7": (256, 1024), "fc8": (1024, 8192)}
        for name, (before, after) in sizes.items():
            self.add_module(name, nn.Linear(before, after))
        for number, (after, before, stride) in enumerate(CONVOLUTIONS[::-1], 1):
            layer = nn.ConvTranspose2d(before, after, 3, stride, padding=1, output_padding=stride - 1)
            self.add_module(f"convt{number}", layer)
        for number, (_, before, _) in enumerate(CONVOLUTIONS[::-1], 8):
            self.add_module(f"bn{number}", nn.BatchNorm2d(before))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = x[:, None]
        for number in range(1, 8):
            x = functional.relu(self.get_submodule(f"conv{number}")(self.get_submodule(f"bn{number}")(x)))
        x = functional.relu(self.fc2(functional.relu(self.fc1(x.reshape(-1, 8192)))))
        mean, u, d = (
            self.get_submodule(f"fc4{n}")(functional.relu(self.get_submodule(f"fc3{n}")(x))) for n in (1, 2, 3)
        )
        return mean, u[..., None], torch.exp(d)

    def decode(self, z: Tensor) -> Tensor:
        for number in (5, 6, 7, 8):
            z = functional.relu(self.get_submodule(f"fc{number}")(z))
        z = z.reshape(-1, 32, 16, 16)
        for number in range(1, 8):
            z = self.get_submodule(f"convt{number}")(self.get_submodule(f"bn{number + 7}")(z))
            z = functional.relu(z) if number < 7 else z
        return z.reshape(-1, 16384)

    def compute_printed_loss(self, x: Tensor, precision: float = 10.0) -> Tensor:
        """Return AVA's loss of a batch, its constants counted once."""
        mean, u, d = self.encode(x)
        posterior = torch.distributions.LowRankMultivariateNormal(mean, u, d)
        z = posterior.rsample()
        error = (x.flatten(1) - self.decode(z)).square().sum()
        constants = 0.5 * z.shape[1] * math.log(2 * math.pi) + 0.5 * 16384 * math.log(2 * math.pi / precision)
        return 0.5 * z.square().sum() + constants + 0.5 * precision * error - posterior.entropy().sum()


def train_reference(specs: Tensor, num_steps: int = 3, z_dim: int = 32) -> tuple[ReferenceAva, torch.optim.Adam]:
    """Return a network and its optimizer after a few steps, so that norms and moments are not at their start."""
    torch.manual_seed(5)
    network = ReferenceAva(z_dim)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(num_steps):
        optimizer.zero_grad()
        network.compute_printed_loss(specs).backward()
        optimizer.step()
    return network, optimizer


def save_reference(path: Path, network: ReferenceAva, optimizer: torch.optim.Adam, epoch: int = 3) -> None:
    """Write a checkpoint with the keys AVA's have."""
    state = {name: layer.state_dict() for name, layer in network.named_children()}
    state |= {"optimizer_state": optimizer.state_dict(), "loss": {"train": {0: 80.5}, "test": {0: 81.0}}}
    state |= {"z_dim": network.fc41.out_features, "epoch": epoch, "lr": 1e-3, "save_dir": "elsewhere"}
    torch.save(state, path)
