"""Datasets that are drawn afresh for each epoch: the engine tells them which, also when a run goes on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from subsong.core.errors import Interrupted
from subsong.datasets.types import DrawnDataset, Splits
from subsong.training.callbacks.base import Callback
from subsong.training.run_folder import create_run_folder

from .tiny import IMAGES, build_engine, fit, make_dataset, weights


class Drawn:
    """Pictures of which each epoch sees others."""

    def __init__(self):
        self._pictures, self._first, self.epochs = make_dataset(IMAGES[:40]), 0, []
        self.item_shape = self._pictures.item_shape

    def __len__(self):
        return 20

    def start_epoch(self, epoch):
        self._first = 5 * epoch
        self.epochs.append(epoch)

    def fetch(self, index):
        return self._pictures.fetch(self._first + np.asarray(index))


class StopAt(Callback):
    """Stops the run in the middle of an epoch."""

    def __init__(self, step):
        self.step = step

    def on_step(self, engine):
        if engine.position.step == self.step:
            raise Interrupted("stop", 15)


def make_drawn():
    return Splits(Drawn(), make_dataset(IMAGES[40:]))


def test_a_dataset_that_draws_is_known_by_its_method():
    assert isinstance(Drawn(), DrawnDataset)
    assert not isinstance(make_dataset(IMAGES), DrawnDataset)


@pytest.mark.parametrize("num_prefetched", [0, 3])
def test_every_epoch_sees_its_own_examples(num_prefetched):
    data = make_drawn()
    engine = fit(data=data, num_epochs=3, batch_size=8, num_prefetched=num_prefetched)
    assert data.train.epochs == [0, 1, 2]
    assert torch.equal(weights(engine), weights(fit(data=make_drawn(), num_epochs=3, batch_size=8)))


def test_a_run_that_goes_on_in_an_epoch_draws_that_epoch_again(tmp_path):
    run = create_run_folder(tmp_path, "killed")
    with pytest.raises(Interrupted):
        fit(run=run, data=make_drawn(), num_epochs=3, batch_size=8, callbacks=[StopAt(4)])
    data = make_drawn()
    resumed = build_engine(run=run, data=data, num_epochs=3, batch_size=8)
    resumed.fit()
    assert data.train.epochs == [1, 2]
    assert torch.equal(weights(resumed), weights(fit(data=make_drawn(), num_epochs=3, batch_size=8)))
