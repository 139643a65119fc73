"""Epochs of AVA's training on our engine: its optimizer and its summed gradient, the true negative ELBO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from subsong.core.errors import SubsongError
from subsong.datasets.adapters import AdaptedData, NoRows, adapt_data
from subsong.datasets.types import Splits
from subsong.interop.bird_embeddings.training.callbacks import Continuation, SummedGradient
from subsong.interop.bird_embeddings.training.checkpoints import ResumePoint
from subsong.models.vae import Vae
from subsong.objectives.objective import build_objective
from subsong.objectives.terms import KlTerm, ReconstructionTerm
from subsong.training.callbacks.base import Callback
from subsong.training.callbacks.progress import ProgressBar
from subsong.training.session import BatchPlan, Session
from subsong.training.task import ModelTask

if TYPE_CHECKING:
    from subsong.interop.ava.models.vae import VAE


def build_session(model: VAE, callbacks: Sequence[Callback] = ()) -> Session:
    """Return a session that goes on where `model` stands."""
    start = Continuation(ResumePoint(model.epoch, None, {}, None))
    session = Session(
        model.network,
        lambda num_steps: _build_task(model.network, num_steps),
        model.optimizer,
        [start, SummedGradient(), *callbacks, ProgressBar()],
        model.seed,
    )
    session.use({"device": model.device.type})
    return session


def run_epochs(model: VAE, data: AdaptedData, num_epochs: int, callbacks: Sequence[Callback]) -> None:
    """Train for so many more epochs.

    Raises
    ------
    Interrupted
        On Ctrl-C or SIGTERM.
    SubsongError
        When there is nothing to train on, and when the loss is not finite.
    """
    plan = BatchPlan(data.batch_size or 64, data.shuffle is not False, bool(data.drop_last))
    build_session(model, callbacks).run(Splits(data.dataset, NoRows()), plan, model.epoch + num_epochs)


def adapt_loader(loader: Any, name: str) -> AdaptedData:
    """Return the data of a loader; raises SubsongError when it holds no spectrograms."""
    data = adapt_data(loader)
    if not len(data.dataset):
        raise SubsongError(f"the loader {name!r} has no spectrograms: give at least one file of them")
    return data


def _build_task(network: Vae, num_steps: int) -> ModelTask:
    return ModelTask(network, build_objective({"reconstruction": ReconstructionTerm(), "kl": KlTerm()}, num_steps))
