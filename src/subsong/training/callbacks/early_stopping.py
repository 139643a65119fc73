"""Stop when the validation loss no longer improves.

Ours, because those of the libraries hang on their trainers (``docs/decisions/0001-fabric-under-a-lean-loop.md``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from subsong.training.callbacks.base import Callback

if TYPE_CHECKING:
    from subsong.training.engine import Engine
    from subsong.training.validation import Validation


class EarlyStopping(Callback):
    """Stop after `patience` evaluations without an improvement of more than `min_delta` nats."""

    everywhere = True

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        self.patience, self.min_delta = patience, min_delta
        self.best, self.num_waited = math.inf, 0

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Compare the epoch's validation loss with the best so far."""
        if validation is None:
            return
        loss = validation.losses["loss"]
        if loss < self.best - self.min_delta:
            self.best, self.num_waited = loss, 0
            return
        self.num_waited += 1
        if self.num_waited >= self.patience:
            engine.stop(f"the validation loss has not improved for {self.num_waited} evaluations")

    def state_dict(self) -> dict[str, Any]:
        """Return the best loss and how long it stands."""
        return {"best": self.best, "num_waited": self.num_waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` returned."""
        self.best, self.num_waited = state["best"], state["num_waited"]
