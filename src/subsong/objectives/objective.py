"""The objective: a table of named, weighted terms.

Convention, everywhere: sum over dimensions, mean over examples, nats.

Legend: B = examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.objectives.schedules import Schedule, check_schedule, schedule_value
from subsong.objectives.terms import KlTerm, LossConfig, TermFunction


class LossTable(NamedTuple):
    """The loss of a batch, in its parts.

    Attributes
    ----------
    total_B
        Weighted sum of the terms of each example, shape (B,).
    terms
        Each computed term before its weight, shape (B,) each.
    weights
        The weight each term had at this step; terms whose weight is always 0 are here, but not in `terms`.
    """

    total_B: Tensor
    terms: Mapping[str, Tensor]
    weights: Mapping[str, float]


class WeightedTerm(NamedTuple):
    """A term and its weight, a number or a schedule."""

    compute: TermFunction
    weight: Schedule


class Objective:
    """Named terms whose weighted sum is minimised.

    Parameters
    ----------
    terms
        Name -> term with its weight.
    num_steps
        Length of the run, which schedules given as a fraction refer to.
    """

    def __init__(self, terms: Mapping[str, WeightedTerm], num_steps: int) -> None:
        self.terms = dict(terms)
        self.num_steps = num_steps

    def __call__(self, output: Any, batch: Any, step: int) -> LossTable:
        """Return the loss of a batch at `step`.

        Raises
        ------
        SubsongError
            When a term does not return one value per example.
        """
        weights = self.weights(step)
        terms: dict[str, Tensor] = {}
        total_B: Tensor | None = None
        for name, term in self.terms.items():
            # One on its way up from 0 is computed: several processes wait for the gradient of every parameter.
            if weights[name] == 0.0 and isinstance(term.weight, int | float):
                continue
            value_B = terms[name] = _check_shape(name, term.compute(output, batch, step, self.num_steps), len(batch[0]))
            weighted_B = value_B if weights[name] == 1.0 else weights[name] * value_B
            total_B = weighted_B if total_B is None else total_B + weighted_B
        if total_B is None or not any(weights.values()):
            raise SubsongError(f"every loss weight is 0 at step {step}: give at least one term a weight")
        return LossTable(total_B, terms, weights)

    def weights(self, step: int) -> dict[str, float]:
        """Return the weight of each term at `step`."""
        return {name: schedule_value(term.weight, step, self.num_steps) for name, term in self.terms.items()}


def _check_shape(name: str, value: Any, num_rows: int) -> Tensor:
    if not isinstance(value, Tensor) or value.shape != (num_rows,):
        found = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise SubsongError(
            f"loss term {name!r} must return one value per example, a tensor of shape ({num_rows},), but returned "
            f"{found}: sum over all axes but the first"
        )
    return value


def build_objective(losses: Mapping[str, LossConfig], num_steps: int) -> Objective:
    """Build the objective of a config's ``losses``.

    Raises
    ------
    SubsongError
        When a schedule cannot finish within `num_steps`, or a term is called as the total is; names the term.
    """
    terms = {}
    for name, config in losses.items():
        if name == "loss" or "/" in name:
            raise SubsongError(f"losses.{name}: the sum of all terms is called loss; call it otherwise, without '/'")
        try:
            check_schedule(config.weight_schedule, num_steps)
            if isinstance(config, KlTerm) and config.capacity is not None:
                check_schedule(config.capacity.nats, num_steps)
        except SubsongError as error:
            raise SubsongError(f"losses.{name}: {error}") from error
        terms[name] = WeightedTerm(config.build(), config.weight_schedule)
    return Objective(terms, num_steps)
