"""Optimizers and learning-rate schedules from their configs; all of them torch's own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, ReduceLROnPlateau

from subsong.core.errors import SubsongError
from subsong.training.config import (
    AdamConfig,
    CosineRate,
    ImportedOptimizer,
    LinearRate,
    OptimizerConfig,
    PlateauRate,
    RateConfig,
    SgdConfig,
)

_FUSED_DEVICES = ("cpu", "cuda", "mps")


def build_optimizer(config: OptimizerConfig | Optimizer, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Build the optimizer of a config for `parameters`, which are already on their device.

    An optimizer that is built already is returned as it is.

    Raises
    ------
    SubsongError
        When a ready optimizer updates other parameters than these, or needs the loss computed several times a step.
    """
    if isinstance(config, Optimizer):
        return _check_optimizer(config, list(parameters))
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    if isinstance(config, ImportedOptimizer):
        optimizer: Optimizer = config.load()(trained, lr=config.learning_rate, **config.arguments)
        return optimizer
    if isinstance(config, SgdConfig):
        return torch.optim.SGD(
            trained,
            lr=config.learning_rate,
            momentum=config.momentum,
            nesterov=config.nesterov,
            weight_decay=config.weight_decay,
        )
    return _build_adam(config, trained)


def _check_optimizer(optimizer: Optimizer, parameters: list[nn.Parameter]) -> Optimizer:
    known = {id(parameter) for parameter in parameters}
    updated = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    num_foreign = sum(id(parameter) not in known for parameter in updated)
    if num_foreign:
        raise SubsongError(
            f"{num_foreign} of the {len(updated)} parameters the {type(optimizer).__name__} optimizer updates are not "
            "the model's: build it over model.parameters() of the model that is trained"
        )
    if isinstance(optimizer, torch.optim.LBFGS):
        raise SubsongError("LBFGS computes the loss several times a step, which the engine does not: use Adam or SGD")
    return optimizer


def _build_adam(config: AdamConfig, parameters: list[nn.Parameter]) -> Optimizer:
    fused = config.fused
    if fused == "auto":
        fused = all(p.device.type in _FUSED_DEVICES and p.is_floating_point() for p in parameters)
    cls = torch.optim.AdamW if config.kind == "adamw" else torch.optim.Adam
    return cls(
        parameters,
        lr=config.learning_rate,
        betas=config.betas,
        eps=config.eps,
        weight_decay=config.weight_decay,
        fused=fused,
    )


def build_rate_schedule(config: RateConfig, optimizer: Optimizer, num_steps: int) -> LRScheduler | None:
    """Build the learning-rate schedule of a config for a run of `num_steps`, or None where the rate is constant."""
    if isinstance(config, PlateauRate):
        return _Plateau(
            optimizer,
            factor=config.factor,
            patience=config.patience,
            threshold=config.min_delta,
            min_lr=config.min_rate,
        )
    if isinstance(config, CosineRate):
        return LambdaLR(optimizer, _CosineFactor(config, num_steps))
    if isinstance(config, LinearRate):
        return LambdaLR(optimizer, _LinearFactor(config, num_steps))
    return None


class _Plateau(ReduceLROnPlateau):
    """Torch's, with a relative change that is one for negative losses (of densities) too.

    Torch compares with ``best * (1 - threshold)``, which for a negative best lies above it: no change at all would
    count as improvement.
    """

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Note the loss of an epoch, and lower the rate when it is time."""
        best = float(self.best)
        self.threshold_mode = "rel" if best >= 0 else "abs"
        relative = self.threshold
        try:
            self.threshold = relative if best >= 0 else relative * abs(best)
            super().step(metrics, epoch)
        finally:
            self.threshold, self.threshold_mode = relative, "rel"


class _LinearFactor:
    """The factor on the learning rate at a step."""

    def __init__(self, config: LinearRate, num_steps: int) -> None:
        self.start, self.num_steps = config.start_fraction * num_steps, num_steps
        self.final = config.final_fraction

    def __call__(self, step: int) -> float:
        done = min(1.0, max(0.0, step - self.start) / max(1.0, self.num_steps - self.start))
        return 1.0 - (1.0 - self.final) * done


class _CosineFactor:
    """The factor on the learning rate at a step."""

    def __init__(self, config: CosineRate, num_steps: int) -> None:
        self.num_warmup = config.warmup_fraction * num_steps
        self.final, self.num_steps = config.final_fraction, num_steps

    def __call__(self, step: int) -> float:
        if step < self.num_warmup:
            return (step + 1) / (self.num_warmup + 1)
        done = min(1.0, (step - self.num_warmup) / max(1.0, self.num_steps - self.num_warmup))
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + math.cos(math.pi * done))


def schedule_state(schedule: LRScheduler | None) -> dict[str, Any]:
    """Return the plain numbers of a learning-rate schedule's state."""
    if schedule is None:
        return {}
    plain = (int, float, str, list, type(None))
    return {name: value for name, value in vars(schedule).items() if isinstance(value, plain) and name != "lr_lambdas"}


def restore_schedule(schedule: LRScheduler | None, state: dict[str, Any]) -> None:
    """Put back what `schedule_state` returned."""
    if schedule is not None:
        vars(schedule).update(state)
