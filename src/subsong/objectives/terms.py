"""The terms of a loss: each maps an output and a batch to one value per example, in nats, summed over dimensions.

A user's own term is a function ``(output, batch) -> (B,)`` named by ``kind: import``; nothing here needs an edit.

Legend: B = examples, L = latent dimensions.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from torch import Tensor

from subsong.core.config import ConfigBase, ImportedPart
from subsong.objectives.colour import ColourTerm
from subsong.objectives.gram import GramTerm
from subsong.objectives.perceptual import PerceptualTerm
from subsong.objectives.schedules import Schedule, schedule_value
from subsong.objectives.segmenting import BorderTerm, SegmentationTerm
from subsong.objectives.similarity import SimilarityTerm
from subsong.objectives.term import TermConfig
from subsong.objectives.term import TermFunction as TermFunction


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
    """Divergence of the posterior from the prior; its weight is the beta of a beta-VAE. VUNet calls it ``KL``."""

    kind: Literal["kl", "KL"] = "kl"
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


LossConfig = Annotated[
    ReconstructionTerm
    | KlTerm
    | DistanceTerm
    | ColourTerm
    | SimilarityTerm
    | PerceptualTerm
    | GramTerm
    | SegmentationTerm
    | BorderTerm
    | ImportedTerm,
    Field(discriminator="kind"),
]
