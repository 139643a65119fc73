"""`Trial`: any torch module, trained on the engine in ten lines.

>>> import torch, subsong
>>> from torch import nn
>>> x, y = torch.randn(64, 3), torch.randn(64, 1)
>>> def squared_error(output, target):
...     return (output - target).square().sum(dim=1)  # one value per example
>>> trial = subsong.Trial(nn.Linear(3, 1), criterion=squared_error).with_data((x, y), batch_size=16)
>>> [sorted(epoch) for epoch in trial.run(2)]
[['epoch', 'learning_rate', 'loss'], ['epoch', 'learning_rate', 'loss']]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from torch import Tensor, nn
from torch.optim import Optimizer

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.noise import ItemNoise
from subsong.datasets.adapters import AdaptedData, NoRows, adapt_data, concatenate_rows
from subsong.datasets.order import num_batches
from subsong.datasets.types import Dataset, Splits
from subsong.objectives.schedules import Schedule
from subsong.training.callbacks.base import Callback
from subsong.training.callbacks.progress import ProgressBar
from subsong.training.calling import build_forward_call
from subsong.training.config import AdamConfig, OptimizerConfig
from subsong.training.engine import Engine
from subsong.training.session import BatchPlan, Session
from subsong.training.state import State
from subsong.training.trial_task import Losses, Reduction, StepCallback, Term, TrialTask, check_terms


class Trial:
    """Trains a module.

    Whoever has a parameter named ``state`` — the module's ``forward``, the criterion, a term, a metric — is given the
    state of the step: a mapping that is fresh for every batch, holds ``input``, ``target``, ``output``, ``loss``,
    ``batch``, ``noise``, ``step`` and ``training``, and takes what one of them leaves for the others.

    Parameters
    ----------
    model
        Any module. The first parameter of its ``forward`` is given the input of the batch (the whole batch, when it is
        named ``batch``); a parameter ``noise`` is given noise that is a function of the seed and the position.
    optimizer
        Built over ``model.parameters()``, or one of our configurations; None is Adam with its usual settings.
    criterion
        ``criterion(output, target)``: one value per example, summed over all other axes. A criterion that returns one
        number needs `reduction`.
    terms
        Name -> ``term(output, batch)``, one value per example, or (term, weight or schedule). They are added to the
        criterion, where there is one.
    metrics
        Functions called like terms, whose means over examples are reported; by name, or in a list.
    callbacks
        The engine's callbacks, or functions that are given the state after each update.
    seed
        Of order, noise and torch's global generators during the run. The first weights are the caller's affair.
    reduction
        How a criterion that returns one number has reduced it over the examples: ``"mean"`` or ``"sum"``. The gradient
        is that of the mean over examples either way, and the reported loss is per example.

    Raises
    ------
    SubsongError
        When there is neither a criterion nor a term.

    Notes
    -----
    With the sum of a reduced criterion, and an optimizer whose step grows with the gradient (SGD), the learning rate is
    B times what it would be in a loop that differentiates the sum itself.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | OptimizerConfig | None = None,
        criterion: Callable[..., Tensor] | None = None,
        terms: Mapping[str, Term | tuple[Term, Schedule]] | None = None,
        metrics: Mapping[str, Term] | Sequence[Term] = (),
        callbacks: Sequence[Callback | Callable[[State], Any]] = (),
        seed: int = 0,
        reduction: Reduction | None = None,
    ) -> None:
        self.model, self.losses, self.seed = model, Losses(criterion, reduction, terms, metrics), seed
        looking_on = [c if isinstance(c, Callback) else _AfterStep(c) for c in callbacks]
        self._step_callbacks = [c for c in looking_on if isinstance(c, StepCallback)]
        TrialTask(model, self.losses, (), 1)  # raises for what can be known to be wrong now
        self.session = Session(
            model,
            self._build_task,
            AdamConfig() if optimizer is None else optimizer,
            [*looking_on, ProgressBar()],
            seed,
        )
        self._data: dict[str, Dataset] = {}
        self._plan = BatchPlan()

    def _build_task(self, num_steps: int) -> TrialTask:
        return TrialTask(self.model, self.losses, self._step_callbacks, num_steps)

    def with_data(
        self, train: Any, validation: Any = None, test: Any = None, batch_size: int = 128, shuffle: bool = True
    ) -> Self:
        """Say what to train and to judge on.

        Parameters
        ----------
        train, validation, test
            A pair of tensors or arrays; one of them, its own target; a torch dataset of the map style; a torch
            ``DataLoader``; or one of our datasets.
        batch_size, shuffle
            Of the training examples, unless they come in a loader, whose own are kept. The order is a function of the
            seed and the epoch; validation and test are always scored in their own order.

        Raises
        ------
        SubsongError
            When one of them is none of these.
        """
        adapted = adapt_data(train)
        self._plan = _plan_batches(adapted, batch_size, shuffle)
        self._data = {"train": adapted.dataset}
        for name, data in (("validation", validation), ("test", test)):
            if data is not None:
                self._data[name] = adapt_data(data).dataset
        return self

    def with_settings(self, settings: Mapping[str, Any]) -> Self:
        """Set keys of a config's ``training`` part: ``{"device": "cpu", "gradient_clipping": {"max_norm": 1}}``.

        Raises
        ------
        SubsongError
            For a key that is none, with the nearest one, and for a value that is not allowed.
        """
        self.session.use(settings)
        return self

    def run(self, epochs: int, folder: str | Path | None = None) -> list[dict[str, Any]]:
        """Train until `epochs` epochs are done in all, and return the history.

        Parameters
        ----------
        epochs
            Counted from the first run on: ``run(3)`` after ``run(2)`` trains one more.
        folder
            Keeps checkpoints, metrics and the evaluation here. Where it holds a checkpoint of an earlier process, the
            run goes on from there and ends bit for bit where an uninterrupted one would have.

        Returns
        -------
        One dict an epoch: ``epoch`` (from 0), ``learning_rate``, ``loss`` and each term and metric, means over all
        training examples as they were trained on; the same as ``val_...`` after the epoch on the validation data.

        Raises
        ------
        Interrupted
            On Ctrl-C or SIGTERM; what was trained is kept.
        SubsongError
            When there are no data, when the loss is not finite, and for wrong settings.
        """
        plan, num_examples = self._plan, len(self._dataset("train"))
        check_terms(self.losses.terms, epochs * num_batches(num_examples, plan.batch_size, plan.drop_last))
        self.session.run(self._splits(), self._plan, epochs, folder)
        return self.history

    @property
    def history(self) -> list[dict[str, Any]]:
        """What `run` returned last."""
        return [flatten_epoch(record) for record in self.session.records]

    def evaluate(self, data_key: str = "validation") -> dict[str, float]:
        """Return means over the examples of ``"validation"``, ``"test"`` or ``"train"``: ``loss``, terms, metrics.

        The module is in evaluation mode; the batch size changes no number, unless the module itself mixes examples.
        """
        return self.session.score(self._dataset(data_key), self._plan.evaluation_batch_size)

    def predict(self, data: Any = "test", batch_size: int = 500) -> Any:
        """Return the module's outputs in evaluation mode, in the order of the data, on the CPU.

        Parameters
        ----------
        data
            Inputs, as for `with_data`, or the key of a split.
        batch_size
            Examples at a time.

        Returns
        -------
        What the module returns, for all examples at once: a tensor, or a tuple, list or dict of tensors.

        Raises
        ------
        SubsongError
            When the outputs of batches cannot be put together.
        """
        dataset = self._dataset(data) if isinstance(data, str) else adapt_data(data).dataset
        call = build_forward_call(self.model)
        outputs = []
        for forward, batch in self.session.batches(dataset, batch_size):
            noise = ItemNoise(self.seed, batch[0].cpu().numpy())
            outputs.append(concatenate_rows([call(forward, batch, noise, State())]))
        if not outputs:
            raise SubsongError("there is nothing to predict: the data hold no example")
        return concatenate_rows(outputs)

    def state_dict(self) -> dict[str, Any]:
        """Return weights, optimizer, position and history as tensors and plain values, for ``torch.save``."""
        return self.session.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` returned, for a trial that was built alike.

        Raises
        ------
        SubsongError
            When it is of another model.
        """
        self.session.load_state_dict(state)

    def _dataset(self, name: str) -> Dataset:
        if name not in self._data:
            raise SubsongError(
                f"this trial has no {name!r} data: give them to with_data; {did_you_mean(name, self._data)}"
            )
        return self._data[name]

    def _splits(self) -> Splits:
        return Splits(self._data["train"], self._data.get("validation", NoRows()), self._data.get("test"))


class _AfterStep(Callback):
    """Hands the state of each update to a function."""

    def __init__(self, function: Callable[[State], Any]) -> None:
        self.function = function

    def on_step(self, engine: Engine) -> None:
        """Call it."""
        assert isinstance(engine.task, TrialTask)
        self.function(engine.task.state)


def _plan_batches(adapted: AdaptedData, batch_size: int, shuffle: bool) -> BatchPlan:
    return BatchPlan(
        batch_size if adapted.batch_size is None else adapted.batch_size,
        shuffle if adapted.shuffle is None else adapted.shuffle,
        bool(adapted.drop_last),
    )


def flatten_epoch(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return an epoch's record as one level: training's numbers by their names, validation's with ``val_`` before."""
    flat = {"epoch": record["epoch"], "learning_rate": record["learning_rate"], **record["train"]}
    return {**flat, **{f"val_{name}": value for name, value in record.get("validation", {}).items()}}
