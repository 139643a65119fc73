"""The engine's state in a checkpoint, and back: everything that is not a function of the configuration."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from subsong.core.errors import SubsongError
from subsong.training.callbacks.base import Callback
from subsong.training.checkpoints import (
    BEST,
    LAST,
    check_same_model,
    compute_model_digest,
    read_checkpoint,
    write_checkpoint,
)
from subsong.training.position import Position

if TYPE_CHECKING:
    from subsong.training.engine import Engine

log = logging.getLogger(__name__)


def save(engine: Engine, is_best: bool, keep_as: str | None) -> None:
    """Write the last checkpoint, and the same under the names for the best and for keeping.

    The best is written before the last: a run killed between the two resumes from the one before and writes both
    again, equal.
    """
    assert engine.run is not None
    state = collect_state(engine)
    if engine.is_first_process:
        folder = engine.run.checkpoint_dir
        more = [folder / name for name in (BEST if is_best else None, keep_as) if name is not None]
        write_checkpoint([*more, folder / LAST], state)


def collect_state(engine: Engine) -> dict[str, Any]:
    """Return the whole state as tensors and plain values."""
    return {
        "seed": engine.seed,
        "num_steps": engine.num_steps,
        "model_digest": compute_model_digest(engine.task.module),
        "position": engine.position.state_dict(),
        **engine.updater.state_dict(),
        "sums": engine.sums.state_dict(engine.reduce),
        "best_loss": engine.best_loss,
        "stop_reason": engine.stop_reason,
        "callbacks": {name: callback.state_dict() for name, callback in _named(engine.callbacks).items()},
        "metrics_bytes": engine.metrics.sync(),
        "timings_bytes": engine.timings.sync(),
    }


def _named(callbacks: Sequence[Callback]) -> dict[str, Callback]:
    """Return callbacks by class name, a number behind it for the second of a class."""
    named: dict[str, Callback] = {}
    for callback in callbacks:
        name = type(callback).__name__
        same = sum(key.split("-")[0] == name for key in named)
        named[f"{name}-{same + 1}" if same else name] = callback
    return named


def resume(engine: Engine) -> None:
    """Put the engine where the run's last checkpoint left it, or at the beginning where there is none.

    Raises
    ------
    SubsongError
        When the checkpoint is damaged, of another model, or of another seed.
    """
    assert engine.run is not None
    if engine.is_first_process:
        engine.run.clean()
    path = engine.run.checkpoint_dir / LAST
    if not path.is_file():
        engine.metrics.cut(0)
        engine.timings.cut(0)
        return
    state = read_checkpoint(path)
    check_same_model(path, state, engine.task.module)
    if state["seed"] != engine.seed:
        raise SubsongError(f"{path} was trained with seed {state['seed']}, the config says {engine.seed}")
    restore(engine, state)
    engine.metrics.cut(state["metrics_bytes"])
    engine.timings.cut(state["timings_bytes"])
    log.info("resumed at step %d of %d (epoch %d)", engine.position.step, engine.num_steps, engine.position.epoch + 1)


def restore(engine: Engine, state: dict[str, Any]) -> None:
    """Put back what `collect_state` returned, of this run or of a shorter one."""
    engine.position = Position(**state["position"])
    engine.updater.load_state_dict(state)
    if engine.is_first_process:
        # The sums were added up over the processes when they were saved.
        engine.sums.load_state_dict(state["sums"])
    engine.best_loss = state["best_loss"]
    # A run that is given more epochs goes on; one that stopped early stays stopped.
    engine.stop_reason = state["stop_reason"] if state["num_steps"] == engine.num_steps else ""
    for name, callback in _named(engine.callbacks).items():
        if name in state["callbacks"]:
            callback.load_state_dict(state["callbacks"][name])
