"""bird-embeddings' trainer, on our engine: its arguments, its history, its checkpoints.

Losses in the history are means over checklists in nats; the gradient is that of the loss summed over the batch. Both
are bird-embeddings' own, so that its settings mean the same here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader

from subsong.core.errors import SubsongError
from subsong.datasets.adapters import AdaptedData, adapt_data
from subsong.datasets.corruption import GaussianConfig, build_corruption
from subsong.datasets.types import Splits
from subsong.interop.bird_embeddings.models import compute_reconstruction_loss
from subsong.interop.bird_embeddings.training.callbacks import Checkpoints, Continuation, HistoryLog, SummedGradient
from subsong.interop.bird_embeddings.training.checkpoints import (
    History,
    ResumePoint,
    find_resume_point,
    forget_resume_point,
)
from subsong.models.posteriors import DiagonalGaussian
from subsong.objectives.objective import Objective, WeightedTerm
from subsong.training.config import AdamConfig
from subsong.training.session import BatchPlan, Session
from subsong.training.task import ModelTask


def train_variational_autoencoder(  # noqa: PLR0913  bird-embeddings' own arguments
    model: nn.Module,
    train_loader: DataLoader[Any],
    val_loader: DataLoader[Any],
    num_epochs: int = 50,
    learning_rate: float = 1e-3,
    noise_std: float = 0.1,
    device: str | torch.device = "cpu",
    print_every: int = 1,
    checkpoint_dir: str | Path | None = None,
    save_every: int = 10,
    optimizer: Optimizer | None = None,
    start_epoch: int | None = None,
    history: Mapping[str, Sequence[float]] | None = None,
) -> History:
    """Train a model on noisy checklists to give back the clean ones.

    Parameters
    ----------
    model
        Returns probabilities, latent mean and latent log-variance of a batch (B, D).
    train_loader, val_loader
        Their data, batch size and order are used; their workers are not needed.
    num_epochs
        Train until so many are done in all, those of a loaded checkpoint counted.
    learning_rate
        Of Adam, unless `optimizer` is given.
    noise_std
        Of normal noise on the training input, clipped to 0-1; 0 leaves it out. Validation sees clean input.
    device
        ``"cpu"``, ``"cuda"`` or ``"mps"``.
    print_every
        Print the first and every n-th epoch; 0 prints nothing.
    checkpoint_dir, save_every
        Write ``checkpoint_epoch_<n>.pt`` there after every n-th epoch; None writes nothing.
    optimizer, start_epoch, history
        Not in bird-embeddings: go on with this optimizer, at this epoch (counted from 1), and append to this history,
        in place of what `load_checkpoint` noted. ``start_epoch=1`` begins anew with the weights as they are.

    Returns
    -------
    The lists ``train_loss``, ``train_recon_loss``, ``train_kl_loss``, ``val_loss``, ``val_recon_loss`` and
    ``val_kl_loss``, one value an epoch: means over checklists, in nats.

    Raises
    ------
    SubsongError
        When there is nothing to train (no epoch is left, no checklists), and when a loss is not finite.

    Notes
    -----
    Order and noise are functions of the seed and the epoch. The seed is torch's at the first call (``set_seed(42)``
    before makes it 42); a checkpoint keeps it, and a run that is resumed from there ends bit for bit where an
    uninterrupted one does, on a CPU.
    """
    train, val = adapt_data(train_loader), adapt_data(val_loader)
    _check_data(train, val)
    point = _find_start(model, optimizer, start_epoch, history)
    if point.epoch >= num_epochs:
        raise SubsongError(
            f"{point.epoch} epochs are done already and num_epochs={num_epochs} counts from the first: give a larger "
            "num_epochs to go on, or start_epoch=1 to begin anew with the model's weights"
        )
    seed = torch.initial_seed() if point.seed is None else point.seed
    log = HistoryLog(point.history, num_epochs, print_every)
    callbacks = [Continuation(point), SummedGradient(), log]
    if checkpoint_dir is not None:
        metadata = _describe_run(model, train, learning_rate, noise_std, seed)
        callbacks.append(Checkpoints(Path(checkpoint_dir), save_every, log.history, metadata))
    session = Session(
        model,
        lambda num_steps: _build_task(model, noise_std, num_steps),
        AdamConfig(learning_rate=learning_rate) if optimizer is None else optimizer,
        callbacks,
        seed,
    )
    session.use({"device": torch.device(device).type})
    plan = BatchPlan(train.batch_size or 1, bool(train.shuffle), bool(train.drop_last), val.batch_size or 1)
    forget_resume_point(model)
    session.run(Splits(train.dataset, val.dataset), plan, num_epochs)
    return log.history


def _check_data(train: AdaptedData, val: AdaptedData) -> None:
    for name, data in (("train_loader", train), ("val_loader", val)):
        if not len(data.dataset):
            raise SubsongError(f"{name} has no checklists: give at least one")


def _find_start(
    model: nn.Module,
    optimizer: Optimizer | None,
    start_epoch: int | None,
    history: Mapping[str, Sequence[float]] | None,
) -> ResumePoint:
    """Return where to begin: what a loaded checkpoint says, each part replaced by what was given."""
    noted = find_resume_point(model)
    point = ResumePoint(0, None, {}, None) if noted is None or start_epoch == 1 else noted
    if start_epoch is not None:
        if start_epoch < 1:
            raise SubsongError(f"start_epoch is {start_epoch}: epochs are counted from 1")
        point = point._replace(epoch=start_epoch - 1)
    if optimizer is not None:
        point = point._replace(optimizer_state=optimizer.state_dict())
    if history is not None:
        point = point._replace(history={name: list(values) for name, values in history.items()})
    return point


def _describe_run(
    model: nn.Module, train: AdaptedData, learning_rate: float, noise_std: float, seed: int
) -> dict[str, Any]:
    """Return what a checkpoint should say of itself: dimensions, settings, species, seed."""
    dimensions = {"input_dimension": "input_dim", "latent_dimension": "latent_dim", "hidden_dimension": "hidden_dim"}
    metadata = {ours: getattr(model, theirs) for theirs, ours in dimensions.items() if hasattr(model, theirs)}
    metadata |= {"learning_rate": learning_rate, "noise_std": noise_std, "batch_size": train.batch_size, "seed": seed}
    species = getattr(train.dataset, "species_columns", None)
    return metadata if species is None else {**metadata, "species": [str(name) for name in species]}


def _build_task(model: nn.Module, noise_std: float, num_steps: int) -> ModelTask:
    terms = {"reconstruction": WeightedTerm(_reconstruction, 1.0), "kl": WeightedTerm(_kl, 1.0)}
    noise = (GaussianConfig(std=noise_std),) if noise_std else ()
    return ModelTask(model, Objective(terms, num_steps), build_corruption(noise, (0.0, 1.0)))


def _reconstruction(output: tuple[Tensor, Tensor, Tensor], batch: Any, step: int, num_steps: int) -> Tensor:
    return compute_reconstruction_loss(output[0], batch.target)


def _kl(output: tuple[Tensor, Tensor, Tensor], batch: Any, step: int, num_steps: int) -> Tensor:
    return DiagonalGaussian(output[1], output[2]).compute_kl().sum(dim=1)
