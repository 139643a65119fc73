"""Figures at chosen epochs; what is drawn is the recipe's to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from subsong.training.callbacks.base import Callback

if TYPE_CHECKING:
    from subsong.training.engine import Engine
    from subsong.training.run_folder import RunFolder
    from subsong.training.validation import Validation

Plot = Callable[["Engine", "Validation"], None]
"""Draws one figure of the engine's state and a validation pass into the run folder."""


class Figures(Callback):
    """Draws after every n-th epoch, and after the last.

    Parameters
    ----------
    plots
        Each draws one figure of the epoch.
    every_epochs
        n.
    plot_history
        Draws the curves of the run so far, from what its folder holds; or None.
    """

    def __init__(
        self, plots: Sequence[Plot], every_epochs: int, plot_history: Callable[[RunFolder], None] | None = None
    ) -> None:
        self.plots, self.every_epochs, self.plot_history = plots, every_epochs, plot_history

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Draw the epoch's figures, when it is time."""
        if validation is not None and self._is_due(record["epoch"] + 1, engine):
            for plot in self.plots:
                plot(engine, validation)

    def on_epoch_end(self, engine: Engine) -> None:
        """Draw the curves, now that the epoch's record is written."""
        if engine.run is not None and self.plot_history is not None and self._is_due(engine.position.epoch, engine):
            self.plot_history(engine.run)

    def _is_due(self, num_epochs: int, engine: Engine) -> bool:
        return num_epochs % self.every_epochs == 0 or num_epochs == engine.num_epochs
