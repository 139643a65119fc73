"""The prototype on Lightning's Trainer, tuned and with its defaults: our code hangs on the hooks of its loop."""

from collections.abc import Iterator

import torch
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from .problem import (
    VALIDATION,
    Problem,
    Result,
    index_batches,
    is_log_step,
    make_data,
    make_network,
    make_noise,
    make_optimizer,
    read_weights,
    score,
)


class TunedModule(LightningModule):
    """A batch is a vector of row numbers; nothing is logged through Lightning."""

    def __init__(self, problem: Problem):
        super().__init__()
        self.problem = problem
        self.network = make_network(problem)
        self.data_NP = make_data(problem)
        self.losses: list[Tensor] = []

    def compute_loss(self, rows_B: Tensor) -> Tensor:
        share = slice(self.trainer.global_rank, None, self.trainer.world_size)
        loss = self.network(self.data_NP[rows_B[share]], make_noise(self.problem, self.global_step))
        self.losses.append(loss.detach())
        return loss

    def training_step(self, rows_B: Tensor, batch_idx: int) -> Tensor:
        return self.compute_loss(rows_B)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return make_optimizer(self.problem, self.network)


class ManualModule(TunedModule):
    """The same with manual optimisation, which skips Lightning's closure."""

    def __init__(self, problem: Problem):
        super().__init__(problem)
        self.automatic_optimization = False

    def training_step(self, rows_B: Tensor, batch_idx: int) -> None:
        optimizer = self.optimizers()
        loss = self.compute_loss(rows_B)
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()


class OrderLoader:
    """Row numbers, batch by batch; Lightning sets the epoch on whatever a loader calls its sampler."""

    def __init__(self, problem: Problem):
        self.problem = problem
        self.sampler = self
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.problem.steps_per_epoch

    def __iter__(self) -> Iterator[Tensor]:
        first = self.epoch * len(self)
        yield from index_batches(self.problem, first, first + len(self))


class ResumableLoader(OrderLoader):
    """The same with the state that a mid-epoch resume needs.

    Notes
    -----
    Lightning stops asking after ``len(loader)`` batches and so never runs the end of the generator: the position must
    be reset where an epoch begins. It calls ``iter`` before ``set_epoch``, so nothing may happen before ``next``. And
    after a save at the last batch it resumes with the next epoch, so that position must be stored as 0.
    """

    def __init__(self, problem: Problem):
        super().__init__(problem)
        self.position = 0
        self.resume_at = 0

    def __iter__(self) -> Iterator[Tensor]:
        self.position, self.resume_at = self.resume_at, 0
        first = self.epoch * len(self)
        for rows_B in index_batches(self.problem, first + self.position, first + len(self)):
            self.position += 1
            yield rows_B

    def state_dict(self) -> dict[str, int]:
        return {"position": self.position % len(self)}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.resume_at = state["position"]


class SaveAndStop(Callback):
    """Save after a given step, in the middle of an epoch, and end the training there."""

    def __init__(self, step: int, path: str):
        self.step = step
        self.path = path

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx) -> None:
        if trainer.global_step == self.step:
            trainer.save_checkpoint(self.path)
            trainer.should_stop = True


class LogOnSchedule(Callback):
    """Score one validation batch at each step of the log schedule; Lightning validates at fixed intervals only."""

    def __init__(self, problem: Problem):
        self.x_BP = make_data(problem, VALIDATION)[: problem.batch_size]
        self.entries: list[tuple[int, float]] = []

    def on_train_batch_start(self, trainer, module, batch, batch_idx) -> None:
        if is_log_step(trainer.global_step):
            self.entries.append((trainer.global_step, score(module.network, self.x_BP)))


class BringLosses(Callback):
    """Average the losses over the processes and bring them to the main one, which sees the weights only."""

    def __init__(self, path: str):
        self.path = path

    def on_train_end(self, trainer, module) -> None:
        losses = trainer.strategy.reduce(torch.stack(module.losses), reduce_op="mean")
        if trainer.is_global_zero:
            torch.save(losses, self.path)


def tune(num_steps: int, **options) -> Trainer:
    """Make a Trainer without per-step logging, bar, checkpoints and summary."""
    quiet = {
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "use_distributed_sampler": False,
    }
    return Trainer(**{"accelerator": "cpu", "devices": 1, "max_epochs": -1, "max_steps": num_steps} | quiet | options)


def resume(problem: Problem, module: TunedModule, path: str) -> None:
    """Take the state from a file, without executing anything in it, and train to the end."""
    tune(problem.num_steps).fit(module, ResumableLoader(problem), ckpt_path=path, weights_only=True)


def train_in_two_processes(problem: Problem, path: str) -> Result:
    """Train on two CPU processes; only weights come back from them by themselves."""
    module = TunedModule(problem)
    trainer = tune(problem.num_steps, devices=2, strategy="ddp_spawn", callbacks=[BringLosses(path)])
    trainer.fit(module, OrderLoader(problem))
    return Result(torch.load(path, weights_only=True), read_weights(module.network))


def train_whole(problem: Problem, kind: type[TunedModule] = TunedModule) -> Result:
    """Train without interruption."""
    module = kind(problem)
    tune(problem.num_steps).fit(module, OrderLoader(problem))
    return _result(module)


def train_half(problem: Problem, stop_at: int, path: str, kind: type[TunedModule] = TunedModule) -> None:
    """Train up to a step and save there."""
    trainer = tune(problem.num_steps, callbacks=[SaveAndStop(stop_at, path)])
    trainer.fit(kind(problem), ResumableLoader(problem))


def train_rest(problem: Problem, path: str, kind: type[TunedModule] = TunedModule) -> Result:
    """Resume from a file and train to the end."""
    module = kind(problem)
    resume(problem, module, path)
    return _result(module)


def train_logged(problem: Problem) -> tuple[Result, list[tuple[int, float]]]:
    """Train with the log schedule."""
    module, log = TunedModule(problem), LogOnSchedule(problem)
    tune(problem.num_steps, callbacks=[log]).fit(module, OrderLoader(problem))
    return _result(module), log.entries


def _result(module: TunedModule) -> Result:
    return Result(torch.stack(module.losses), read_weights(module.network))


class DefaultModule(TunedModule):
    """As Lightning's first tutorial has it: whole pictures, noise from the global generator, a logged loss."""

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        (x_BP,) = batch
        loss = self.network(x_BP, torch.randn(len(x_BP), self.problem.latent_dim))
        self.log("train_loss", loss, prog_bar=True)
        return loss


def train_with_defaults(problem: Problem, num_steps: int, load_from: str | None = None) -> tuple[Trainer, Tensor]:
    """Train with a shuffling DataLoader and Lightning's own seeding; give the Trainer and the final weights."""
    seed_everything(problem.seed, verbose=False)
    module = DefaultModule(problem)
    loader = DataLoader(TensorDataset(module.data_NP), problem.batch_size, shuffle=True)
    trainer = tune(num_steps)
    trainer.fit(module, loader, ckpt_path=load_from)
    return trainer, read_weights(module.network)


PARTS = {
    "training": (TunedModule, OrderLoader, tune),
    "exact resume": (ResumableLoader, SaveAndStop, resume),
    "log schedule": (LogOnSchedule,),
    "two processes": (BringLosses, train_in_two_processes),
}
