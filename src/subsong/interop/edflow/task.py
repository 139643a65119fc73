"""A ``step_op`` as a task of the engine.

``step_op`` runs forward and returns functions; which of them is called, and when, is the engine's affair:
``train_op`` once for each training batch, ``log_op`` at a log, ``eval_op`` in a pass over the validation split. Outside
training all run without graph, and the model in evaluation mode.

Legend: B = rows of a batch.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.noise import Noise
from subsong.interop.edflow.datasets import INDEX, LABELS, ExampleBatch
from subsong.objectives.objective import LossTable
from subsong.training.calling import Forward
from subsong.training.position import Position

if TYPE_CHECKING:
    from subsong.training.engine import Engine

OpName = Literal["train_op", "log_op", "eval_op"]


class StepOpTask:
    """Computes batches with an iterator's ``step_op``.

    Parameters
    ----------
    iterator
        The script's.

    Attributes
    ----------
    module
        The model, or an empty module where it is none of torch's.
    engine
        Whose position the iterator is told; where there is none, it is told `start`.
    on_evaluated
        Given the batch and the functions of every batch of a pass over the validation split; None outside of one.
    """

    def __init__(self, iterator: Any) -> None:
        self.iterator = iterator
        model = iterator.model
        self.module: nn.Module = model if isinstance(model, nn.Module) else nn.Module()
        self.engine: Engine | None = None
        self.start = Position()
        self.on_evaluated: Callable[[ExampleBatch, Ops], None] | None = None
        self._ops: Ops | None = None

    def compute(self, forward: Forward, batch: Any, noise: Noise, step: int, training: bool) -> tuple[LossTable, Any]:
        """Run ``step_op`` on a batch; its loss stays with the script, so the table's is not a number."""
        split = "train" if training else "validation"
        if training or self.on_evaluated is not None:
            position = self.position
            self.iterator.set_position(split, position.step, position.epoch, position.batch)
        else:
            # A look at a validation batch belongs to the training step that was just done.
            self.iterator.set_split(split)
        if training:
            self._ops = self._run(batch.examples)
        else:
            # Within inference mode a script could not even keep what it computes for a later step.
            with torch.inference_mode(mode=False), torch.no_grad():
                self._ops = self._run(batch.examples)
            if self.on_evaluated is not None:
                self.on_evaluated(batch, self._ops)
        return LossTable(torch.full((len(batch.rows),), torch.nan), {}, {}), self._ops

    def _run(self, examples: Mapping[str, Any]) -> Ops:
        found = self.iterator.step_op(self.iterator.model, **_choose(self.iterator, examples))
        if not isinstance(found, Mapping):
            raise SubsongError(
                f"step_op of {type(self.iterator).__name__} returned a {type(found).__name__}: expected a dict of the "
                "functions train_op, log_op and eval_op"
            )
        return Ops(found, type(self.iterator).__name__)

    @property
    def position(self) -> Position:
        """How much of the run is done."""
        return self.start if self.engine is None else self.engine.position

    @property
    def ops(self) -> Ops:
        """The functions of the batch that was computed last."""
        assert self._ops is not None
        return self._ops

    def outputs(self, output: Any, batch: Any) -> dict[str, Tensor]:
        """Return nothing: outputs are stored as edflow does."""
        return {}


class Ops:
    """The functions ``step_op`` returned for one batch, each called only when it is due.

    Parameters
    ----------
    functions
        By name.
    owner
        The class of the iterator, for errors.
    """

    def __init__(self, functions: Mapping[str, Any], owner: str) -> None:
        self._functions, self._owner = functions, owner

    def train(self) -> None:
        """Update the weights."""
        self._get("train_op")()

    def log(self) -> Mapping[str, Any]:
        """Return pictures and numbers to log, computed without graph; nothing where there is no ``log_op``."""
        if "log_op" not in self._functions:
            return {}
        with torch.inference_mode(mode=False), torch.no_grad():
            logs = self._get("log_op")() or {}
        if not isinstance(logs, Mapping) or not logs.keys() <= {"images", "scalars", "figures"}:
            found = sorted(map(str, logs)) if isinstance(logs, Mapping) else type(logs).__name__
            raise SubsongError(
                f"log_op of {self._owner} returned {found}: expected a dict with images, scalars and figures in it"
            )
        return logs

    def evaluate(self) -> Any:
        """Return what is stored of a batch of the validation split, computed without graph."""
        with torch.inference_mode(mode=False), torch.no_grad():
            return self._get("eval_op")()

    def _get(self, name: OpName) -> Callable[[], Any]:
        function = self._functions.get(name)
        if not callable(function):
            hint = did_you_mean(name, map(str, self._functions))
            raise SubsongError(f"step_op of {self._owner} returned no function {name!r}; {hint}")
        result: Callable[[], Any] = function
        return result


def _choose(iterator: Any, examples: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``step_op`` takes of a batch; index and labels are left out where it does not ask for them.

    Raises
    ------
    SubsongError
        When it asks for what no example has.
    """
    parameters = list(inspect.signature(iterator.step_op).parameters.values())[1:]
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    names = {parameter.name for parameter in parameters}
    for parameter in parameters:
        is_named = parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        if is_named and parameter.default is inspect.Parameter.empty and parameter.name not in examples:
            raise SubsongError(
                f"step_op of {type(iterator).__name__} asks for {parameter.name!r}, which no example of the dataset "
                f"has; {did_you_mean(parameter.name, [name for name in examples if name != INDEX])}"
            )
    optional = {INDEX, LABELS} if not takes_all else set()
    return {name: value for name, value in examples.items() if name in names or name not in optional}
