"""Figures at chosen epochs; what is drawn is the recipe's to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from subsong.training.callbacks.base import Callback

if TYPE_CHECKING:
    from subsong.training.engine import Engine
    from subsong.training.validation import Validation

Plot = Callable[["Engine", "Validation"], None]
"""Draws one figure of the engine's state and a validation pass into the run folder."""


class Figures(Callback):
    """Calls each of `plots` after every n-th epoch, and after the last."""

    def __init__(self, plots: Sequence[Plot], every_epochs: int) -> None:
        self.plots, self.every_epochs = plots, every_epochs

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Draw, when it is time."""
        is_due = (record["epoch"] + 1) % self.every_epochs == 0 or record["epoch"] + 1 == engine.num_epochs
        if validation is not None and is_due:
            for plot in self.plots:
                plot(engine, validation)
