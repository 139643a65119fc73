"""torchbearer 0.1's `Model`: the calls of Keras, which guide 001 is written in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import nn
from torch.optim import Optimizer

from subsong.core.seeds import numpy_generator
from subsong.datasets.adapters import TensorRows, adapt_data
from subsong.interop.torchbearer import state as keys
from subsong.interop.torchbearer.callbacks.base import Callback, CallbackList
from subsong.interop.torchbearer.metrics import Metric
from subsong.interop.torchbearer.state import State
from subsong.interop.torchbearer.trial import Trial


class Model:
    """A model with its optimizer, loss and metrics; see `Trial`, which does the same and is newer.

    Parameters
    ----------
    model, optimizer, criterion, metrics
        As those of `Trial`.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | None = None,
        criterion: Any = None,
        metrics: Sequence[Metric | str | type[Metric]] = (),
    ) -> None:
        self.trial = Trial(model, optimizer, criterion, metrics)
        self.trial.state[keys.SELF] = self
        self._num_done = 0

    @property
    def main_state(self) -> State:
        """The state."""
        return self.trial.state

    def fit_generator(  # noqa: PLR0913  torchbearer's own arguments
        self,
        generator: Any,
        train_steps: int | None = None,
        epochs: int = 1,
        verbose: int = 2,
        callbacks: Sequence[Callback] = (),
        validation_generator: Any = None,
        validation_steps: int | None = None,
        initial_epoch: int = 0,
        pass_state: bool = False,
    ) -> State:
        """Train for the epochs from `initial_epoch` to `epochs`, at every call anew, and return the state.

        ``state[torchbearer.HISTORY]`` holds one dict an epoch, ``state[torchbearer.METRICS]`` the last.
        """
        trial = self.trial
        trial.with_generators(generator, validation_generator, None, train_steps, validation_steps)
        trial.state[keys.CALLBACK_LIST] = CallbackList(callbacks)
        trial.use_state(pass_state)
        trial.continue_from(self._num_done, initial_epoch)
        trial.run(self._num_done + epochs - initial_epoch)
        self._num_done = trial.num_epochs_done
        trial.state[keys.MAX_EPOCHS] = epochs
        return trial.state

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        epochs: int = 1,
        callbacks: Sequence[Callback] = (),
        validation_split: float | None = None,
        validation_data: Any = None,
        shuffle: bool = True,
    ) -> State:
        """Train on arrays, a random share of which may be set aside for validation; see `fit_generator`."""
        rows = adapt_data((x, y)).dataset
        assert isinstance(rows, TensorRows)
        if validation_split is not None and validation_data is None:
            order = torch.from_numpy(numpy_generator(torch.initial_seed(), "split").permutation(len(rows)))
            held = round(validation_split * len(rows))
            validation_data = (rows.inputs[order[:held]], rows.targets[order[:held]])
            rows = TensorRows(rows.inputs[order[held:]], rows.targets[order[held:]])
        validation = None if validation_data is None else _load(validation_data, batch_size, shuffle=False)
        train = _load((rows.inputs, rows.targets), batch_size, shuffle)
        return self.fit_generator(train, epochs=epochs, callbacks=callbacks, validation_generator=validation)

    def evaluate_generator(
        self, generator: Any, steps: int | None = None, verbose: int = 2, pass_state: bool = False
    ) -> dict[str, Any]:
        """Return the metrics of the data in a loader, ``val_`` before each name."""
        self.trial.use_state(pass_state)
        return self.trial.with_val_generator(generator, steps).evaluate()

    def evaluate(self, x: Any, y: Any, batch_size: int = 32) -> dict[str, Any]:
        """Return the metrics of arrays."""
        return self.evaluate_generator(_load((x, y), batch_size, shuffle=False))

    def predict_generator(
        self, generator: Any, verbose: int = 2, steps: int | None = None, pass_state: bool = False
    ) -> Any:
        """Return the outputs for the data in a loader, in their order."""
        self.trial.use_state(pass_state)
        return self.trial.with_test_generator(generator, steps).predict()

    def predict(self, x: Any, batch_size: int = 32) -> Any:
        """Return the outputs for an array."""
        return self.predict_generator(_load(x, batch_size, shuffle=False))

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Choose the device; where there is no CUDA, a warning is given and the CPU is kept."""
        self.trial.to(*args, **kwargs)
        return self

    def cuda(self, device: Any = None) -> Self:
        """Use the GPU, where there is one."""
        return self.to("cuda")

    def cpu(self) -> Self:
        """Use the CPU."""
        return self.to("cpu")

    def train(self) -> Self:
        """Put the model in training mode."""
        self.trial.train()
        return self

    def eval(self) -> Self:
        """Put the model in evaluation mode."""
        self.trial.eval()
        return self

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on, as tensors and plain values."""
        return self.trial.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> Self:
        """Put back what `state_dict` returned."""
        self.trial.load_state_dict(state_dict)
        self._num_done = self.trial.num_epochs_done
        return self


def _load(data: Any, batch_size: int, shuffle: bool) -> Any:
    return torch.utils.data.DataLoader(adapt_data(data).dataset, batch_size, shuffle=shuffle)  # type: ignore[arg-type]
