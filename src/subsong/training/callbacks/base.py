"""The events of a run that a callback may take part in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subsong.training.engine import Engine
    from subsong.training.validation import Validation


class Callback:
    """Looks on at a run. Each method does nothing until a subclass says otherwise.

    A callback may call ``engine.stop(reason)``. What it has to remember over an interruption it returns from
    `state_dict`, as plain values and tensors. Of several processes only the first calls it, unless ``everywhere``.
    """

    everywhere = False

    def on_start(self, engine: Engine) -> None:
        """Before the first update, and again when a run is resumed."""

    def on_epoch_start(self, engine: Engine) -> None:
        """Before the first update of an epoch, and before the next one of an epoch that is resumed within."""

    def on_gradient(self, engine: Engine) -> None:
        """Before each update, with its gradient computed and not yet clipped; called only where it is defined."""

    def on_step(self, engine: Engine) -> None:
        """After each update; called only where a subclass defines it."""

    def on_log(self, engine: Engine, record: Mapping[str, Any]) -> None:
        """At each logged step, with what was written to the metrics."""

    def on_validation_start(self, engine: Engine) -> None:
        """Before the pass over the whole validation split."""

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """After each epoch, before its record is written; may add to the record, never what a clock says."""

    def on_epoch_end(self, engine: Engine) -> None:
        """When an epoch is over: its record is written, the position is the next epoch's, the checkpoint is there."""

    def on_end(self, engine: Engine) -> None:
        """When the run is over: finished, interrupted or broken."""

    def state_dict(self) -> dict[str, Any]:
        """Return what must survive an interruption."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` returned."""
