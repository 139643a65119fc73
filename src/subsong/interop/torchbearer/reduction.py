"""How a criterion that returns one number has reduced it over the examples: found out, for nobody says.

Told by its ``reduction``, where it has one; else by a trial on the first batch twice over, of which a mean is the same
and a sum twice as much. This is what makes reported losses independent of the batch size.

Legend: B = examples of the batch.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from subsong.interop.torchbearer.state import Y_PRED, Y_TRUE, State
from subsong.training.state import State as _State

Criterion = Callable[[Any, Any, _State], Tensor]


def find_reduction(criterion: Any, call: Criterion, state: State, value: Tensor) -> Literal["mean", "sum"] | None:
    """Return ``"mean"`` or ``"sum"``, or None where this batch does not tell.

    Parameters
    ----------
    criterion
        As the script gave it.
    call
        Calls it with output, target and state.
    state
        Of a batch, before callbacks have changed its loss.
    value
        What the criterion returned for it.
    """
    said, once = getattr(criterion, "reduction", None), float(value.detach())
    if said in ("mean", "sum"):
        return "mean" if said == "mean" else "sum"
    if once == 0.0 or not math.isfinite(once):
        return None
    num_rows = len(state[Y_TRUE]) if isinstance(state[Y_TRUE], Tensor) else 0
    doubled = State({key: _double(entry, num_rows) for key, entry in state.items()})
    devices = [value.device] if value.device.type == "cuda" else []
    with torch.no_grad(), torch.random.fork_rng(devices=devices):
        twice = float(call(doubled[Y_PRED], doubled[Y_TRUE], doubled))
    if abs(twice - once) <= 1e-3 * abs(once):
        return "mean"
    if abs(twice - 2 * once) <= 1e-3 * abs(once):
        return "sum"
    warnings.warn(
        f"the criterion is neither a mean nor a sum over examples ({once:g} for a batch, {twice:g} for it twice): its "
        "value is reported as it is, and may depend on the batch size",
        stacklevel=2,
    )
    return "mean"


def _double(entry: Any, num_rows: int) -> Any:
    if isinstance(entry, Tensor):
        return torch.cat([entry, entry]) if entry.ndim and len(entry) == num_rows else entry
    if type(entry) in (tuple, list):
        return type(entry)(_double(part, num_rows) for part in entry)
    if type(entry) is dict:
        return {name: _double(part, num_rows) for name, part in entry.items()}
    if isinstance(entry, tuple) and hasattr(entry, "_fields"):
        return type(entry)(*(_double(part, num_rows) for part in entry))
    return entry
