"""The terms of a loss: each maps an output and a batch to one value per example, in nats, summed over dimensions.

A user's own term is a function ``(output, batch) -> (B,)`` named by ``kind: import``; nothing here needs an edit.

Legend: B = examples, L = latent dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator
from torch import Tensor

from subsong.core.config import ConfigBase, ImportedPart
from subsong.objectives.schedules import LinearConfig, Schedule, schedule_value

TermFunction = Callable[[Any, Any, int, int], Tensor]
"""``(output, batch, step, num_steps) -> (B,)``; the step is for terms whose own settings are scheduled."""


_RAMP = ("start_ramp_it", "start_ramp_val", "end_ramp_it", "end_ramp_val")


class TermConfig(ConfigBase):
    """What every entry of the loss table has: a weight, a number or a schedule. Weight 0 skips the computation."""

    weight: Schedule = Field(1.0, description="Factor of this term in the loss: a number or a schedule. 0 skips it.")
    start_ramp_it: int | None = Field(None, ge=0, description="edflow's linear ramp of the weight: its first step.")
    start_ramp_val: float | None = Field(None, description="Its value up to there.")
    end_ramp_it: int | None = Field(None, ge=0, description="Its last step.")
    end_ramp_val: float | None = Field(None, description="Its value from there on.")

    @model_validator(mode="after")
    def _whole_ramp(self) -> Self:
        ramp = [getattr(self, name) for name in _RAMP]
        if any(part is not None for part in ramp):
            if any(part is None for part in ramp):
                raise ValueError("a ramp needs all of start_ramp_it, start_ramp_val, end_ramp_it, end_ramp_val")
            # A preset's 1.0 stands below the ramp keys a user adds; any other weight is a contradiction.
            if self.weight != 1.0:
                raise ValueError("give weight or the four ramp keys, not both")
        return self

    @model_serializer(mode="wrap")
    def _leave_out_ramp(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write weight or ramp, whichever was given, so that what is written can be read again."""
        left_out = {name for name in _RAMP if getattr(self, name) is None} or {"weight"}
        return {name: value for name, value in serialize(self).items() if name not in left_out}

    @property
    def weight_schedule(self) -> Schedule:
        """The weight, with edflow's four ramp keys read as a linear schedule."""
        if self.start_ramp_it is None:
            return self.weight
        assert self.start_ramp_val is not None
        assert self.end_ramp_val is not None
        return LinearConfig(
            start_step=self.start_ramp_it,
            start_value=self.start_ramp_val,
            end_step=self.end_ramp_it,
            end_value=self.end_ramp_val,
        )


class ReconstructionTerm(TermConfig):
    """Negative log-likelihood of the target."""

    kind: Literal["reconstruction"] = "reconstruction"

    def build(self) -> TermFunction:
        """Return the term."""
        return lambda output, batch, step, num_steps: -output.likelihood.log_prob(batch.target, batch.mask)


class Capacity(ConfigBase):
    """Hold the KL at a capacity that grows: ``gamma * |KL - capacity|`` (Burgess et al. 2018)."""

    nats: Schedule = Field(description="The capacity in nats: a number or a schedule.")
    gamma: float = Field(1000.0, gt=0, description="How hard the KL is held there.")


class KlTerm(TermConfig):
    """Divergence of the posterior from the standard normal prior; its weight is the beta of a beta-VAE."""

    kind: Literal["kl"] = "kl"
    free_bits: float = Field(0.0, ge=0, description="Nats a dimension may use for nothing, against posterior collapse.")
    capacity: Capacity | None = Field(None, description="Hold the KL at a growing capacity instead of at zero.")

    def build(self) -> TermFunction:
        """Return the term.

        Notes
        -----
        Free bits are counted for each example and dimension, ``sum_l max(free_bits, KL_l)``, so that the loss does
        not depend on the batch; Kingma et al. (2016) clamp the mean over the batch.
        """

        def compute_kl_term(output: Any, batch: Any, step: int, num_steps: int) -> Tensor:
            kl_BL: Tensor = output.posterior.compute_kl()
            if self.free_bits:
                kl_BL = kl_BL.clamp(min=self.free_bits)
            kl_B = kl_BL.sum(dim=-1)
            if self.capacity is None:
                return kl_B
            return self.capacity.gamma * (kl_B - schedule_value(self.capacity.nats, step, num_steps)).abs()

        return compute_kl_term


class DistanceTerm(TermConfig):
    """Distance of the expected data from the target, summed over entries: L1 or L2 (squared)."""

    kind: Literal["l1", "l2"]

    def build(self) -> TermFunction:
        """Return the term."""
        power = 1 if self.kind == "l1" else 2

        def compute_distance(output: Any, batch: Any, step: int, num_steps: int) -> Tensor:
            distance = (output.likelihood.mean - batch.target).abs() ** power
            observed: Tensor = distance if batch.mask is None else distance * batch.mask
            return observed.flatten(1).sum(dim=1)

        return compute_distance


class ImportedTerm(TermConfig, ImportedPart):
    """A user's own term: a function ``(output, batch, **arguments) -> (B,)``."""

    def build(self) -> TermFunction:
        """Return the user's function as a term; the objective checks the shape of what it returns."""
        function = self.load()
        return lambda output, batch, step, num_steps: function(output, batch, **self.arguments)


LossConfig = Annotated[ReconstructionTerm | KlTerm | DistanceTerm | ImportedTerm, Field(discriminator="kind")]
