"""What both engines share: the network, the data, the order of the data, the noise and the log schedule.

Order and noise are pure functions of (seed, epoch) and (seed, step), so no generator has a state to be saved.
Nothing of Lightning lives here. Shapes: B batch, P pixels, L latent dimensions, N rows of the data set.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

ORDER, NOISE, DATA, VALIDATION = range(4)


@dataclass(frozen=True)
class Problem:
    """Sizes and seeds of one training; the defaults are small enough for the promises."""

    num_rows: int = 640
    pixel_dim: int = 64
    hidden_dim: int = 32
    latent_dim: int = 4
    batch_size: int = 64
    num_steps: int = 30
    seed: int = 7
    noisy: bool = True
    fused: bool = True

    @property
    def steps_per_epoch(self):
        return self.num_rows // self.batch_size


class Result(NamedTuple):
    """What a training leaves: the loss of each step it took and all weights in one vector."""

    losses: Tensor
    weights: Tensor


class Vae(nn.Module):
    """The guide's VAE; its forward gives the mean negative ELBO of a batch, in nats."""

    def __init__(self, problem: Problem):
        super().__init__()
        self.encode = nn.Linear(problem.pixel_dim, problem.hidden_dim)
        self.mean = nn.Linear(problem.hidden_dim, problem.latent_dim)
        self.log_variance = nn.Linear(problem.hidden_dim, problem.latent_dim)
        self.decode = nn.Linear(problem.latent_dim, problem.hidden_dim)
        self.paint = nn.Linear(problem.hidden_dim, problem.pixel_dim)

    def forward(self, x_BP: Tensor, noise_BL: Tensor | None = None) -> Tensor:
        h = F.relu(self.encode(x_BP))
        mean_BL, log_variance_BL = self.mean(h), self.log_variance(h)
        z_BL = mean_BL if noise_BL is None else mean_BL + noise_BL * torch.exp(0.5 * log_variance_BL)
        logits_BP = self.paint(F.relu(self.decode(z_BL)))
        reconstruction = F.binary_cross_entropy_with_logits(logits_BP, x_BP, reduction="sum")
        kl = 0.5 * (log_variance_BL.exp() + mean_BL.square() - 1 - log_variance_BL).sum()
        return (reconstruction + kl) / x_BP.shape[0]


def make_generator(problem: Problem, purpose: int, number: int) -> torch.Generator:
    """Give the generator of one (seed, purpose, number).

    Notes
    -----
    PyTorch's CPU generator reads only the low 32 bits of its seed, so the three numbers are hashed, not shifted.
    """
    (seed,) = np.random.SeedSequence([problem.seed, purpose, number]).generate_state(1)
    return torch.Generator().manual_seed(int(seed))


def make_noise(problem: Problem, step: int) -> Tensor | None:
    """Draw the noise of one step, of shape (B, L); None when the problem is deterministic."""
    if not problem.noisy:
        return None
    generator = make_generator(problem, NOISE, step)
    return torch.randn(problem.batch_size, problem.latent_dim, generator=generator)


def index_batches(problem: Problem, first_step: int, last_step: int) -> Iterator[Tensor]:
    """Yield the rows of each step from `first_step` up to, not including, `last_step`."""
    order_N, order_epoch = torch.empty(0), None
    for step in range(first_step, last_step):
        epoch, position = divmod(step, problem.steps_per_epoch)
        if epoch != order_epoch:
            order_N = torch.randperm(problem.num_rows, generator=make_generator(problem, ORDER, epoch))
            order_epoch = epoch
        yield order_N[position * problem.batch_size : (position + 1) * problem.batch_size]


@functools.cache
def make_data(problem: Problem, purpose: int = DATA) -> Tensor:
    """Make blurred blobs, one a row, with values from 0 to 1; of shape (N, P)."""
    generator = make_generator(problem, purpose, 0)
    parts = torch.randn(problem.num_rows, 6, generator=generator)
    shapes = torch.randn(6, problem.pixel_dim, generator=make_generator(problem, DATA, 1))
    return torch.sigmoid(2 * parts @ shapes - 2)


def make_network(problem: Problem) -> Vae:
    """Build the network with initial weights that depend on the seed alone."""
    torch.manual_seed(problem.seed)
    return Vae(problem)


def make_optimizer(problem: Problem, network: nn.Module) -> torch.optim.Adam:
    """Build the guide's optimizer."""
    return torch.optim.Adam(network.parameters(), lr=1e-3, fused=problem.fused)


def is_log_step(step: int) -> bool:
    """Tell whether a step is on the schedule 0, 1, 2, 4 ... 512, 1000, 2000 ..."""
    return step & (step - 1) == 0 if step <= 512 else step % 1000 == 0


def score(network: Vae, x_BP: Tensor) -> float:
    """Score one validation batch without an update and without noise."""
    was_training = network.training
    network.eval()
    with torch.no_grad():
        loss = network(x_BP)
    network.train(was_training)
    return loss.item()


def read_weights(network: nn.Module) -> Tensor:
    """Copy all weights into one vector."""
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])
