"""TensorBoard files, on request: scalars at every log, pictures at epochs, the model's graph at the start."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from subsong.core.errors import SubsongError
from subsong.training.callbacks.base import Callback
from subsong.training.calling import build_forward_call
from subsong.training.history import flatten
from subsong.training.state import State
from subsong.training.task import keep_tensors

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from subsong.training.engine import Engine
    from subsong.training.validation import Validation

log = logging.getLogger(__name__)


class TensorBoard(Callback):
    """Writes a run to `folder` for ``tensorboard --logdir``.

    Raises
    ------
    SubsongError
        When the optional package is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            import tensorboard  # noqa: F401
        except ImportError as error:
            raise SubsongError("training.tensorboard needs the extra: pip install 'subsong[tensorboard]'") from error
        self._writer: SummaryWriter | None = None

    def on_start(self, engine: Engine) -> None:
        """Open the files; steps after the position of a resumed run are dropped from view."""
        if not engine.is_first_process:
            return
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(self.folder), purge_step=engine.position.step or None)
        if engine.position.step == 0:
            self._add_graph(engine)

    def _add_graph(self, engine: Engine) -> None:
        assert self._writer is not None
        batch = engine.data.train.fetch(np.arange(min(2, len(engine.data.train))))
        module = engine.task.module
        was_training = module.training
        module.eval()
        try:
            # What torch prints of a failure is in the error, too.
            with warnings.catch_warnings(), torch.no_grad(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                model = _TensorsOnly(engine, batch)
                self._writer.add_graph(model, tuple(tensor.to(engine.device) for tensor in model.tensors))
        except (RuntimeError, TypeError, ValueError, AttributeError) as error:
            log.warning("the model's graph could not be drawn for TensorBoard: %s", str(error).splitlines()[0])
        finally:
            module.train(was_training)

    def on_log(self, engine: Engine, record: Mapping[str, Any]) -> None:
        """Write a logged step's numbers."""
        self._add_scalars("step", record, engine.position.step)

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Write an epoch's numbers and the first reconstructions."""
        self._add_scalars("epoch", record, engine.position.step)
        if self._writer is None or validation is None or "reconstruction" not in validation.shown:
            return
        pictures = [validation.shown[name] for name in ("target", "reconstruction")]
        if pictures[0].ndim == 4 and pictures[0].shape[1] in (1, 3):
            low, high = getattr(engine.data.train, "value_range", None) or (0.0, 1.0)
            columns = [np.concatenate(list(row), axis=2) for row in pictures]
            shown = (np.concatenate(columns, axis=1) - low) / (high - low)
            self._writer.add_image("reconstruction", shown.clip(0, 1), engine.position.step)

    def _add_scalars(self, prefix: str, record: Mapping[str, Any], step: int) -> None:
        if self._writer is None:
            return
        for name, value in flatten(record).items():
            if isinstance(value, float):
                self._writer.add_scalar(f"{prefix}/{name}", value, step)

    def on_end(self, engine: Engine) -> None:
        """Close the files."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class _TensorsOnly(nn.Module):
    """The model as tracing wants it: tensors in, tensors out. An input that is a dict becomes one tensor a key."""

    def __init__(self, engine: Engine, batch: Any) -> None:
        super().__init__()
        self.module = engine.task.module
        self._engine, self._batch = engine, batch
        self._call = build_forward_call(self.module)
        self._names = tuple(batch[1]) if isinstance(batch[1], dict) else ()
        self.tensors: tuple[Tensor, ...] = tuple(batch[1].values()) if self._names else (batch[1],)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        given = dict(zip(self._names, tensors, strict=True)) if self._names else tensors[0]
        batch = self._batch._replace(input=given) if hasattr(self._batch, "input") else self._batch
        output = self._call(self.module, batch, None, State())
        outputs = self._engine.task.outputs(output, batch) or keep_tensors(output, len(tensors[0]))
        # The tracer refuses an output, such as the target, that does not depend on its input.
        unchanged = {id(field) for field in (*batch, *tensors)}
        return tuple(value for value in outputs.values() if id(value) not in unchanged)
