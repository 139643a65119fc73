"""Callbacks that write files: checkpoints, a table of metrics, TensorBoard.

A checkpoint holds tensors and plain values, is read with ``torch.load(path)`` as it is, and takes its name only when
it is whole; the one before goes after that.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_file, disk_errors
from subsong.interop.torchbearer import state as keys
from subsong.interop.torchbearer.callbacks.base import Callback
from subsong.interop.torchbearer.callbacks.monitor import Monitor
from subsong.interop.torchbearer.state import State
from subsong.training.calling import wants_state

_TEMPLATE, _TEMPLATE_WITHOUT_VALIDATION = "model.{epoch:02d}-{val_loss:.2f}.pt", "model.{epoch:02d}.pt"


class _Checkpointer(Callback):
    def __init__(self, filepath: str, save_model_params_only: bool) -> None:
        self.filepath, self.save_model_params_only = str(filepath), save_model_params_only
        self.most_recent: str | None = None

    def _save(self, state: State, replace: bool) -> None:
        path = self._fill_name(state)
        found = state[keys.MODEL if self.save_model_params_only else keys.SELF].state_dict()
        buffer = io.BytesIO()
        torch.save(found, buffer)
        with atomic_file(path) as file:
            file.write(buffer.getbuffer())
        if replace and self.most_recent not in (None, path):
            Path(str(self.most_recent)).unlink(missing_ok=True)
        self.most_recent = path

    def _fill_name(self, state: State) -> str:
        values = {**{str(key): value for key, value in state.items()}, **state[keys.METRICS]}
        template = self.filepath
        if template == _TEMPLATE and "val_loss" not in values:
            template = _TEMPLATE_WITHOUT_VALIDATION
        try:
            return template.format(**values)
        except KeyError as error:
            name = str(error.args[0])
            raise SubsongError(
                f"the file name {template!r} asks for {name!r}, which this run does not report; "
                f"{did_you_mean(name, state[keys.METRICS])}"
            ) from error


class MostRecent(_Checkpointer):
    """Keeps the last epoch's checkpoint."""

    def __init__(self, filepath: str = _TEMPLATE, save_model_params_only: bool = False) -> None:
        super().__init__(filepath, save_model_params_only)

    def on_checkpoint(self, state: State) -> None:
        """Write it."""
        self._save(state, replace=True)


class Interval(_Checkpointer):
    """Keeps a checkpoint every `period` epochs, or updates with `on_batch`."""

    def __init__(
        self, filepath: str = _TEMPLATE, period: int = 1, on_batch: bool = False, save_model_params_only: bool = False
    ) -> None:
        super().__init__(filepath, save_model_params_only)
        self.period, self.on_batch, self.num_waited = period, on_batch, 0

    def _count(self, state: State) -> None:
        self.num_waited += 1
        if self.num_waited >= self.period:
            self.num_waited = 0
            self._save(state, replace=False)

    def on_step_training(self, state: State) -> None:
        """Count an update."""
        if self.on_batch:
            self._count(state)

    def on_checkpoint(self, state: State) -> None:
        """Count an epoch."""
        if not self.on_batch:
            self._count(state)

    def state_dict(self) -> dict[str, Any]:
        """Return the count."""
        return {"epochs": self.num_waited}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Callback:
        """Put back what `state_dict` returned."""
        self.num_waited = state_dict["epochs"]
        return self


