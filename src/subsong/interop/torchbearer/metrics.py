"""torchbearer's metrics by their old names. Every mean is over examples, not over batches.

Legend: B = examples of a batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from subsong.core.errors import SubsongError, did_you_mean
from subsong.interop.torchbearer.accuracy import (
    compute_binary_hits,
    compute_categorical_hits,
    compute_squared_error,
    compute_top_hits,
    find_accuracy,
)
from subsong.interop.torchbearer.state import CRITERION, EPOCH, OPTIMIZER, Y_PRED, Y_TRUE, State, StateKey

LOSS_PER_EXAMPLE = StateKey("loss_per_example")
"""The loss of the batch as a mean over its examples, however the criterion reduced it."""

_WINDOW, _REFRESH = 50, 10


class Metric:
    """A number reported beside the loss; a subclass defines `process` or `process_final` and calls itself `name`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_training = True

    def train(self) -> None:
        """A training pass begins."""
        self.is_training = True

    def eval(self, data_key: Any = None) -> None:
        """A pass without updates begins."""
        self.is_training = False

    def reset(self, state: State) -> None:
        """Forget the pass before."""

    def process(self, state: State) -> Any:
        """Return what is reported after this batch, or None."""

    def process_final(self, state: State) -> Any:
        """Return what is reported after the pass, or None."""

    def __str__(self) -> str:
        return self.name


class MeanMetric(Metric):
    """The mean over the examples of a pass; while training also ``running_...``, that of the last 50 batches.

    Parameters
    ----------
    name
        As reported.
    compute
        State -> one value per example, or one number that is their mean.
    """

    def __init__(self, name: str, compute: Callable[[State], Tensor]) -> None:
        super().__init__(name)
        self.compute = compute
        self._clear()

    def _clear(self) -> None:
        self._total: Tensor | float = 0.0
        self._count, self._num_batches = 0, 0
        self._recent: deque[Tensor] = deque(maxlen=_WINDOW)
        self._running: float | None = None

    def reset(self, state: State) -> None:
        """Forget the pass before."""
        self._clear()

    def process(self, state: State) -> Any:
        """Take a batch in; return the running mean while training."""
        num_rows = count_rows(state[Y_PRED])
        mean = self.compute(state).detach().to(torch.float32).mean()
        # MPS has no float64.
        exact = mean if mean.device.type == "mps" else mean.double()
        self._total, self._count = self._total + exact * num_rows, self._count + num_rows
        if not self.is_training:
            return None
        self._recent.append(mean)
        if self._num_batches % _REFRESH == 0:
            self._running = float(torch.stack(list(self._recent)).mean())
        self._num_batches += 1
        return {f"running_{self.name}": self._running}

    def process_final(self, state: State) -> Any:
        """Return the mean over the examples of the pass."""
        return float(self._total) / self._count if self._count else None


class ValueMetric(Metric):
    """A number of the state as it is when the pass ends, such as the learning rate."""

    def __init__(self, name: str, read: Callable[[State], float]) -> None:
        super().__init__(name)
        self.read = read

    def process(self, state: State) -> Any:
        """Return the number."""
        return self.read(state)

    def process_final(self, state: State) -> Any:
        """Return the number."""
        return self.read(state)


class _Accuracy(MeanMetric):
    """The accuracy that fits the criterion."""

    def __init__(self, name: str) -> None:
        super().__init__(name, self._compute)

    def _compute(self, state: State) -> Tensor:
        return find_accuracy(state[CRITERION], state[Y_PRED], state[Y_TRUE])(state[Y_PRED], state[Y_TRUE])


def _of_prediction(name: str, compute: Callable[[Tensor, Tensor], Tensor]) -> Callable[[], Metric]:
    return lambda: MeanMetric(name, lambda state: compute(state[Y_PRED], state[Y_TRUE]))


_DEFAULTS: dict[str, Callable[[], Metric]] = {
    "loss": lambda: MeanMetric("loss", lambda state: state[LOSS_PER_EXAMPLE]),
    "acc": lambda: _Accuracy("acc"),
    "accuracy": lambda: _Accuracy("acc"),
    "binary_acc": _of_prediction("binary_acc", compute_binary_hits),
    "cat_acc": _of_prediction("acc", compute_categorical_hits),
    "top_5_acc": _of_prediction("top_5_acc", lambda output, target: compute_top_hits(output, target, 5)),
    "top_10_acc": _of_prediction("top_10_acc", lambda output, target: compute_top_hits(output, target, 10)),
    "mse": _of_prediction("mse", compute_squared_error),
    "epoch": lambda: ValueMetric("epoch", lambda state: state[EPOCH]),
    "lr": lambda: ValueMetric("lr", lambda state: float(state[OPTIMIZER].param_groups[0]["lr"])),
}


def get_default(key: str) -> Metric:
    """Return the metric called `key`.

    Raises
    ------
    SubsongError
        When none is; names the nearest.
    """
    if key not in _DEFAULTS:
        raise SubsongError(f"no metric is called {key!r}; {did_you_mean(key, _DEFAULTS)}")
    return _DEFAULTS[key]()


def lambda_metric(name: str, on_epoch: bool = False) -> Callable[[Callable[[Tensor, Tensor], Tensor]], Metric]:
    """Return a decorator that makes a metric of a function of output and target.

    Parameters
    ----------
    name
        As reported.
    on_epoch
        Not supported, for it would keep all outputs of an epoch: score ``trial.predict()`` instead.
    """
    if on_epoch:
        raise SubsongError("lambda_metric(on_epoch=True) is not supported: compute the number from trial.predict()")
    return lambda function: _of_prediction(name, function)()


class MetricList:
    """Metrics that are fed and read together.

    Parameters
    ----------
    metrics
        Metrics, or names of ready ones.
    """

    def __init__(self, metrics: Iterable[Metric | str | type[Metric]]) -> None:
        self.metric_list = [_build(metric) for metric in metrics]

    def start(self, state: State, training: bool) -> None:
        """Begin a pass."""
        for metric in self.metric_list:
            if training:
                metric.train()
            else:
                metric.eval()
            metric.reset(state)

    def process(self, state: State) -> dict[str, Any]:
        """Take a batch in, and return what is reported after it."""
        return _merge((metric.name, metric.process(state)) for metric in self.metric_list)

    def process_final(self, state: State) -> dict[str, Any]:
        """Return what is reported after the pass."""
        return _merge((metric.name, metric.process_final(state)) for metric in self.metric_list)

    def __str__(self) -> str:
        return str([str(metric) for metric in self.metric_list])


def _build(metric: Metric | str | type[Metric]) -> Metric:
    if isinstance(metric, str):
        return get_default(metric)
    found = metric() if isinstance(metric, type) else metric  # type: ignore[call-arg]
    if not isinstance(found, Metric):
        raise SubsongError(f"{metric!r} is no metric: name one ({', '.join(_DEFAULTS)}) or subclass metrics.Metric")
    return found


def _merge(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, value in named:
        if isinstance(value, dict):
            merged.update(value)
        elif value is not None:
            merged[name] = value
    return merged


def count_rows(value: Any) -> int:
    """Return the number of rows of a tensor, or of the first one in a tuple, list or dict."""
    while not isinstance(value, Tensor):
        parts: Sequence[Any] = list(value.values()) if isinstance(value, dict) else value
        value = parts[0]
    return len(value)
