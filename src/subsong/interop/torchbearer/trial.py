"""torchbearer's `Trial` and, from before it, `Model`: their calls, on our engine."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from subsong.core.errors import SubsongError
from subsong.datasets.adapters import AdaptedData, NoRows, adapt_data, concatenate_rows
from subsong.datasets.order import num_batches
from subsong.datasets.types import Dataset, Splits
from subsong.interop.torchbearer import state as keys
from subsong.interop.torchbearer.bridge import Bridge
from subsong.interop.torchbearer.callbacks.base import Callback, CallbackList
from subsong.interop.torchbearer.data import FirstRows, SplitData
from subsong.interop.torchbearer.metrics import Metric, MetricList
from subsong.interop.torchbearer.state import State
from subsong.interop.torchbearer.task import StopTraining, TorchbearerTask
from subsong.training.callbacks.progress import ProgressBar
from subsong.training.calling import wants_state
from subsong.training.session import BatchPlan, Session

_PREFIXES = {"train": "train", "validation": "val", "test": "test"}


def zero_loss(y_pred: Any, y_true: Any) -> Tensor:
    """Return 0: what stands for a criterion where a script gives none and adds its losses in callbacks."""
    return torch.zeros((), requires_grad=True)


class Trial:
    """A model, its optimizer, loss, metrics and callbacks, as torchbearer's Trial.

    Parameters
    ----------
    model
        Its ``forward`` is given the state when it has a parameter ``state``.
    optimizer
        Built over the model's parameters; without one nothing is learned.
    criterion
        ``criterion(y_pred, y_true)`` or ``criterion(state)``, which returns one number.
    metrics
        Names, or metrics.
    callbacks
        Take part in every run.
    pass_state
        Give the model the state whatever its parameters are called.
    verbose
        0 shows no progress; 1 and 2 are the same. Of single calls it is taken, for old scripts, and ignored.

    Notes
    -----
    The order of the examples and all noise are functions of torch's seed at the time the trial is made: a script that
    calls ``torch.manual_seed`` first is repeated exactly. Reported losses are means over examples, also of a criterion
    that sums; the gradient is that of the criterion as it stands.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | None = None,
        criterion: Any = None,
        metrics: Sequence[Metric | str | type[Metric]] = (),
        callbacks: Sequence[Callback] = (),
        pass_state: bool = False,
        verbose: int = 2,
    ) -> None:
        # A rate of 0 is an update that changes nothing.
        optimizer = SGD(model.parameters(), lr=0.0) if optimizer is None else optimizer
        self.state = _start_state(self, model, optimizer, zero_loss if criterion is None else criterion, metrics)
        self.state[keys.CALLBACK_LIST] = CallbackList(callbacks)
        self._task = TorchbearerTask(model, self.state)
        self.use_state(pass_state)
        self._bridge = Bridge(self._task)
        looking_on = [self._bridge, *([ProgressBar()] if verbose > 0 else [])]
        self._session = Session(model, lambda num_steps: self._task, optimizer, looking_on, torch.initial_seed())
        self._session.use({"device": "cpu"})
        self._splits: dict[str, SplitData] = {}
        self.state[keys.CALLBACK_LIST].on_init(self.state)

    def with_generators(
        self,
        train_generator: Any = None,
        val_generator: Any = None,
        test_generator: Any = None,
        train_steps: int | None = None,
        val_steps: int | None = None,
        test_steps: int | None = None,
    ) -> Self:
        """Give data as torch loaders; their order of the training examples becomes the seed's."""
        for name, loader, steps in (
            ("train", train_generator, train_steps),
            ("validation", val_generator, val_steps),
            ("test", test_generator, test_steps),
        ):
            if loader is not None:
                self._take(name, adapt_data(loader), loader, steps)
        return self

    def with_train_generator(self, generator: Any, steps: int | None = None) -> Self:
        """Give the training data."""
        return self.with_generators(train_generator=generator, train_steps=steps)

    def with_val_generator(self, generator: Any, steps: int | None = None) -> Self:
        """Give the validation data."""
        return self.with_generators(val_generator=generator, val_steps=steps)

    def with_test_generator(self, generator: Any, steps: int | None = None) -> Self:
        """Give the test data."""
        return self.with_generators(test_generator=generator, test_steps=steps)

    def with_train_data(
        self, x: Any, y: Any, batch_size: int = 1, shuffle: bool = True, num_workers: int = 1, steps: int | None = None
    ) -> Self:
        """Give the training data as arrays; `num_workers` is ignored, for rows of arrays need none."""
        return self._take("train", AdaptedData(adapt_data((x, y)).dataset, batch_size, shuffle), None, steps)

    def with_val_data(
        self, x: Any, y: Any, batch_size: int = 1, shuffle: bool = True, num_workers: int = 1, steps: int | None = None
    ) -> Self:
        """Give the validation data as arrays; they are scored in their order."""
        return self._take("validation", AdaptedData(adapt_data((x, y)).dataset, batch_size), None, steps)

    def with_test_data(self, x: Any, batch_size: int = 1, num_workers: int = 1, steps: int | None = None) -> Self:
        """Give inputs to predict."""
        return self._take("test", AdaptedData(adapt_data(x).dataset, batch_size), None, steps)

    def with_data(
        self,
        x_train: Any = None,
        y_train: Any = None,
        x_val: Any = None,
        y_val: Any = None,
        x_test: Any = None,
        batch_size: int = 1,
        shuffle: bool = True,
    ) -> Self:
        """Give the data of all splits as arrays."""
        if x_train is not None:
            self.with_train_data(x_train, y_train, batch_size, shuffle)
        if x_val is not None:
            self.with_val_data(x_val, y_val, batch_size)
        return self if x_test is None else self.with_test_data(x_test, batch_size)

    def for_steps(
        self, train_steps: int | None = None, val_steps: int | None = None, test_steps: int | None = None
    ) -> Self:
        """Use so many batches of each split, its first ones; a split has to be given before.

        Raises
        ------
        SubsongError
            When a split is not there or has fewer.
        """
        for name, steps in (("train", train_steps), ("validation", val_steps), ("test", test_steps)):
            if steps is not None:
                split = self._split(name)
                self._take(name, AdaptedData(split.whole, split.batch_size, split.shuffle), split.loader, steps)
        return self

    def for_train_steps(self, steps: int) -> Self:
        """Use the first batches of the training data."""
        return self.for_steps(train_steps=steps)

    def for_val_steps(self, steps: int) -> Self:
        """Use the first batches of the validation data."""
        return self.for_steps(val_steps=steps)

    def for_test_steps(self, steps: int) -> Self:
        """Use the first batches of the test data."""
        return self.for_steps(test_steps=steps)

    def _take(self, name: str, data: AdaptedData, loader: Any, steps: int | None) -> Self:
        size, drop_last = data.batch_size or 1, bool(data.drop_last)
        used: Dataset = data.dataset if steps is None else FirstRows(data.dataset, steps, size, name)
        self._splits[name] = SplitData(data.dataset, used, size, data.shuffle is not False, drop_last, loader)
        num = num_batches(len(used), size, drop_last)
        self.state.update(
            {f"{name}_generator": loader, f"{name}_steps": num, f"{name}_data": (loader, num)},
        )
        return self

    def _split(self, name: str) -> SplitData:
        if name not in self._splits:
            raise SubsongError(f"this trial has no {name} data: give them with with_generators or with_{name[:5]}_data")
        return self._splits[name]

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Choose the device; where there is no CUDA, a warning is given and the CPU is kept.

        Raises
        ------
        SubsongError
            For a type of numbers other than float32.
        """
        for wanted in (*args, *kwargs.values()):
            if isinstance(wanted, torch.dtype):
                _check_dtype(wanted)
                continue
            kind = torch.device(wanted).type
            if kind == "cuda" and not torch.cuda.is_available():
                warnings.warn("this machine offers no CUDA device: the trial stays on the CPU", stacklevel=2)
                kind = "cpu"
            self._session.use({"device": kind})
            self.state[keys.DEVICE] = kind
            self.state[keys.MODEL].to(kind)
        return self

    def cuda(self, device: Any = None) -> Self:
        """Use the GPU, where there is one."""
        return self.to("cuda")

    def cpu(self) -> Self:
        """Use the CPU."""
        return self.to("cpu")

    def train(self) -> Self:
        """Put the model in training mode."""
        self.state[keys.MODEL].train()
        return self

    def eval(self) -> Self:
        """Put the model in evaluation mode."""
        self.state[keys.MODEL].eval()
        return self

    def run(self, epochs: int = 1, verbose: int = -1) -> list[dict[str, Any]]:
        """Train until `epochs` epochs are done in all, and return the history: one dict an epoch.

        ``loss`` and ``val_loss`` are means over examples; ``running_...`` is the mean of the last 50 batches.
        """
        train = self._split("train")
        validation = self._splits.get("validation")
        self.state[keys.MAX_EPOCHS] = epochs
        size = validation.batch_size if validation is not None else train.batch_size
        plan = BatchPlan(train.batch_size, train.shuffle, train.drop_last, size)
        splits = Splits(train.rows, NoRows() if validation is None else validation.rows)
        try:
            self._session.run(splits, plan, epochs)
        except StopTraining:
            self.state[keys.STOP_TRAINING] = True
        history: list[dict[str, Any]] = self.state[keys.HISTORY]
        return history

    def evaluate(self, verbose: int = -1, data_key: str | None = None) -> dict[str, Any]:
        """Return the metrics of the validation data (or of those of `data_key`), ``val_`` before each name.

        Of the events of a run, those of a validation pass are told, after ``on_start`` and before ``on_end``; those of
        an epoch are not, for none is trained: a schedule or early stopping does not count an evaluation.
        """
        name = "validation" if data_key is None else str(data_key).removesuffix("_data")
        split = self._split(name)
        self._tell("on_start")
        self._task.start("validation")
        self._tell("on_start_validation")
        self._session.score(split.rows, split.batch_size)
        found = self._bridge.end_validation(_PREFIXES[name])
        self._tell("on_end")
        return found

    def predict(self, verbose: int = -1, data_key: str | None = None) -> Any:
        """Return the outputs for the test data (or those of `data_key`), in their order."""
        split = self._split("test" if data_key is None else str(data_key).removesuffix("_data"))
        self._tell("on_start")
        self._task.start("validation")
        self._tell("on_start_validation")
        outputs = []
        for forward, batch in self._session.batches(split.rows, split.batch_size):
            outputs.append(concatenate_rows([self._task.predict(forward, batch, self.state, "validation")]))
            self._tell("on_step_validation")
        self.state[keys.FINAL_PREDICTIONS] = concatenate_rows(outputs)
        self._tell("on_end_validation", "on_end")
        self._task.phase = None
        return self.state[keys.FINAL_PREDICTIONS]

    def _tell(self, *events: str) -> None:
        self.state.setdefault(keys.EPOCH, 0)
        for event in events:
            self.state[keys.CALLBACK_LIST].call(event, self.state)

    @property
    def num_epochs_done(self) -> int:
        """How many epochs were trained in all."""
        engine = self._session.engine
        return len(self._session.records) if engine is None else engine.position.epoch

    def continue_from(self, num_done: int, epoch: int) -> None:
        """Let the epoch after the first `num_done` be called `epoch` in the state."""
        self._bridge.first_epoch, self._bridge.first_epoch_called = num_done, epoch

    def use_state(self, pass_state: bool) -> None:
        """Give the model the state when told to, or when it has a parameter of that name."""
        self._task.pass_state = pass_state or wants_state(self.state[keys.MODEL])

    def state_dict(self) -> dict[str, Any]:
        """Return model, optimizer, history, callbacks and the engine's position, as tensors and plain values."""
        return {
            "model": self.state[keys.MODEL].state_dict(),
            "optimizer": self.state[keys.OPTIMIZER].state_dict(),
            "history": [dict(record) for record in self.state[keys.HISTORY]],
            "callback_list": self.state[keys.CALLBACK_LIST].state_dict(),
            "session": self._session.state_dict(),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any], resume: bool = True) -> Self:
        """Put back what `state_dict` returned; without `resume` the weights alone."""
        if not resume:
            self.state[keys.MODEL].load_state_dict(state_dict["model"])
            return self
        self._session.load_state_dict(state_dict["session"])
        self.state[keys.OPTIMIZER].load_state_dict(state_dict["optimizer"])
        self.state[keys.HISTORY] = [dict(record) for record in state_dict["history"]]
        self.state[keys.CALLBACK_LIST].load_state_dict(state_dict["callback_list"])
        return self

    def __str__(self) -> str:
        parts = (keys.OPTIMIZER, keys.CRITERION, keys.METRIC_LIST, keys.MODEL)
        callbacks = [str(callback) for callback in self.state[keys.CALLBACK_LIST]]
        text = [f"{f' {key.upper()} ':-^50}\n{self.state[key]}\n" for key in parts]
        return "\n".join([*text, f"{' CALLBACKS ':-^50}\n{callbacks}\n"])


def _check_dtype(dtype: torch.dtype) -> None:
    if dtype != torch.float32:
        raise SubsongError(f"{dtype} is not supported: a trial computes in float32")


def _start_state(trial: Trial, model: nn.Module, optimizer: Optimizer, criterion: Any, metrics: Any) -> State:
    state = State({key: None for key in _EMPTY})
    state.update(
        {
            keys.SELF: trial,
            keys.MODEL: model,
            keys.OPTIMIZER: optimizer,
            keys.CRITERION: criterion,
            keys.METRIC_LIST: MetricList(metrics),
            keys.METRICS: {},
            keys.HISTORY: [],
            keys.DEVICE: "cpu",
            keys.DATA_TYPE: torch.float32,
            keys.STOP_TRAINING: False,
            keys.BACKWARD_ARGS: {},
        }
    )
    return state


_EMPTY = (
    keys.TRAIN_GENERATOR,
    keys.TRAIN_STEPS,
    keys.TRAIN_DATA,
    keys.VALIDATION_GENERATOR,
    keys.VALIDATION_STEPS,
    keys.VALIDATION_DATA,
    keys.TEST_GENERATOR,
    keys.TEST_STEPS,
    keys.TEST_DATA,
)
