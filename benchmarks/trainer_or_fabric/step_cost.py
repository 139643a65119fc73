"""The cost of a step: every engine on the same network, optimizer, batches and noise, in interleaved rounds."""

import contextlib
import gc
import io
import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch.utils.data import DataLoader, TensorDataset

from . import with_fabric, with_trainer
from .problem import Problem, index_batches, make_data, make_network, make_noise, make_optimizer

WARM_UP = 28  # steps left out at the start of each round

DIGITS = Problem(16_384, pixel_dim=784, hidden_dim=400, latent_dim=20, batch_size=128, num_steps=128)
TINY = Problem(16_384, pixel_dim=8, hidden_dim=8, latent_dim=2, batch_size=128, num_steps=128)


@dataclass
class Clock:
    """Notes the time whenever an engine asks for the next batch: the difference is one whole step."""

    times: list[float] = field(default_factory=list)

    def watch(self, batches: Iterable) -> Iterator:
        for batch in batches:
            self.times.append(time.perf_counter())
            yield batch

    def read_ms(self) -> float:
        steps = self.times[WARM_UP:]
        return 1000 * (steps[-1] - steps[0]) / (len(steps) - 1)


def run_bare(problem: Problem, clock: Clock) -> None:
    """Train with nothing but PyTorch."""
    network, data_NP = make_network(problem), make_data(problem)
    optimizer = make_optimizer(problem, network)
    for step, rows_B in enumerate(clock.watch(index_batches(problem, 0, problem.num_steps))):
        loss = network(data_NP[rows_B], make_noise(problem, step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
