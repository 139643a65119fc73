"""The collapse watch: warns when the latent code has stopped to carry information."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from subsong.evaluation.latents import compute_active_units, compute_kl_per_dimension
from subsong.training.callbacks.base import Callback
from subsong.training.task import ModelTask

if TYPE_CHECKING:
    from subsong.training.engine import Engine
    from subsong.training.validation import Validation

log = logging.getLogger(__name__)

REMEDIES = (
    "spread the contrast of the input over its whole range, and raise the precision of the model "
    "(model.likelihood.precision, or a smaller losses.kl.weight)"
)
"""What helps against collapse where a family knows nothing better."""
_TELLING_KL = 1.0
"""Nats an example; with less, a code tells fewer than three kinds of examples apart."""


class CollapseWatch(Callback):
    """Adds active units and KL per dimension to each epoch's record, and warns on posterior collapse.

    While weights of the loss still change towards those of the end, as in a warm-up of the KL, nothing is warned of.

    Parameters
    ----------
    baseline
        Reconstruction term of the mean example, nats; a model that does no better ignores its code. None skips this.
    remedies
        What to do about it; ends the warning.
    perfect
        Reconstruction term of a perfect reconstruction, nats, which a density's constant may put far from 0.
    """

    everywhere = True

    def __init__(self, baseline: float | None = None, remedies: str = REMEDIES, perfect: float = 0.0) -> None:
        self.baseline, self.remedies, self.perfect = baseline, remedies, perfect

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Look at the posteriors of the validation split."""
        if validation is None or not validation.latents:
            return
        mean_NL, log_variance_NL = validation.latents["latent_mean"], validation.latents["latent_log_variance"]
        num_active = int(compute_active_units(mean_NL).sum())
        record["active_units"] = num_active
        record["kl_per_dimension"] = [
            round(kl, 6) for kl in compute_kl_per_dimension(mean_NL, log_variance_NL).tolist()
        ]
        if _is_warming_up(engine):
            return
        kl = sum(record["kl_per_dimension"])
        warning = self._judge(num_active, mean_NL.shape[1], kl, validation.losses.get("reconstruction"))
        if warning is not None:
            record["warning"] = warning
            log.warning("epoch %d: %s", record["epoch"], warning)

    def _judge(self, num_active: int, latent_dim: int, kl: float, reconstruction: float | None) -> str | None:
        if num_active == 0:
            return f"posterior collapse: none of {latent_dim} latent dimensions is active; {self.remedies}"
        # A code that tells examples apart is not ignored: its decoder has yet to learn, as in the first epochs.
        if self.baseline is None or reconstruction is None or kl > _TELLING_KL:
            return None
        if reconstruction - self.perfect > 0.99 * (self.baseline - self.perfect):
            return (
                f"posterior collapse: the reconstruction ({reconstruction:.1f} nats) is no better than the mean "
                f"example's ({self.baseline:.1f}); {self.remedies}"
            )
        return None


def _is_warming_up(engine: Engine) -> bool:
    """Tell whether a weight of the loss is not yet what it is at the end of the run."""
    if not isinstance(engine.task, ModelTask):
        return False
    objective = engine.task.objective
    return objective.weights(engine.position.step) != objective.weights(objective.num_steps)
