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
        When the device asked for is not there, or cannot compute in the precision asked for, or when other numbers of
        processes were started than the configuration says.
    """
    prepare_process()
    _check_num_processes(config)
    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    if precision == "float16" and device == "cpu":
        raise SubsongError("training.precision float16 needs a GPU: use bf16 or float32 on the CPU")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        try:
            return Fabric(
                accelerator=device,
                devices=config.num_devices,
                num_nodes=config.num_nodes,
                strategy=_choose_strategy(config),
                precision=_FABRIC_PRECISION[precision],
            )
        except ValueError as error:
            raise SubsongError(
                f"training.strategy {config.strategy!r} cannot be had here ({error}): use auto, ddp or another of "
                "Lightning Fabric's names"
            ) from error


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


def is_started_elsewhere(config: TrainingConfig) -> bool:
    """Tell whether a cluster or torchrun starts the processes of this run, each with the whole command."""
    is_several = config.num_devices * config.num_nodes > 1
    return is_several and ("TORCHELASTIC_RUN_ID" in os.environ or "SLURM_PROCID" in os.environ)


def _check_num_processes(config: TrainingConfig) -> None:
    """Raise SubsongError where each of several processes would train a run of its own, or wait for others for ever."""
    name = "WORLD_SIZE" if "TORCHELASTIC_RUN_ID" in os.environ else "SLURM_STEP_NUM_TASKS"
    num_started, num_wanted = int(os.environ.get(name, "1")), config.num_devices * config.num_nodes
    if num_started > 1 and num_started != num_wanted:
        starter = "torchrun" if name == "WORLD_SIZE" else "Slurm"
        raise SubsongError(
            f"{starter} started {num_started} processes, but training.num_devices x training.num_nodes is "
            f"{config.num_devices} x {config.num_nodes}: set them to the processes of a machine, and to the machines"
        )


def _choose_strategy(config: TrainingConfig) -> str:
    """Return the strategy; several devices of one machine are spawned from here, a cluster's are started by it."""
    if config.strategy != "auto":
        return config.strategy
    if config.num_devices * config.num_nodes == 1:
        return "auto"
    return "ddp" if is_started_elsewhere(config) else "ddp_spawn"
