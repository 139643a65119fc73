"""What happens around bird-embeddings' epochs: going on where a checkpoint was, the history, the checkpoint files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer

from subsong.core.errors import SubsongError
from subsong.interop.bird_embeddings.training.checkpoints import History, ResumePoint, save_checkpoint
from subsong.training.callbacks.base import Callback
from subsong.training.engine import Engine
from subsong.training.position import Position
from subsong.training.validation import Validation

_TERMS = {"loss": "loss", "recon_loss": "reconstruction", "kl_loss": "kl"}
HISTORY_NAMES = tuple(f"{split}_{name}" for split in ("train", "val") for name in _TERMS)


class Continuation(Callback):
    """Puts the engine where a checkpoint was written; the weights are in the model already."""

    def __init__(self, point: ResumePoint) -> None:
        self.point = point

    def on_start(self, engine: Engine) -> None:
        """Set position and optimizer."""
        epoch = self.point.epoch
        engine.position = Position(epoch=epoch, step=epoch * engine.plan.num_batches)
        if self.point.optimizer_state is not None:
            restore_optimizer(engine.updater.optimizer, self.point.optimizer_state)


def restore_optimizer(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """Give an optimizer the moments of another, whose settings (learning rate, fused) do not count.

    Raises
    ------
    SubsongError
        When the other was of another model.
    """
    ours = optimizer.state_dict()["param_groups"]
    num_ours, num_theirs = (sum(len(group["params"]) for group in groups) for groups in (ours, state["param_groups"]))
    if num_ours != num_theirs:
        raise SubsongError(
            f"the checkpoint's optimizer has {num_theirs} parameters, the model {num_ours}: they belong to two models"
        )
    optimizer.load_state_dict({"state": state["state"], "param_groups": ours})


class SummedGradient(Callback):
    """Makes the gradient that of the loss summed over the batch, as bird-embeddings differentiates it.

    The engine's is that of the mean. Adam divides a constant factor out again, but the last batch of an epoch is
    shorter than the others and would count for more.
    """

    def on_gradient(self, engine: Engine) -> None:
        """Multiply by the number of checklists in the batch."""
        size = engine.config.batch_size
        num_rows = min(size, engine.plan.num_examples - engine.position.batch * size)
        gradients = [p.grad for p in engine.task.module.parameters() if p.grad is not None]
        torch._foreach_mul_(gradients, float(num_rows))


class HistoryLog(Callback):
    """Keeps the six lists, and prints epochs.

    Parameters
    ----------
    history
        Of epochs done before.
    num_epochs
        In all.
    print_every
        Print the first and every n-th epoch; 0 prints none.

    Attributes
    ----------
    history
        ``HISTORY_NAMES`` -> one value an epoch.
    """

    def __init__(self, history: History, num_epochs: int, print_every: int) -> None:
        self.history: History = {**history, **{name: list(history.get(name, [])) for name in HISTORY_NAMES}}
        self.num_epochs, self.print_every = num_epochs, print_every

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Append an epoch."""
        for split, means in (("train", record["train"]), ("val", record["validation"])):
            for name, term in _TERMS.items():
                self.history[f"{split}_{name}"].append(means[term])
        epoch = record["epoch"] + 1
        if self.print_every and (epoch == 1 or epoch % self.print_every == 0):
            print(self._format(epoch))  # noqa: T201  the guide's trainer prints its progress

    def _format(self, epoch: int) -> str:
        last = {name: values[-1] for name, values in self.history.items() if values}
        parts = [
            f"{split}: {last[f'{split.lower()}_loss']:.4f} (recon {last[f'{split.lower()}_recon_loss']:.4f}, "
            f"KL {last[f'{split.lower()}_kl_loss']:.4f})"
            for split in ("Train", "Val")
        ]
        return f"Epoch {epoch}/{self.num_epochs}  " + "  ".join(parts)


class Checkpoints(Callback):
    """Writes ``checkpoint_epoch_<n>.pt`` after every n-th epoch.

    Parameters
    ----------
    folder
        Made when missing.
    save_every
        n.
    history
        The lists, as they grow.
    metadata
        Kept in every file.
    """

    def __init__(self, folder: Path, save_every: int, history: History, metadata: Mapping[str, Any]) -> None:
        self.folder, self.save_every, self.history, self.metadata = folder, save_every, history, metadata

    def on_epoch_end(self, engine: Engine) -> None:
        """Write the file when it is time."""
        epoch = engine.position.epoch
        if epoch % self.save_every:
            return
        losses = self.history["train_loss"][-1], self.history["val_loss"][-1]
        path = self.folder / f"checkpoint_epoch_{epoch}.pt"
        save_checkpoint(engine.task.module, engine.updater.optimizer, epoch, *losses, path, self.history, self.metadata)
