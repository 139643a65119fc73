"""The engine's looks at the validation split: one batch at a log, the whole of it after an epoch."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from subsong.core.files import disk_errors, replace_folder
from subsong.core.noise import ItemNoise
from subsong.core.seeds import derive_seed
from subsong.evaluation.store import EvaluationWriter, open_writer
from subsong.objectives.objective import LossTable
from subsong.training.validation import ScoredBatch, SplitScorer, Validation, collect_validation, move_batch

if TYPE_CHECKING:
    from subsong.training.engine import Engine


class Validator:
    """Scores the validation split of an engine, without an update."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.config = engine, engine.settings.evaluation
        self.scorer = SplitScorer(engine.task, engine.seed, self.config.batch_size, engine.device)

    def score_one_batch(self, step: int) -> LossTable:
        """Return the loss of one validation batch, neighbouring rows that are a function of the seed and `step`."""
        engine = self.engine
        num_items, size = len(engine.data.validation), engine.config.batch_size
        start = derive_seed(engine.seed, "log", step) % max(1, num_items - size + 1)
        rows_B = np.arange(start, min(start + size, num_items))
        module = engine.evaluated_module
        module.eval()
        with torch.inference_mode(), engine.fabric.autocast():
            batch = move_batch(engine.data.validation.fetch(rows_B), engine.device)
            table, _ = engine.task.compute(module, batch, ItemNoise(engine.seed, rows_B), step, training=False)
        return table

    def score_split(self) -> Validation:
        """Return the losses of the whole validation split, in dataset order, and store them when told to."""
        engine, num_items = self.engine, len(self.engine.data.validation)
        engine.evaluated_module.eval()
        if engine.run is None or self.config.store == "none" or not engine.is_first_process:
            return collect_validation(self._batches(), num_items)
        metadata = {"split": "validation", "epoch": engine.position.epoch, "step": engine.position.step}
        with open_writer(self._path(engine.position.epoch), num_items, metadata) as writer:
            validation = collect_validation(self._batches(), num_items, writer)
            self._close(writer, validation)
        return validation

    def _close(self, writer: EvaluationWriter, validation: Validation) -> None:
        items = getattr(self.engine.data.validation, "items", None)
        writer.close(items, validation.losses)

    def _batches(self) -> Iterator[ScoredBatch]:
        """Yield the scored batches of the split; several processes share the work and all see all results."""
        fabric, blocks = self.engine.fabric, self.scorer.blocks(len(self.engine.data.validation))
        mine = blocks[fabric.global_rank :: fabric.world_size]
        with fabric.autocast():
            for number in range(-(-len(blocks) // fabric.world_size)):
                rows = mine[number : number + 1]
                scored = next(
                    self.scorer.score_batches(self.engine.evaluated_module, self.engine.data.validation, rows), None
                )
                yield from _share(scored, fabric.world_size)

    def _path(self, epoch: int) -> Path:
        assert self.engine.run is not None
        name = f"epoch-{epoch + 1:04d}" if self.config.store == "all" else "last"
        return self.engine.run.evaluation_dir / name

    def keep(self, num_epochs_done: int, is_best: bool) -> None:
        """Give the store of the best epoch its own name, without a second copy of the data where the disk can."""
        engine = self.engine
        source = None if engine.run is None else self._path(num_epochs_done - 1)
        if source is None or not (is_best and engine.is_first_process and source.is_dir()):
            return
        target = source.with_name("best")
        copy = source.with_name(f".best.{os.getpid()}.partial")
        with disk_errors(target):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(source, copy, copy_function=_link_or_copy)
            replace_folder(copy, target)


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _share(scored: ScoredBatch | None, num_processes: int) -> list[ScoredBatch]:
    if num_processes == 1:
        return [scored] if scored is not None else []
    gathered: list[Any] = [None] * num_processes
    torch.distributed.all_gather_object(gathered, scored)
    return [ScoredBatch(*batch) for batch in gathered if batch is not None]
