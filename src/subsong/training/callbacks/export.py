"""The portable model folder, renewed whenever the model is the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from subsong.models.portable import ModelDescription, write_model
from subsong.training.callbacks.base import Callback

if TYPE_CHECKING:
    from subsong.training.engine import Engine
    from subsong.training.validation import Validation


class ModelExport(Callback):
    """Writes ``model/`` after each epoch that is the best so far: a run can be used before it is over.

    Parameters
    ----------
    description
        What the folder says besides the weights.
    """

    def __init__(self, description: ModelDescription) -> None:
        self.description = description

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Write the model when it has improved."""
        if engine.run is None or not engine.improved:
            return
        training = {
            **(self.description.training or {}),
            "run": engine.run.name,
            "epoch": record["epoch"] + 1,
            "updates": record["step"],
            "seed": engine.seed,
            "loss": round(engine.best_loss, 4),
        }
        write_model(engine.run.model_dir, engine.evaluated_module, self.description._replace(training=training))
