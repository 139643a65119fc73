"""Likelihoods: what a decoder says about the data, as exchangeable distribution objects.

Each has ``mean`` (what is drawn as the reconstruction) and ``log_prob(target, mask)``: nats, summed over the
dimensions of an example, one value per example.

Legend: B = examples, ... = the shape of one example.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, NamedTuple, Protocol, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn import functional

from subsong.core.config import ConfigBase


class Likelihood(Protocol):
    """What every likelihood offers."""

    @property
    def mean(self) -> Tensor:
        """Expected data, shape (B, ...)."""
        ...

    def log_prob(self, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return log p(target) per example in nats, shape (B,); entries where `mask` is False do not count."""
        ...


class Bernoulli(NamedTuple):
    """Independent binary (or grey, in [0, 1]) entries, by their logits.

    With grey values the "log probability" is the negative cross-entropy, as in the guides of the field; it is a
    density only for values 0 and 1.
    """

    logits: Tensor

    @property
    def mean(self) -> Tensor:
        """Probability of one, shape (B, ...)."""
        return torch.sigmoid(self.logits.float())

    def log_prob(self, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return log p(target) in nats, shape (B,). `target` lies in [0, 1]."""
        loss = functional.binary_cross_entropy_with_logits(self.logits.float(), target, reduction="none")
        return -_sum_observed(loss, mask)


class Gaussian(NamedTuple):
    """Independent normal entries around a mean, all with one precision (1 / variance)."""

    mean: Tensor
    precision: float | Tensor

    def log_prob(self, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return log p(target) in nats, shape (B,)."""
        constant = 0.5 * (math.log(2 * math.pi) - torch.as_tensor(self.precision).log())
        return -_sum_observed(0.5 * self.precision * (target - self.mean.float()) ** 2 + constant, mask)


class Multinomial(NamedTuple):
    """Which entries make up an example, given how many it has: they compete for a share of one (Liang et al. 2018).

    How long a list is tells nothing here, so effort drops out; what stays is its composition.
    """

    logits: Tensor

    @property
    def mean(self) -> Tensor:
        """Share of each entry in an example, shape (B, D); sums to one."""
        return torch.softmax(self.logits.float(), dim=-1)

    def log_prob(self, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return log p(target) in nats, shape (B,), without the multinomial coefficient, which no model changes.

        Entries where `mask` is False take part neither in the sum nor in the competition.
        """
        logits = self.logits.float()
        if mask is not None:
            logits, target = logits.masked_fill(~mask, -torch.inf), target * mask
        log_share = torch.log_softmax(logits, dim=-1)
        # 0 * -inf is no number; what is not there costs nothing.
        return torch.where(target > 0, target * log_share, 0.0).flatten(1).sum(dim=1)


def _sum_observed(values: Tensor, mask: Tensor | None) -> Tensor:
    return (values if mask is None else values * mask).flatten(1).sum(dim=1)


class BernoulliConfig(ConfigBase):
    """Cross-entropy of values in [0, 1]: pictures, presence and absence."""

    kind: Literal["bernoulli"] = "bernoulli"

    def build(self, parameters: Tensor) -> Likelihood:
        """Return the likelihood whose logits are the decoder's output."""
        return Bernoulli(parameters)


class GaussianConfig(ConfigBase):
    """Squared error scaled by a precision; the higher it is, the more reconstruction counts against the KL."""

    kind: Literal["gaussian"] = "gaussian"
    precision: float = Field(10.0, gt=0, description="1 / variance of the observation noise. Raise it on collapse.")

    def build(self, parameters: Tensor) -> Likelihood:
        """Return the likelihood whose mean is the decoder's output."""
        return Gaussian(parameters, self.precision)


class LearnedGaussianConfig(ConfigBase):
    """Squared error scaled by a precision that is learned with the weights, one number for all entries."""

    kind: Literal["learned_gaussian"] = "learned_gaussian"
    precision: float = Field(10.0, gt=0, description="1 / variance of the observation noise at the start.")
    min_precision: float = Field(1.0, gt=0, description="It never falls below, so that the code is not given up.")
    max_precision: float = Field(1000.0, gt=0, description="It never rises above, so that noise is not copied.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.min_precision <= self.precision <= self.max_precision:
            raise ValueError(
                f"precision {self.precision:g} does not lie between min_precision {self.min_precision:g} and "
                f"max_precision {self.max_precision:g}"
            )
        return self

    def build(self, parameters: Tensor, log_precision: Tensor | None = None) -> Likelihood:
        """Return the likelihood whose mean is the decoder's output, with the precision learned so far."""
        if log_precision is None:
            return Gaussian(parameters, self.precision)
        bounded = log_precision.clamp(math.log(self.min_precision), math.log(self.max_precision))
        return Gaussian(parameters, bounded.exp())


class MultinomialConfig(ConfigBase):
    """Composition of a list, whatever its length: species compete for a share."""

    kind: Literal["multinomial"] = "multinomial"

    def build(self, parameters: Tensor) -> Likelihood:
        """Return the likelihood whose logits are the decoder's output."""
        return Multinomial(parameters)


LikelihoodConfig = Annotated[BernoulliConfig | GaussianConfig | MultinomialConfig, Field(discriminator="kind")]
