"""The cost of a step: every engine on the same network, optimizer, batches and noise, in interleaved rounds."""

import contextlib
import gc
import io
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from lightning.pytorch import Trainer
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from . import with_fabric, with_trainer
from .problem import Problem, index_batches, make_data, make_network, make_noise, make_optimizer

WARM_UP = 7  # steps left out at the start of each round

DIGITS = Problem(4_096, pixel_dim=784, hidden_dim=400, latent_dim=20, batch_size=128, num_steps=32)
TINY = Problem(4_096, pixel_dim=8, hidden_dim=8, latent_dim=2, batch_size=128, num_steps=32)
CASES = {
    "digits VAE 784-400-20-400-784, Adam": replace(DIGITS, fused=False),
    "digits VAE 784-400-20-400-784, fused Adam": DIGITS,
    "network 8-8-2-8-8, fused Adam": TINY,
}


class Cost(NamedTuple):
    """Milliseconds of a step, their ratio to the bare loop, and the median of the rounds' own ratios."""

    name: str
    ms: float
    ratio: float
    median_ratio: float


class Clock:
    """Notes the time once in each step; the difference of two is one whole step."""

    def __init__(self):
        self.times: list[float] = []

    def tick(self, *_: object) -> None:
        self.times.append(time.perf_counter())

    def read_ms(self) -> list[float]:
        steps = self.times[WARM_UP:]
        return [1000 * (after - before) for before, after in pairwise(steps)]


def run_bare(problem: Problem, clock: Clock) -> None:
    """Train with nothing but PyTorch."""
    network, data_NP = make_network(problem), make_data(problem)
    optimizer = make_optimizer(problem, network)
    for step, rows_B in enumerate(index_batches(problem, 0, problem.num_steps)):
        clock.tick()
        loss = network(data_NP[rows_B], make_noise(problem, step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def run_fabric(problem: Problem, clock: Clock) -> None:
    """Train with the lean loop on the module that Fabric wrapped."""
    with_fabric.train(with_fabric.start(problem), problem.num_steps, clock.tick)


def run_fabric_directly(problem: Problem, clock: Clock) -> None:
    """Train with the lean loop, calling the network past Fabric's wrapper."""
    with_fabric.train(with_fabric.call_directly(with_fabric.start(problem)), problem.num_steps, clock.tick)


class ClockedLoader(with_trainer.OrderLoader):
    """Row numbers for the Trainer, with the clock."""

    def __init__(self, problem: Problem, clock: Clock):
        super().__init__(problem)
        self.clock = clock

    def __iter__(self) -> Iterator[Tensor]:
        for rows_B in super().__iter__():
            self.clock.tick()
            yield rows_B


def run_tuned(problem: Problem, clock: Clock) -> None:
    """Train with the Trainer, index batches and nothing logged by it."""
    with_trainer.tune(problem.num_steps).fit(with_trainer.TunedModule(problem), ClockedLoader(problem, clock))


def run_manual(problem: Problem, clock: Clock) -> None:
    """Train with the tuned Trainer and manual optimisation."""
    with_trainer.tune(problem.num_steps).fit(with_trainer.ManualModule(problem), ClockedLoader(problem, clock))


class ClockedSampler(ClockedLoader):
    """Lists of row numbers for a DataLoader that fetches item by item."""

    def __iter__(self) -> Iterator[list[int]]:
        for rows_B in super().__iter__():
            yield rows_B.tolist()


def run_defaults(problem: Problem, clock: Clock) -> None:
    """Train with the Trainer as it comes: DataLoader, bar, logged loss, logger, checkpoint."""
    module = with_trainer.DefaultModule(problem)
    loader = DataLoader(TensorDataset(module.data_NP), batch_sampler=ClockedSampler(problem, clock))
    with tempfile.TemporaryDirectory() as folder:
        Trainer(accelerator="cpu", devices=1, max_epochs=1, default_root_dir=folder).fit(module, loader)


VARIANTS = {
    "bare loop": run_bare,
    "Fabric, lean loop": run_fabric,
    "Fabric, past the wrapper": run_fabric_directly,
    "Trainer, tuned": run_tuned,
    "Trainer, tuned, manual": run_manual,
    "Trainer, defaults": run_defaults,
}


def measure(problem: Problem, num_rounds: int) -> list[Cost]:
    """Time every variant once a round, in turning order."""
    names = list(VARIANTS)
    rounds = []
    for number in range(num_rounds):
        turn = number % len(names)
        rounds.append({name: time_steps(problem, name) for name in names[turn:] + names[:turn]})
    return [_summarise(name, rounds) for name in names]


def time_steps(problem: Problem, name: str) -> list[float]:
    """Give the milliseconds of each step of one variant; what it prints is swallowed."""
    clock = Clock()
    gc.collect()
    with contextlib.redirect_stdout(io.StringIO()):
        VARIANTS[name](problem, clock)
    assert len(clock.times) == problem.num_steps
    return clock.read_ms()


def _summarise(name: str, rounds: list[dict[str, list[float]]]) -> Cost:
    ms, bare_ms = (find_undisturbed([ms for steps in rounds for ms in steps[key]]) for key in (name, "bare loop"))
    ratios = [statistics.median(steps[name]) / statistics.median(steps["bare loop"]) for steps in rounds]
    return Cost(name, ms, ms / bare_ms, statistics.median(ratios))


def find_undisturbed(times: list[float]) -> float:
    """Find the lowest tenth: other programs on a shared machine disturb the rest by more than an engine costs."""
    return statistics.quantiles(times, n=10)[0]
