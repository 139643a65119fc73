"""Training and evaluating a script's parts on the engine."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NamedTuple

import torch

from subsong.core.errors import Interrupted, SubsongError
from subsong.core.seeds import derive_seed, set_seed
from subsong.datasets.types import Splits
from subsong.interop.edflow.evaluation import StoredEvaluation
from subsong.interop.edflow.folder import EdflowFolder
from subsong.interop.edflow.logs import LogWriter, StepLogs
from subsong.interop.edflow.scoring import find_scores
from subsong.interop.edflow.settings import Length, LimitedPlan, Settings, build_training_config
from subsong.interop.edflow.start import Start, StartFrom, UnreadKeys
from subsong.interop.edflow.task import StepOpTask
from subsong.interop.edflow.updates import StepOpUpdates, restore
from subsong.training.callbacks.base import Callback
from subsong.training.callbacks.progress import ProgressBar
from subsong.training.config import AdamConfig, EvaluationConfig
from subsong.training.engine import Engine, EngineSettings
from subsong.training.fabric import build_fabric
from subsong.training.position import Position
from subsong.training.validation import SplitScorer, Validation

log = logging.getLogger(__name__)


class Job(NamedTuple):
    """What is to be done.

    Attributes
    ----------
    iterator
        The script's, with its model and datasets.
    splits
        The datasets as the engine takes them.
    settings
        Keys of the configuration that the engine obeys.
    folder
        Of the run.
    evaluation_dir
        Where outputs of the validation split go.
    start
        Where it begins.
    tensorboard
        A ``SummaryWriter``, or None.
    """

    iterator: Any
    splits: Splits
    settings: Settings
    folder: EdflowFolder
    evaluation_dir: Path
    start: Start
    tensorboard: Any

    def build_evaluation(self, task: StepOpTask) -> StoredEvaluation:
        """Build what stores outputs and runs callbacks over them."""
        scores = find_scores(self.iterator.config, self.iterator)
        data_in = self.iterator.datasets.get("validation")
        return StoredEvaluation(task, self.evaluation_dir, scores, data_in, self.tensorboard)


class _Bar(ProgressBar):
    """The progress bar; the line an epoch is `StoredEvaluation`'s, for the engine knows no loss."""

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Say nothing."""


def train(job: Job, length: Length) -> None:
    """Train to the end of the run.

    Raises
    ------
    Interrupted
        On Ctrl-C or SIGTERM; a checkpoint is left.
    """
    engine = build_engine(job, length)
    set_seed(derive_seed(job.settings.seed, "start"))
    try:
        engine.fit()
    except Interrupted as error:
        raise Interrupted(
            f"stopped at step {engine.position.step} of {engine.num_steps}, checkpoint saved; go on with: subsong "
            f"edflow -t -p {job.folder.path}",
            error.signal_number,
        ) from error


def build_engine(job: Job, length: Length) -> Engine:
    """Build the engine with a script's parts in it."""
    settings, task = job.settings, StepOpTask(job.iterator)
    config = build_training_config(settings, length)
    fabric = build_fabric(config)
    callbacks: list[Callback] = [
        StartFrom(task, job.start),
        StepLogs(task, LogWriter(job.folder.train_dir, job.tensorboard), settings.start_log_freq, settings.log_freq),
        job.build_evaluation(task),
        UnreadKeys(job.iterator.config),
        _Bar(),
    ]
    engine = Engine(
        task,
        job.splits,
        EngineSettings(
            config,
            AdamConfig(),
            EvaluationConfig(batch_size=settings.test_batch_size, store="none"),
            settings.seed,
        ),
        fabric,
        job.folder,
        callbacks,
        StepOpUpdates(task, job.folder.checkpoint_dir, settings.debug_timing, fabric.device),
    )
    task.engine, engine.plan, engine.num_steps = engine, LimitedPlan(engine.plan, length), length.num_steps
    return engine


def evaluate(job: Job) -> dict[str, Any]:
    """Evaluate the whole validation split once, and return what `StoredEvaluation.finish` does."""
    task = StepOpTask(job.iterator)
    start = job.start
    if start.checkpoint is None:
        log.warning("no checkpoint: the weights are untrained; give a run folder with -p, or a file with -c")
    else:
        restore(job.iterator, start.checkpoint)
        task.start = Position(step=start.step)
        log.info("evaluating %s, of step %d", start.checkpoint, start.step)
    start.tell()
    evaluation = job.build_evaluation(task)
    set_seed(derive_seed(job.settings.seed, "evaluation"))
    scorer = SplitScorer(task, job.settings.seed, job.settings.test_batch_size, torch.device("cpu"))
    num_examples = len(job.splits.validation)
    task.module.eval()
    evaluation.begin(num_examples)
    try:
        for _ in scorer.score_batches(task.module, job.splits.validation, scorer.blocks(num_examples)):
            pass
        found = evaluation.finish()
    finally:
        evaluation.abandon()
    for name, value in found["validation"].items():
        log.info("validation %s: %.6g", name, value)
    UnreadKeys(job.iterator.config).tell()
    return found


def open_tensorboard(folder: Path) -> Any:
    """Return a TensorBoard writer.

    Raises
    ------
    SubsongError
        When the optional package is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise SubsongError("integrations/tensorboard needs the extra: pip install 'subsong[tensorboard]'") from error
    return SummaryWriter(str(folder))
