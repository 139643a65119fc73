"""What AVA does around an epoch: losses kept and printed, tests, checkpoints, figures; and the watch on mode collapse.

Legend: B = rows of a batch, F, T = bins of frequency and time.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from subsong.datasets.types import Dataset
from subsong.interop.ava.models.losses import PICTURE_DIM
from subsong.training.callbacks.base import Callback
from subsong.training.callbacks.collapse import CollapseWatch
from subsong.training.validation import Validation, collect_validation

if TYPE_CHECKING:
    from subsong.interop.ava.models.vae import VAE
    from subsong.training.engine import Engine

REMEDIES = (
    "increase the contrast of the spectrograms by decreasing the range between 'spec_min_val' and 'spec_max_val' in "
    "preprocessing, or increase the model precision, VAE(model_precision=20.0)"
)
_NUM_WATCHED = 1000
"""Spectrograms the watch on mode collapse looks at where there are no test data."""


class Frequencies(NamedTuple):
    """After every how many epochs something is done, counted from epoch 0; None never does it."""

    test: int | None
    save: int | None
    visualize: int | None


class EpochRoutine(Callback):
    """Keeps and prints the losses of each epoch, tests, saves and draws when it is time.

    Parameters
    ----------
    model
        Whose ``loss`` and ``epoch`` are kept up to date.
    train, test
        The data; `test` may be None.
    frequencies
        When to test, save and draw.
    """

    def __init__(self, model: VAE, train: Dataset, test: Dataset | None, frequencies: Frequencies) -> None:
        self.model, self.test, self.frequencies = model, test, frequencies
        self.shown = train if test is None else test
        self._watch: CollapseWatch | None = None
        self._started_s = 0.0

    def on_epoch_start(self, engine: Engine) -> None:
        """Note the time."""
        self._started_s = time.perf_counter()

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Keep and print the losses, and look at the test data."""
        epoch, train = record["epoch"], record["train"]
        self.model.loss["train"][epoch] = train["loss"]
        parts = f"reconstruction {train['reconstruction']:.4f}, KL {train['kl']:.4f}"
        seconds = time.perf_counter() - self._started_s
        print(f"Epoch: {epoch} Average loss: {train['loss']:.4f}  ({parts}, {seconds:.1f} s)")  # noqa: T201  as AVA does
        if _is_due(epoch, self.frequencies.test):
            found = self._score(engine)
            if self.test is not None:
                self.model.loss["test"][epoch] = found.losses["loss"]
                print(f"Test loss: {found.losses['loss']:.4f}")  # noqa: T201  as AVA does
            self._warn_of_collapse(engine, record, found)

    def _score(self, engine: Engine) -> Validation:
        scorer, num_rows = engine.validator.scorer, len(self.shown)
        num_rows = num_rows if self.test is not None else min(num_rows, _NUM_WATCHED)
        module = engine.evaluated_module.eval()
        return collect_validation(scorer.score_batches(module, self.shown, scorer.blocks(num_rows)), num_rows)

    def _warn_of_collapse(self, engine: Engine, record: dict[str, Any], found: Validation) -> None:
        precision = self.model.model_precision
        if self._watch is None:
            self._watch = CollapseWatch(0.5 * precision * compute_mean_picture_error(self.shown), REMEDIES)
        # Without the constant of the density, which may be below zero: then 1 % less of it is more.
        constant = 0.5 * PICTURE_DIM * math.log(2 * math.pi / precision)
        losses = {**found.losses, "reconstruction": found.losses["reconstruction"] - constant}
        self._watch.on_epoch(engine, record, found._replace(losses=losses))

    def on_epoch_end(self, engine: Engine) -> None:
        """Save and draw when it is time."""
        epoch = engine.position.epoch - 1
        self.model.epoch = engine.position.epoch
        if epoch > 0 and _is_due(epoch, self.frequencies.save):
            self.model.save_state(checkpoint_name(epoch))
        if _is_due(epoch, self.frequencies.visualize):
            self.model.visualize(self.shown)

    def on_end(self, engine: Engine) -> None:
        """Save the last epoch, where that was not done."""
        epoch, every = self.model.epoch - 1, self.frequencies.save
        if every is not None and epoch == engine.num_epochs - 1 and not (epoch > 0 and _is_due(epoch, every)):
            self.model.save_state(checkpoint_name(epoch))


def checkpoint_name(epoch: int) -> str:
    """Return AVA's name of the checkpoint after an epoch, which is counted from 0."""
    return f"checkpoint_{epoch:03d}.tar"


def compute_mean_picture_error(dataset: Dataset) -> float:
    """Return the squared error, summed over pixels, of the mean spectrogram of (at most the first 1,000) examples."""
    spec_BFT = dataset.fetch(np.arange(min(len(dataset), _NUM_WATCHED))).input.double()
    return float((spec_BFT - spec_BFT.mean(dim=0)).square().sum(dim=(1, 2)).mean())


def _is_due(epoch: int, every: int | None) -> bool:
    return every is not None and epoch % every == 0
