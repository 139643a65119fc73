"""An engine that is run again and again, each time up to more epochs: what `Trial` and its kin stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer

from subsong.core.config_files import validate_config
from subsong.core.errors import Interrupted, SubsongError
from subsong.core.raw_config import RawConfig
from subsong.core.seeds import derive_seed, set_seed
from subsong.datasets.order import num_batches
from subsong.datasets.types import Dataset, Splits
from subsong.training import engine_state
from subsong.training.callbacks.base import Callback
from subsong.training.config import EvaluationConfig, OptimizerConfig, TrainingConfig
from subsong.training.engine import Engine, EngineSettings
from subsong.training.fabric import build_fabric, choose_device
from subsong.training.history import read_records
from subsong.training.loader import BatchLoader
from subsong.training.run_folder import RunFolder
from subsong.training.task import Task
from subsong.training.validation import SplitScorer, collect_validation, move_batch

NO_LOG = 10**12
"""A log interval no run reaches: only step 0 is looked at."""

_SETTINGS = (
    "rate_schedule",
    "gradient_clipping",
    "num_accumulated",
    "ema_decay",
    "checkpoint",
    "log_steps",
    "debug_timing",
    "watch",
    "device",
    "precision",
    "compile",
    "num_prefetched",
)
"""The keys of a config's ``training`` part that the engine itself obeys, and that nothing else here decides."""


class BatchPlan(NamedTuple):
    """How the examples of each split are put into batches."""

    batch_size: int = 128
    shuffle: bool = True
    drop_last: bool = False
    evaluation_batch_size: int = 500


