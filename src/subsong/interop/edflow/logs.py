"""What ``log_op`` returns, as files: pictures, numbers, figures, at steps close at first and far apart later."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.interop.edflow.datasets import to_array
from subsong.interop.edflow.pictures import tile_log_pictures
from subsong.interop.edflow.task import StepOpTask
from subsong.reports.pictures import encode_png
from subsong.training.callbacks.base import Callback
from subsong.training.engine import Engine

log = logging.getLogger(__name__)


def is_due(step: int, start_freq: int, log_freq: int) -> bool:
    """Return whether a step is logged: the interval doubles from `start_freq` with every log, up to `log_freq`.

    Examples
    --------
    >>> [step for step in range(3001) if is_due(step, 1, 1000)]
    [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2000, 3000]
    """
    if step == 0 or start_freq >= log_freq or step >= log_freq:
        return step % log_freq == 0
    doublings = math.log2(step / start_freq)
    return doublings >= 1 and doublings.is_integer()


class LogWriter:
    """Writes logs below a folder, and to TensorBoard where there is a writer.

    Parameters
    ----------
    folder
        Pictures go to ``<folder>/<split>/log_op``.
    tensorboard
        A ``SummaryWriter``, or None.
    """

    def __init__(self, folder: Path, tensorboard: Any = None) -> None:
        self.folder, self.tensorboard = folder, tensorboard

    def write(self, split: str, step: int, logs: Mapping[str, Any]) -> dict[str, float]:
        """Write a log and return its numbers.

        Raises
        ------
        SubsongError
            When a picture or a number is none.
        """
        for name, images in (logs.get("images") or {}).items():
            self._write_image(split, name, step, to_array(images))
        for name, figure in (logs.get("figures") or {}).items():
            self._write_figure(split, name, step, figure)
        scalars = {str(name): _to_number(name, value) for name, value in (logs.get("scalars") or {}).items()}
        for name, value in scalars.items():
            log.info("step %d  %s/%s: %.6g", step, split, name, value)
            if self.tensorboard is not None:
                self.tensorboard.add_scalar(f"{split}/{name}", value, step)
        return scalars

    def _path(self, split: str, name: str, step: int) -> Path:
        return self.folder / split / "log_op" / f"{name}_{step:07d}.png"

    def _write_image(self, split: str, name: str, step: int, images: Any) -> None:
        canvas_HWC = tile_log_pictures(name, images)
        with atomic_file(self._path(split, name, step)) as file:
            file.write(encode_png(canvas_HWC))
        if self.tensorboard is not None:
            self.tensorboard.add_image(f"{split}/{name}", canvas_HWC, step, dataformats="HWC")

    def _write_figure(self, split: str, name: str, step: int, figure: Figure) -> None:
        with atomic_file(self._path(split, name, step)) as file:
            figure.savefig(file, format="png")
        if self.tensorboard is not None:
            self.tensorboard.add_figure(f"{split}/{name}", figure, step, close=False)


def _to_number(name: str, value: Any) -> float:
    array = to_array(value)
    if array.size != 1 or array.dtype.kind not in "biuf":
        raise SubsongError(
            f"log_op returned the scalar {name!r} with shape {array.shape}: expected one number; values of each "
            "example belong into eval_op"
        )
    return float(array.reshape(()))


class StepLogs(Callback):
    """Logs a training batch, after its update, and one validation batch, without an update.

    Parameters
    ----------
    task
        The batch that was computed last is its.
    writer
        Where logs go.
    start_freq, log_freq
        See `is_due`.
    """

    def __init__(self, task: StepOpTask, writer: LogWriter, start_freq: int, log_freq: int) -> None:
        self.task, self.writer, self.start_freq, self.log_freq = task, writer, start_freq, log_freq

    def on_step(self, engine: Engine) -> None:
        """Log when it is time."""
        step = engine.position.step - 1
        if not is_due(step, self.start_freq, self.log_freq):
            return
        record: dict[str, Any] = {"event": "step", "step": step, "epoch": engine.position.epoch}
        record["train"] = self.writer.write("train", step, self.task.ops.log())
        _check_finite(step, record["train"])
        record["learning_rate"] = engine.updater.learning_rate
        if len(engine.data.validation):
            engine.validator.score_one_batch(step)
            record["validation"] = self.writer.write("validation", step, self.task.ops.log())
            self.task.module.train()
        engine.metrics.append(record)
        if engine.config.debug_timing:
            laps = engine.updater.stopwatch.laps
            engine.timings.append({"event": "step", "step": step, **laps})
            log.info("step %d  %s", step, ", ".join(f"{name} {value:.4f}" for name, value in laps.items()))


def _check_finite(step: int, scalars: Mapping[str, float]) -> None:
    bad = [name for name, value in scalars.items() if not math.isfinite(value)]
    if bad:
        raise SubsongError(
            f"{', '.join(bad)} of the training batch is not finite at step {step}: lower the learning rate, or look "
            "at the inputs for NaN or extreme values; the last good checkpoint is kept"
        )