class Best(_Checkpointer):
    """Keeps the checkpoint of the epoch whose `monitor` is best, looking every `period` epochs."""

    def __init__(
        self,
        filepath: str = _TEMPLATE,
        monitor: str = "val_loss",
        mode: Literal["auto", "min", "max"] = "auto",
        period: int = 1,
        min_delta: float = 0.0,
        save_model_params_only: bool = False,
    ) -> None:
        super().__init__(filepath, save_model_params_only)
        self.monitor, self.period, self.num_waited = Monitor(monitor, mode, min_delta), period, 0

    def on_checkpoint(self, state: State) -> None:
        """Write it, when it is the best."""
        self.num_waited += 1
        if self.num_waited >= self.period:
            self.num_waited = 0
            if self.monitor.has_improved(state):
                self._save(state, replace=True)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and the count."""
        return {"epochs": self.num_waited, "best": self.monitor.best}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Callback:
        """Put back what `state_dict` returned."""
        self.num_waited, self.monitor.best = state_dict["epochs"], state_dict["best"]
        return self


def ModelCheckpoint(
    filepath: str = _TEMPLATE,
    save_model_params_only: bool = False,
    monitor: str = "val_loss",
    save_best_only: bool = False,
    mode: Literal["auto", "min", "max"] = "auto",
    period: int = 1,
    min_delta: float = 0.0,
) -> Callback:
    """Return `Best` where only the best is to be kept, else `Interval`."""
    if save_best_only:
        return Best(filepath, monitor, mode, period, min_delta, save_model_params_only)
    return Interval(filepath, period, save_model_params_only=save_model_params_only)


class CSVLogger(Callback):
    """Writes the metrics of each epoch, or each batch, as a row; columns that come later rewrite the header.

    Parameters
    ----------
    filename
        File to write.
    separator
        Between columns.
    batch_granularity
        A row a batch.
    write_header
        Begin with the names of the columns.
    append
        Go on with a file that is there.
    """

    def __init__(
        self,
        filename: str,
        separator: str = ",",
        batch_granularity: bool = False,
        write_header: bool = True,
        append: bool = False,
    ) -> None:
        self.path, self.separator, self.batch_granularity = Path(filename), separator, batch_granularity
        self.write_header, self.rows, self.columns = write_header, list[dict[str, Any]](), list[str]()
        if append and self.path.is_file():
            with open(self.path, newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file, delimiter=separator)
                self.rows, self.columns = list(reader), list(reader.fieldnames or ())

    def on_step_training(self, state: State) -> None:
        """Write a batch."""
        if self.batch_granularity:
            self._write({"epoch": state[keys.EPOCH], "batch": state[keys.BATCH], **state[keys.METRICS]})

    def on_end_epoch(self, state: State) -> None:
        """Write an epoch."""
        if not self.batch_granularity:
            self._write({"epoch": state[keys.EPOCH], **state[keys.METRICS]})

    def _write(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        is_wider = any(name not in self.columns for name in row)
        self.columns += [name for name in row if name not in self.columns]
        if is_wider or not self.path.is_file():
            with atomic_file(self.path, "w") as file:
                self._write_rows(file, self.rows, with_header=self.write_header)
        else:
            with disk_errors(self.path), open(self.path, "a", newline="", encoding="utf-8") as file:
                self._write_rows(file, [row], with_header=False)

    def _write_rows(self, file: Any, rows: list[dict[str, Any]], with_header: bool) -> None:
        writer = csv.DictWriter(file, self.columns, delimiter=self.separator, restval="", lineterminator="\n")
        if with_header:
            writer.writeheader()
        writer.writerows(rows)


class TensorBoard(Callback):
    """Writes metrics for ``tensorboard --logdir``: epochs by epoch, batches by the number of updates.

    Parameters
    ----------
    log_dir
        Folder of the files; a folder of the model's name and `comment` is made in it.
    write_graph, write_batch_metrics, batch_step_size, write_epoch_metrics
        What is written. The graph is drawn where the model takes the input alone.
    comment
        Behind the model's name.

    Raises
    ------
    SubsongError
        When the optional package is not installed.
    """

    def __init__(
        self,
        log_dir: str = "./logs",
        write_graph: bool = True,
        write_batch_metrics: bool = False,
        batch_step_size: int = 10,
        write_epoch_metrics: bool = True,
        comment: str = "torchbearer",
    ) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise SubsongError("TensorBoard needs the extra: pip install 'subsong[tensorboard]'") from error
        self._make = SummaryWriter
        self._writer: SummaryWriter | None = None
        self.log_dir, self.comment, self.write_graph = Path(log_dir), comment, write_graph
        self.every = batch_step_size if write_batch_metrics else math.inf
        self.write_epoch_metrics, self.num_updates = write_epoch_metrics, 0

    def on_start(self, state: State) -> None:
        """Open the files."""
        folder = self.log_dir / f"{type(state[keys.MODEL]).__name__}_{self.comment}"
        self._writer = self._make(str(folder))

    def on_sample(self, state: State) -> None:
        """Draw the graph, once."""
        if self.write_graph and self._writer is not None:
            self.write_graph = False
            if not wants_state(state[keys.MODEL]):
                self._writer.add_graph(state[keys.MODEL], state[keys.X])

    def on_step_training(self, state: State) -> None:
        """Write a batch's numbers."""
        self.num_updates += 1
        if self.num_updates % self.every == 0:
            self._write("batch", state, self.num_updates)

    def on_end_epoch(self, state: State) -> None:
        """Write an epoch's numbers."""
        if self.write_epoch_metrics:
            self._write("epoch", state, state[keys.EPOCH])

    def _write(self, prefix: str, state: State, step: int) -> None:
        for name, value in state[keys.METRICS].items():
            if self._writer is not None and isinstance(value, int | float):
                self._writer.add_scalar(f"{prefix}/{name}", value, step)

    def on_end(self, state: State) -> None:
        """Close the files."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
