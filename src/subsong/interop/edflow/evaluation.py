"""The pass over the whole sorted validation split: outputs stored for each example, then callbacks over them."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from subsong.core.files import PARTIAL_SUFFIX, disk_errors, replace_folder
from subsong.interop.edflow.datasets import ExampleBatch
from subsong.interop.edflow.folder import to_writable
from subsong.interop.edflow.outputs import OUTPUT_DIR, OutputWriter, check_outputs, load_outputs
from subsong.interop.edflow.scoring import Score, score_outputs
from subsong.interop.edflow.task import Ops, StepOpTask
from subsong.training.callbacks.base import Callback
from subsong.training.engine import Engine
from subsong.training.validation import Validation

log = logging.getLogger(__name__)


class StoredEvaluation(Callback):
    """Stores what ``eval_op`` returns and runs callbacks over it.

    Parameters
    ----------
    task
        Computes the batches.
    folder
        ``eval/<time>[_name]``; each pass gets a folder in it that is called by its step.
    scores
        Name -> callback.
    data_in
        The validation split as the script built it.
    tensorboard
        A ``SummaryWriter``, or None.
    """

    def __init__(
        self, task: StepOpTask, folder: Path, scores: Mapping[str, Score], data_in: Any, tensorboard: Any = None
    ) -> None:
        self.task, self.folder, self.scores, self.data_in = task, folder, scores, data_in
        self.tensorboard = tensorboard
        self._writer: OutputWriter | None = None

    def begin(self, num_examples: int) -> None:
        """Begin a pass over so many examples."""
        name = f".{self.task.position.step}.{os.getpid()}{PARTIAL_SUFFIX}"
        shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / name / OUTPUT_DIR).mkdir(parents=True)
        self._writer = OutputWriter(self.folder / name / OUTPUT_DIR, num_examples)
        self.task.on_evaluated = self._store

    def _store(self, batch: ExampleBatch, ops: Ops) -> None:
        assert self._writer is not None
        rows_B = batch.rows.numpy()
        with disk_errors(self._writer.folder):
            self._writer.add(rows_B, check_outputs(ops.evaluate(), len(rows_B)))

    def finish(self) -> dict[str, Any]:
        """End a pass; its outputs get their place, and callbacks see them.

        Returns
        -------
        dict
            ``validation``: means of the numbers stored for each example. ``callbacks``: what these returned.
        """
        assert self._writer is not None
        step, writer = self.task.position.step, self._writer
        self.task.on_evaluated, self._writer = None, None
        config = self.task.iterator.config
        meta = {"description": f"outputs for the validation split at step {step}", "step": step}
        with disk_errors(writer.folder):
            writer.close({**meta, "config": to_writable(config)})
            replace_folder(writer.folder.parent, self.folder / str(step))
        place = self.folder / str(step)
        log.info("outputs of %d examples are in %s", writer.num_examples, place / OUTPUT_DIR)
        found: dict[str, Any] = {"validation": compute_means(load_outputs(place).labels)}
        if self.scores:
            found["callbacks"] = score_outputs(place, self.scores, config, self.data_in, self.tensorboard)
        return found

    def on_validation_start(self, engine: Engine) -> None:
        """Begin a pass."""
        self.begin(len(engine.data.validation))

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """End a pass; what it found takes the place of the loss, which the engine does not know."""
        record["train"] = {}
        if validation is not None:
            record.update(self.finish())
            for name, value in record["validation"].items():
                if self.tensorboard is not None:
                    self.tensorboard.add_scalar(f"epoch/{name}", value, engine.position.step)
        told = "".join(f"  {name} {value:.4g}" for name, value in record.get("validation", {}).items())
        log.info("epoch %d/%d  step %d%s", engine.position.epoch + 1, engine.num_epochs, engine.position.step, told)

    def on_end(self, engine: Engine) -> None:
        """Remove a pass that did not reach its end."""
        self.abandon()

    def abandon(self) -> None:
        """Remove a pass that did not reach its end."""
        if self._writer is not None:
            shutil.rmtree(self._writer.folder.parent, ignore_errors=True)
        self._writer, self.task.on_evaluated = None, None


def compute_means(labels: Mapping[str, Any]) -> dict[str, float]:
    """Return the mean of every label that is one number an example."""
    return {
        name: float(np.mean(values, dtype=np.float64))
        for name, values in labels.items()
        if values.ndim == 1 and values.dtype.kind == "f"
    }
