"""What the engine trains: a module, how its loss is computed, and what of its output is kept.

Legend: B = examples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor, nn

from subsong.core.noise import Noise
from subsong.objectives.objective import LossTable, Objective
from subsong.training.calling import Forward as Forward
from subsong.training.calling import build_forward_call
from subsong.training.state import State


class Task(Protocol):
    """What the engine needs to know of a model."""

    module: nn.Module

    def compute(self, forward: Forward, batch: Any, noise: Noise, step: int, training: bool) -> tuple[LossTable, Any]:
        """Return the loss table and the output of a batch, which is on the module's device."""
        ...

    def outputs(self, output: Any, batch: Any) -> dict[str, Tensor]:
        """Return what an evaluation keeps of an output: name -> (B, ...)."""
        ...


class ModelTask:
    """A model of ours, called ``model(batch, noise)``, or a user's, called as the names of its parameters ask for.

    Parameters
    ----------
    module
        The model. Its first parameter is given the batch's input, or the batch itself when it is named ``batch``; a
        parameter ``noise`` is given the noise, a parameter ``state`` an empty state.
    objective
        Maps output and batch to the loss table.
    corrupt
        Applied to a training batch's input; None leaves it.
    """

    def __init__(
        self, module: nn.Module, objective: Objective, corrupt: Callable[[Any, Noise], Any] | None = None
    ) -> None:
        self.module, self.objective, self.corrupt = module, objective, corrupt
        self._call = build_forward_call(module)

    def compute(self, forward: Forward, batch: Any, noise: Noise, step: int, training: bool) -> tuple[LossTable, Any]:
        """Return the loss table and the output of a batch.

        Notes
        -----
        Validation is scored with the weights of the end of the run, so that epochs under a warm-up compare.
        """
        if training and self.corrupt is not None:
            batch = self.corrupt(batch, noise)
        output = self._call(forward, batch, noise, State())
        return self.objective(output, batch, step if training else self.objective.num_steps), output

    def outputs(self, output: Any, batch: Any) -> dict[str, Tensor]:
        """Return what the output says is to be kept, by its method ``outputs(batch)``.

        Of an output without such a method: its tensor fields that have one row an example.
        """
        choose = getattr(output, "outputs", None)
        kept: dict[str, Tensor] = choose(batch) if callable(choose) else keep_tensors(output, len(batch[0]))
        return kept


def keep_tensors(output: Any, num_rows: int) -> dict[str, Tensor]:
    """Return the tensors of a user's output that have one row an example, by field name or position."""
    if isinstance(output, Tensor):
        fields: dict[str, Any] = {"prediction": output}
    elif hasattr(output, "_asdict"):
        fields = output._asdict()
    elif isinstance(output, dict):
        fields = {str(name): value for name, value in output.items()}
    elif isinstance(output, tuple | list):
        fields = {f"prediction_{position}": value for position, value in enumerate(output)}
    else:
        fields = {}
    return {
        name: value for name, value in fields.items() if isinstance(value, Tensor) and value.shape[:1] == (num_rows,)
    }
