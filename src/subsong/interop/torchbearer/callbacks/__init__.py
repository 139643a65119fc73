"""torchbearer's callbacks under their old names."""

from __future__ import annotations

from typing import Any

from subsong.interop.torchbearer.callbacks.base import Callback, CallbackList
from subsong.interop.torchbearer.callbacks.decorators import (
    add_to_loss,
    bind_to,
    on_backward,
    on_checkpoint,
    on_criterion,
    on_criterion_validation,
    on_end,
    on_end_epoch,
    on_end_training,
    on_end_validation,
    on_forward,
    on_forward_validation,
    on_init,
    on_sample,
    on_sample_validation,
    on_start,
    on_start_epoch,
    on_start_training,
    on_start_validation,
    on_step_training,
    on_step_validation,
    once,
    once_per_epoch,
    only_if,
)
from subsong.interop.torchbearer.callbacks.files import (
    Best,
    CSVLogger,
    Interval,
    ModelCheckpoint,
    MostRecent,
    TensorBoard,
)
from subsong.interop.torchbearer.callbacks.gradients import (
    GradientClipping,
    GradientNormClipping,
    L1WeightDecay,
    L2WeightDecay,
    WeightDecay,
)
from subsong.interop.torchbearer.callbacks.schedulers import (
    CosineAnnealingLR,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    MultiStepLR,
    ReduceLROnPlateau,
    StepLR,
    TorchScheduler,
)
from subsong.interop.torchbearer.callbacks.stopping import EarlyStopping, TerminateOnNaN

__all__ = [
    "Best",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "CosineAnnealingLR",
    "CyclicLR",
    "EarlyStopping",
    "ExponentialLR",
    "GradientClipping",
    "GradientNormClipping",
    "Interval",
    "L1WeightDecay",
    "L2WeightDecay",
    "LambdaLR",
    "ModelCheckpoint",
    "MostRecent",
    "MultiStepLR",
    "ReduceLROnPlateau",
    "StepLR",
    "TensorBoard",
    "TerminateOnNaN",
    "TorchScheduler",
    "WeightDecay",
    "add_to_loss",
    "bind_to",
    "on_backward",
    "on_checkpoint",
    "on_criterion",
    "on_criterion_validation",
    "on_end",
    "on_end_epoch",
    "on_end_training",
    "on_end_validation",
    "on_forward",
    "on_forward_validation",
    "on_init",
    "on_sample",
    "on_sample_validation",
    "on_start",
    "on_start_epoch",
    "on_start_training",
    "on_start_validation",
    "on_step_training",
    "on_step_validation",
    "once",
    "once_per_epoch",
    "only_if",
]

_INSTEAD = {
    "LiveLossPlot": "read the history that run() returns, or use TensorBoard",
    "TensorBoardText": "use TensorBoard or CSVLogger",
    "TensorBoardImages": "write pictures with vision.utils.save_image",
    "TensorBoardProjector": "use subsong's report, which maps the latents",
    "PyCM": "compute the confusion matrix from predict()",
    "Tqdm": "verbose=2 shows a bar",
    "ConsolePrinter": "verbose=2 shows a bar",
    "Mixup": "change the batch in an on_sample callback",
    "CutMix": "change the batch in an on_sample callback",
    "Cutout": "change the batch in an on_sample callback",
    "imaging": "write pictures with vision.utils.save_image",
}


def __getattr__(name: str) -> Any:
    if name in _INSTEAD:
        raise AttributeError(f"torchbearer's {name} is left out of Subsong: {_INSTEAD[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
