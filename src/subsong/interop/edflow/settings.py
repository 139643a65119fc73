"""The keys of an edflow configuration that the engine itself obeys, with edflow's defaults."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.datasets.order import num_batches
from subsong.interop.edflow.retrieve import contains_key, retrieve, set_default, set_value
from subsong.training.config import TrainingConfig
from subsong.training.position import Plan, StepRows

_DEBUG_BATCHES, _DEBUG_STEPS = 5, 10

log = logging.getLogger(__name__)


class Settings(NamedTuple):
    """What the engine obeys.

    Attributes
    ----------
    batch_size, test_batch_size
        Examples of a training batch, and of one of an evaluation.
    start_log_freq, log_freq
        First and largest interval of logs.
    ckpt_freq
        Updates between checkpoints within an epoch; None keeps those at the ends of epochs.
    num_prefetched
        Batches fetched ahead.
    debug_timing
        Log the seconds of each part of a step.
    seed
        Of first weights, order and all that is drawn.
    tensorboard
        Write TensorBoard files.
    """

    batch_size: int
    test_batch_size: int
    start_log_freq: int
    log_freq: int
    ckpt_freq: int | None
    num_prefetched: int
    debug_timing: bool
    seed: int
    tensorboard: bool


def read_settings(config: Any, is_debug: bool = False) -> Settings:
    """Return the settings of a configuration; defaults are written into it, so that they are seen.

    Parameters
    ----------
    config
        Nested dicts.
    is_debug
        Switch integrations off, which a script may look up as well.

    Raises
    ------
    SubsongError
        When a number is none, or missing.
    """
    if not contains_key(config, "batch_size"):
        raise SubsongError("the configuration has no batch_size: give one, such as --batch_size 8")
    for key in ("tensorboard", "tensorboardX", "wandb"):
        set_default(config, f"integrations/{key}/active", False)
        if is_debug and retrieve(config, "debug/disable_integrations", default=True):
            set_value(config, f"integrations/{key}/active", False)
    if retrieve(config, "integrations/wandb/active"):
        log.warning("integrations/wandb is not there: numbers are in train/metrics.jsonl, pictures beside it")
    batch_size = read_count(config, "batch_size", 1)
    is_tracked = [bool(retrieve(config, f"integrations/{key}/active")) for key in ("tensorboard", "tensorboardX")]
    return Settings(
        batch_size,
        read_count(config, "test_batch_size", batch_size),
        read_count(config, "start_log_freq", 1),
        read_count(config, "log_freq", 1000),
        read_count(config, "ckpt_freq", None),
        read_count(config, "n_prefetch", 0, minimum=0) or 0,
        bool(set_default(config, "debug_timing", False)),
        read_count(config, "seed", 0, minimum=0),
        any(is_tracked),
    )


def read_count(config: Any, key: str, default: int | None, minimum: int = 1) -> Any:
    """Return a whole number of the configuration, or `default`, which is written into it.

    Raises
    ------
    SubsongError
        When it is no whole number, or smaller than `minimum`.
    """
    value = set_default(config, key, default)
    if value is None and default is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise SubsongError(f"{key} is {value!r}: expected a whole number from {minimum}")
    return value


class Length(NamedTuple):
    """How long a run is.

    Attributes
    ----------
    num_steps, num_epochs
        Updates and epochs in all; the last epoch may be a short one.
    num_batches
        Batches of an epoch.
    """

    num_steps: int
    num_epochs: int
    num_batches: int


def read_length(config: Any, num_examples: int, batch_size: int, is_debug: bool) -> Length:
    """Return the length of a run: ``num_steps``, which wins, or ``num_epochs``.

    Raises
    ------
    SubsongError
        When neither is given.
    """
    all_batches = num_batches(num_examples, batch_size)
    most = read_count(config, "max_batches_per_epoch", None)
    per_epoch = all_batches if most is None else min(most, all_batches)
    if contains_key(config, "num_steps"):
        num_steps = read_count(config, "num_steps", None)
    elif contains_key(config, "num_epochs"):
        num_steps = read_count(config, "num_epochs", None) * per_epoch
    else:
        raise SubsongError("the configuration says not how long to train: give num_epochs or num_steps")
    if is_debug:
        num_steps = min(num_steps, retrieve(config, "debug/max_steps", default=_DEBUG_STEPS))
    return Length(num_steps, -(-num_steps // per_epoch), per_epoch)


def count_debug_rows(config: Any, batch_size: int) -> int:
    """Return how many examples of each split are used to look for mistakes."""
    return int(retrieve(config, "debug/max_examples", default=_DEBUG_BATCHES * batch_size))


class LimitedPlan(Plan):
    """The engine's order of examples, cut off after so many updates in all.

    Parameters
    ----------
    plan
        Whose order it is.
    length
        Where it ends.
    """

    def __init__(self, plan: Plan, length: Length) -> None:
        super().__init__(plan.num_examples, plan.config, plan.seed, (plan.rank, plan.num_ranks))
        self.num_batches, self._num_steps = length.num_batches, length.num_steps

    def steps(self, epoch: int, first_batch: int = 0) -> list[StepRows]:
        """Return the rows of the updates of `epoch` from `first_batch` on."""
        num_left = self._num_steps - epoch * self.num_batches
        return super().steps(epoch)[first_batch : max(0, min(self.num_batches, num_left))]


def build_training_config(settings: Settings, length: Length) -> TrainingConfig:
    """Return the part of the settings that the engine takes as its own configuration."""
    return TrainingConfig.model_validate(
        {
            "num_epochs": length.num_epochs,
            "batch_size": settings.batch_size,
            # Logs are `log_op`'s, and come after the update.
            "log_steps": None,
            "checkpoint": {"every_steps": settings.ckpt_freq, "every_minutes": None},
            "debug_timing": settings.debug_timing,
            "num_prefetched": settings.num_prefetched,
        }
    )
