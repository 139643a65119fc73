"""The prototype on Fabric: the loop is ours, so its whole position is one number, the step."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from lightning_fabric import Fabric
from torch import Tensor

from .problem import (
    VALIDATION,
    Problem,
    Result,
    Vae,
    index_batches,
    is_log_step,
    make_data,
    make_network,
    make_noise,
    make_optimizer,
    read_weights,
    score,
)


@dataclass
class Run:
    """A training under way; `step` is its position and, with weights and optimizer, its state."""

    problem: Problem
    fabric: Fabric
    network: Vae
    model: Callable
    optimizer: torch.optim.Optimizer
    data_NP: Tensor
    step: int = 0
    losses: list[Tensor] = field(default_factory=list)


def start(problem: Problem, fabric: Fabric | None = None) -> Run:
    """Set up network and optimizer on Fabric's device."""
    fabric = fabric or Fabric(accelerator="cpu", devices=1)
    network = make_network(problem)
    model, optimizer = fabric.setup(network, make_optimizer(problem, network))
    return Run(problem, fabric, network, model, optimizer, make_data(problem))


def train(run: Run, stop_at: int, before_step: Callable[[Run], None] | None = None) -> Run:
    """Train from the run's step to `stop_at`, each process on its share of every batch."""
    share = slice(run.fabric.global_rank, None, run.fabric.world_size)
    for rows_B in index_batches(run.problem, run.step, stop_at):
        if before_step is not None:
            before_step(run)
        loss = run.model(run.data_NP[rows_B[share]], make_noise(run.problem, run.step))
        run.optimizer.zero_grad()
        run.fabric.backward(loss)
        run.optimizer.step()
        run.losses.append(loss.detach())
        run.step += 1
    return run


def save(run: Run, path: str) -> None:
    """Write everything that a resume needs."""
    run.fabric.save(path, {"model": run.model, "optimizer": run.optimizer, "step": run.step})


def resume(problem: Problem, path: str) -> Run:
    """Set up afresh and take the state from a file, without executing anything in it."""
    run = start(problem)
    state = {"model": run.model, "optimizer": run.optimizer}
    run.step = run.fabric.load(path, state, weights_only=True)["step"]
    return run


def log_on_schedule(problem: Problem, entries: list[tuple[int, float]]) -> Callable[[Run], None]:
    """Make the hook that scores one validation batch at each step of the log schedule."""
    x_BP = make_data(problem, VALIDATION)[: problem.batch_size]

    def before_step(run: Run) -> None:
        if is_log_step(run.step):
            entries.append((run.step, score(run.network, x_BP)))

    return before_step


def train_in_two_processes(problem: Problem, path: str) -> Result:
    """Train on two CPU processes.

    Notes
    -----
    `launch` refuses frozen dataclasses among its arguments, hence the partial; it fails on a tensor as result and
    hangs on one above 64 kB, hence the file.
    """
    share = functools.partial(_train_share, problem=problem, path=path)
    Fabric(accelerator="cpu", devices=2, strategy="ddp_spawn").launch(share)
    state = torch.load(path, weights_only=True)
    return Result(state["losses"], state["weights"])


def _train_share(fabric: Fabric, problem: Problem, path: str) -> None:
    run = train(start(problem, fabric), problem.num_steps)
    losses = fabric.all_reduce(torch.stack(run.losses), reduce_op="mean")
    fabric.save(path, {"losses": losses, "weights": read_weights(run.network)})


def call_directly(run: Run) -> Run:
    """Call the network itself in Fabric's precision, past the wrapper: right on one device only."""

    def call(*batch: Tensor) -> Tensor:
        with run.fabric.autocast():
            return run.network(*batch)

    run.model = call
    return run


def train_whole(problem: Problem) -> Result:
    """Train without interruption."""
    return _result(train(start(problem), problem.num_steps))


def train_half(problem: Problem, stop_at: int, path: str) -> None:
    """Train up to a step and save there."""
    save(train(start(problem), stop_at), path)


def train_rest(problem: Problem, path: str) -> Result:
    """Resume from a file and train to the end."""
    return _result(train(resume(problem, path), problem.num_steps))


def train_logged(problem: Problem) -> tuple[Result, list[tuple[int, float]]]:
    """Train with the log schedule."""
    entries: list[tuple[int, float]] = []
    run = train(start(problem), problem.num_steps, log_on_schedule(problem, entries))
    return _result(run), entries


def _result(run: Run) -> Result:
    return Result(torch.stack(run.losses), read_weights(run.network))


PARTS = {
    "training": (Run, start, train),
    "exact resume": (save, resume),
    "log schedule": (log_on_schedule,),
    "two processes": (train_in_two_processes, _train_share),
}
