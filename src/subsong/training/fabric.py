"""Lightning Fabric from a run's configuration: devices, precision, strategy, launch."""

from __future__ import annotations

import os
import warnings
from typing import Any, Literal

import torch
from lightning_fabric import Fabric

from subsong.core.devices import choose_precision, get_device, prepare_process
from subsong.core.errors import SubsongError
from subsong.training.config import TrainingConfig

_FABRIC_PRECISION: dict[str, Literal["32-true", "bf16-mixed", "16-mixed"]] = {
    "float32": "32-true",
    "bf16": "bf16-mixed",
    "float16": "16-mixed",
}


def build_fabric(config: TrainingConfig) -> Fabric:
    """Build Fabric for a run.

    Raises
    ------
    SubsongError
        When the device asked for is not there, or cannot compute in the precision asked for.
    """
    prepare_process()
    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    if precision == "float16" and device == "cpu":
        raise SubsongError("training.precision float16 needs a GPU: use bf16 or float32 on the CPU")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        return Fabric(
            accelerator=device,
            devices=config.num_devices,
            num_nodes=config.num_nodes,
            strategy=_choose_strategy(config),
            precision=_FABRIC_PRECISION[precision],
        )


def choose_device(wanted: Literal["auto", "cpu", "cuda", "mps"]) -> Literal["cpu", "cuda", "mps"]:
    """Return the kind of device to use; ``auto`` is the best there is."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise SubsongError("training.device is cuda, but this machine offers no CUDA device: use auto or cpu")
    if wanted == "mps" and not torch.backends.mps.is_available():
        raise SubsongError("training.device is mps, but this machine offers no MPS device: use auto or cpu")
    if wanted != "auto":
        return wanted
    best: Any = get_device().type
    return "cpu" if best not in ("cuda", "mps") else best


def _choose_strategy(config: TrainingConfig) -> str:
    """Return the strategy; several devices of one machine are spawned from here, a cluster's are started by it."""
    if config.strategy != "auto":
        return config.strategy
    if config.num_devices * config.num_nodes == 1:
        return "auto"
    is_started_elsewhere = "TORCHELASTIC_RUN_ID" in os.environ or "SLURM_PROCID" in os.environ
    return "ddp" if is_started_elsewhere else "ddp_spawn"