class Session:
    """Trains a task from where it stands, and scores it.

    Parameters
    ----------
    module
        What is trained.
    build_task
        Makes the task of a run of so many updates.
    optimizer
        Its configuration, or one that is built already.
    callbacks
        Look on at every run.
    seed
        Of everything random.

    Attributes
    ----------
    records
        The records of all epochs done.
    engine
        The engine of the last run, or None.
    """

    def __init__(
        self,
        module: nn.Module,
        build_task: Callable[[int], Task],
        optimizer: OptimizerConfig | Optimizer,
        callbacks: Sequence[Callback],
        seed: int,
    ) -> None:
        self.module, self.build_task, self.optimizer = module, build_task, optimizer
        self.callbacks, self.seed = callbacks, seed
        self.settings: dict[str, Any] = {}
        self.records: list[dict[str, Any]] = []
        self.engine: Engine | None = None
        self._run: RunFolder | None = None
        self._state: dict[str, Any] | None = None

    def use(self, settings: Mapping[str, Any]) -> None:
        """Take over keys of a config's ``training`` part.

        Raises
        ------
        SubsongError
            For a key that is none, or is decided elsewhere, and for a value that is not allowed.
        """
        for name in settings:
            if name in TrainingConfig.model_fields and name not in _SETTINGS:
                raise SubsongError(
                    f"training.{name} is not set here: batches are set by with_data, epochs by run, and the others "
                    "work in a config ('recipe: custom') or as a callback"
                )
        self.settings = {**self.settings, **settings}
        self._config(1, BatchPlan())

    def _config(self, num_epochs: int, plan: BatchPlan) -> TrainingConfig:
        ours = {
            "num_epochs": num_epochs,
            "batch_size": plan.batch_size,
            "shuffle": plan.shuffle,
            "drop_last": plan.drop_last,
            "log_steps": NO_LOG if self._run is None else "doubling",
        }
        values = RawConfig.from_mapping({**ours, **self.settings}, "settings of the trial")
        return validate_config(TrainingConfig, values)

    def run(self, data: Splits, plan: BatchPlan, num_epochs: int, folder: str | Path | None = None) -> Engine:
        """Train until `num_epochs` epochs are done in all, those of earlier runs counted.

        Raises
        ------
        Interrupted
            On Ctrl-C or SIGTERM; what was trained is kept.
        SubsongError
            When the folder is another than before, and for all the engine raises.
        """
        self._open(folder)
        config = self._config(num_epochs, plan)
        num_steps = num_epochs * num_batches(len(data.train), plan.batch_size, plan.drop_last)
        evaluation = EvaluationConfig(batch_size=plan.evaluation_batch_size)
        settings = EngineSettings(config, self.optimizer, evaluation, self.seed)
        task = self.build_task(num_steps)
        engine = self.engine = Engine(task, data, settings, build_fabric(config), self._run, self.callbacks)
        engine.updater.optimizer.zero_grad(set_to_none=True)
        if self._state is not None:
            # To run again is a wish to go on, also where the last run was stopped early.
            engine_state.restore(engine, {**self._state, "stop_reason": ""})
        try:
            engine.fit()
        except Interrupted as error:
            raise self._interrupted(engine, error) from error
        finally:
            self._state = engine_state.collect_state(engine)
            self._keep_records(engine)
        return engine

    def _open(self, folder: str | Path | None) -> None:
        if folder is None or (self._run is not None and self._run.path == Path(folder)):
            return
        if self._state is not None:
            raise SubsongError(f"this trial was trained outside {folder}: name the folder at its first run")
        self._run = RunFolder(folder)
        for part in (self._run.path, self._run.checkpoint_dir):
            part.mkdir(parents=True, exist_ok=True)

    def _interrupted(self, engine: Engine, error: Interrupted) -> Interrupted:
        where = "" if self._run is None else f", checkpoint saved in {self._run.path}"
        step = f"step {engine.position.step} of {engine.num_steps}"
        return Interrupted(f"stopped at {step}{where}; run again to go on", error.signal_number)

    def _keep_records(self, engine: Engine) -> None:
        if self._run is None or not self._run.metrics_path.is_file():
            self.records += engine.records
        else:
            self.records = read_records(self._run.metrics_path)["epoch"]

    def score(self, dataset: Dataset, batch_size: int) -> dict[str, float]:
        """Return means over a dataset's examples: ``loss``, terms, metrics; the same for any batch size."""
        task, forward, device = self._prepare()
        scorer = SplitScorer(task, self.seed, batch_size, device)
        batches = scorer.score_batches(forward, dataset, scorer.blocks(len(dataset)))
        return collect_validation(batches, len(dataset)).losses

    def batches(self, dataset: Dataset, batch_size: int) -> Iterator[tuple[nn.Module, Any]]:
        """Yield the module in evaluation mode with each batch of a dataset, in order, on the module's device."""
        task, forward, device = self._prepare()
        rows = SplitScorer(task, self.seed, batch_size, device).blocks(len(dataset))
        with torch.inference_mode():
            for batch in BatchLoader(dataset).iterate(rows):
                yield forward, move_batch(batch, device)

    def _prepare(self) -> tuple[Task, nn.Module, torch.device]:
        set_seed(derive_seed(self.seed, "evaluation"))
        device = torch.device(choose_device(self._config(1, BatchPlan()).device))
        self.module.to(device)
        if self.engine is None:
            return self.build_task(1), self.module.eval(), device
        return self.engine.task, self.engine.evaluated_module.eval(), self.engine.device

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on elsewhere, as tensors and plain values."""
        state = self._state if self.engine is None else engine_state.collect_state(self.engine)
        return {"engine": state, "model": self.module.state_dict(), "records": list(self.records)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` returned.

        Raises
        ------
        SubsongError
            When it is of another model.
        """
        ours, theirs = self.module.state_dict(), state["model"]
        for name in [*ours, *theirs]:
            if name not in ours or name not in theirs or ours[name].shape != theirs[name].shape:
                raise SubsongError(f"the state is of another model: {name} is missing or has another shape")
        self.module.load_state_dict(theirs)
        self._state, self.records, self.engine = state["engine"], list(state["records"]), None
