"""edflow's iterator: what to do with a batch, in training, at a log and at an evaluation.

A script's class derives from `TemplateIterator` and defines ``step_op``; Subsong's engine calls it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.core.seeds import numpy_generator
from subsong.interop.edflow.datasets import get_example
from subsong.interop.edflow.retrieve import retrieve

_NUM_FIXED, _FIXED_SEED = 8, 1


class TemplateIterator:
    """Base class of a script's iterator.

    Parameters
    ----------
    config
        The run's configuration, nested dicts; it may be changed.
    root
        The run folder.
    model
        What is trained.
    datasets
        ``"train"`` and ``"validation"`` -> dataset.
    hook_freq
        Taken for old scripts; logs follow ``start_log_freq`` and ``log_freq``.
    num_epochs
        Length of the run.
    tensorboardX_writer, tensorboard_writer
        Attributes that are there when ``integrations/tensorboardX/active`` or ``integrations/tensorboard/active`` is
        set: the TensorBoard writer of the run.
    """

    def __init__(
        self,
        config: Any,
        root: str | Path,
        model: Any,
        datasets: Mapping[str, Any],
        hook_freq: int = 100,
        num_epochs: int = 100,
    ) -> None:
        self.config, self.root, self.model, self.datasets = config, str(root), model, dict(datasets)
        self.hook_freq, self.num_epochs = hook_freq, num_epochs
        self.logger = logging.getLogger(f"subsong.interop.edflow.{type(self).__name__}")
        self._split, self._step, self._epoch, self._batch = "train", 0, 0, 0

    def step_op(self, model: Any, **batch: Any) -> dict[str, Callable[[], Any]]:
        """Compute a batch and return ``{"train_op": f, "log_op": f, "eval_op": f}``; each is called only when due.

        - ``train_op()``: updates the weights.
        - ``log_op()``: ``{"images": {name: (B, H, W, C) in [-1, 1]}, "scalars": {name: number}, "figures": {...}}``.
        - ``eval_op()``: name -> array whose first axis is the batch; under ``"labels"`` a dict of such arrays that are
          kept in one file each.

        Outside training there is no graph: a ``step_op`` that needs gradients there opens ``torch.enable_grad()``.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method step_op(self, model, **batch)")

    def save(self, path: str) -> None:
        """Write the model and every optimizer among the attributes; a script may do it otherwise."""
        with atomic_file(path) as file:
            torch.save({name: part.state_dict() for name, part in self._stateful().items()}, file)

    def restore(self, path: str) -> None:
        """Put back what `save` wrote; nothing in the file is executed.

        Raises
        ------
        SubsongError
            When the file is of another model or has been written otherwise.
        """
        state = torch.load(path, map_location="cpu", weights_only=True)
        for name, part in self._stateful().items():
            try:
                part.load_state_dict(state[name])
            except (LookupError, RuntimeError, ValueError, TypeError) as error:
                reason = str(error).splitlines()[-1].strip()
                raise SubsongError(
                    f"{path} does not fit {name} of {type(self).__name__} ({reason}): give the checkpoint's own config"
                ) from error

    def _stateful(self) -> dict[str, Any]:
        """Return what has a state: the model, and optimizers by the names of their attributes."""
        optimizers = {name: part for name, part in vars(self).items() if isinstance(part, Optimizer)}
        return {"model": self.model, **optimizers}

    @property
    def callbacks(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """``{"eval_op": {name: function}}``: run over stored outputs, ``f(root, data_in, data_out, config)``."""
        return {}

    def get_split(self) -> str:
        """Return ``"train"``, or ``"validation"`` while that split is looked at."""
        return self._split

    def get_global_step(self) -> int:
        """Return the updates done before this batch."""
        return self._step

    def get_epoch_step(self) -> int:
        """Return the epochs done."""
        return self._epoch

    def get_batch_step(self) -> int:
        """Return the batches done of this epoch."""
        return self._batch

    def set_position(self, split: str, step: int, epoch: int, batch: int) -> None:
        """Say what the next call of `step_op` is about; the engine calls this."""
        self._step, self._epoch, self._batch = step, epoch, batch
        self.set_split(split)

    def set_split(self, split: str) -> None:
        """Say which split the next call of `step_op` is about; the engine calls this."""
        self._split = split

    def get_fixed_examples(self, split: str) -> list[dict[str, Any]]:
        """Return the same examples of a split at every call: ``fixed_example_indices/<split>``, else eight drawn ones.

        Raises
        ------
        SubsongError
            When there is no such split.
        """
        if split not in self.datasets:
            raise SubsongError(f"no split {split!r}: the datasets are {', '.join(sorted(self.datasets))}")
        dataset = self.datasets[split]
        drawn = numpy_generator(_FIXED_SEED, "fixed", split).permutation(len(dataset))[:_NUM_FIXED].tolist()
        indices = retrieve(self.config, f"fixed_example_indices/{split}", default=drawn)
        return [get_example(dataset, int(index)) for index in indices]
