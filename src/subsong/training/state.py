"""The state of a step: what model, loss and callbacks may read and leave for each other while a batch is computed.

It is fresh for every batch, so that nothing of one step can leak into the next. Keys are strings, or key objects that
carry the type of their value; ``StateKey("mu")`` and ``"mu"`` name the same entry.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

from torch import Tensor

from subsong.core.errors import did_you_mean
from subsong.core.noise import Noise

T = TypeVar("T")


class StateKey(str, Generic[T]):
    """A name in the state, with the type of its value.

    Examples
    --------
    >>> MU: StateKey[Tensor] = StateKey("mu")
    >>> State({MU: 1.0})["mu"]
    1.0
    """

    __slots__ = ()


INPUT: StateKey[Any] = StateKey("input")
"""What the model is given."""
TARGET: StateKey[Any] = StateKey("target")
"""What its output is compared with."""
OUTPUT: StateKey[Any] = StateKey("output")
"""What the model returned."""
LOSS: StateKey[Tensor] = StateKey("loss")
"""The loss of each example, shape (B,)."""
BATCH: StateKey[Any] = StateKey("batch")
"""The whole batch, with the rows it holds."""
NOISE: StateKey[Noise] = StateKey("noise")
"""Normal and uniform numbers that are a function of the run's seed and the position."""
STEP: StateKey[int] = StateKey("step")
"""Updates done so far."""
TRAINING: StateKey[bool] = StateKey("training")
"""Whether this batch is trained on, or only scored."""


class State(dict[Any, Any]):
    """The state of one step.

    Raises
    ------
    KeyError
        For a key that nobody has written; names the nearest.
    """

    @overload
    def __getitem__(self, key: StateKey[T]) -> T: ...
    @overload
    def __getitem__(self, key: Any) -> Any: ...
    def __getitem__(self, key: Any) -> Any:
        """Return the value of `key`."""
        return super().__getitem__(key)

    def __missing__(self, key: object) -> Any:
        raise KeyError(f"nothing has written {str(key)!r} to the state of this step; {did_you_mean(str(key), self)}")
