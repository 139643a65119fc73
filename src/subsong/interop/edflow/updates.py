"""The update of a script on the engine: its own ``train_op``, and its own files of weights."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from subsong.core.errors import SubsongError
from subsong.core.files import PARTIAL_SUFFIX, disk_errors
from subsong.interop.edflow.task import StepOpTask
from subsong.objectives.objective import LossTable
from subsong.training.clock import Stopwatch
from subsong.training.position import StepRows

CHECKPOINT_STEM = "model-"


class StepOpUpdates:
    """The update of a script: ``train_op``, and its own files of weights.

    Parameters
    ----------
    task
        What is computed.
    checkpoint_dir
        Where the script's checkpoints go: ``model-<step>.ckpt``.
    is_timed
        Note the seconds of each part of a step.
    """

    def __init__(self, task: StepOpTask, checkpoint_dir: Path, is_timed: bool, device: torch.device) -> None:
        self.task, self.checkpoint_dir, self.optimizer = task, checkpoint_dir, None
        self.stopwatch = Stopwatch(is_timed, device)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the first optimizer among the iterator's attributes; 0 where there is none."""
        for part in vars(self.task.iterator).values():
            if isinstance(part, torch.optim.Optimizer):
                return float(part.param_groups[0]["lr"])
        return 0.0

    @property
    def averaged_module(self) -> nn.Module:
        """The model."""
        return self.task.module

    def compute_gradient(self, step: int, rows: StepRows, batches: Iterator[Any]) -> list[LossTable]:
        """Run ``step_op`` on a training batch."""
        tables = []
        for _ in rows.parts:
            batch = next(batches)
            self.stopwatch.lap("data_s")
            tables.append(self.task.compute(self.task.module, batch, _NOISE, step, training=True)[0])
            self.stopwatch.lap("step_op_s")
        return tables

    def apply_gradient(self) -> None:
        """Call ``train_op``."""
        self.task.ops.train()
        self.stopwatch.lap("train_op_s")

    def end_epoch(self, validation_loss: float) -> None:
        """Do nothing: a script's schedules are its own."""

    def check_weights(self) -> None:
        """Raise SubsongError when a parameter is no longer finite."""
        for name, parameter in self.task.module.named_parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise SubsongError(
                    f"parameter {name} is no longer finite at step {self.task.position.step}: lower the learning rate, "
                    "or look at the losses in train/metrics.jsonl; the last good checkpoint is kept"
                )

    def state_dict(self) -> dict[str, Any]:
        """Let the script save itself, and return the name of its file, and of the weights only the shapes."""
        name = f"{CHECKPOINT_STEM}{self.task.position.step}.ckpt"
        self.checkpoint_dir.mkdir(parents=True, exist_ok=True)
        # A script may write several files beside the one it is given; none of them is seen before all are whole.
        with (
            disk_errors(self.checkpoint_dir / name),
            tempfile.TemporaryDirectory(dir=self.checkpoint_dir, prefix=".", suffix=PARTIAL_SUFFIX) as folder,
        ):
            self.task.iterator.save(str(Path(folder) / name))
            for path in Path(folder).iterdir():
                os.replace(path, self.checkpoint_dir / path.name)
        shapes = {name: value.to("meta") for name, value in self.task.module.state_dict().items()}
        return {"model": shapes, "file": name}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Let the script restore itself from the file that was saved."""
        restore(self.task.iterator, self.checkpoint_dir / state["file"])


def restore(iterator: Any, path: Path) -> None:
    """Let a script restore itself; raises SubsongError where the file is missing."""
    if not path.is_file():
        raise SubsongError(f"no checkpoint at {path}")
    iterator.restore(str(path))


class GlobalNoise:
    """Noise of torch's global generator, which the engine seeds for every step: what a script draws from."""

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal draws of the shape of `like`."""
        return torch.randn_like(like)

    def uniform(self, like: Tensor) -> Tensor:
        """Return uniform draws in [0, 1) of the shape of `like`."""
        return torch.rand_like(like)


_NOISE = GlobalNoise()
