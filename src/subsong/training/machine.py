"""What this machine offers: versions, devices, optional parts."""

from __future__ import annotations

import importlib.util
import os
import platform

import torch

from subsong.core.devices import choose_precision, get_device
from subsong.training.environment import package_version


def describe_machine() -> dict[str, str]:
    """Return versions, devices and optional parts, by name."""
    device = get_device()
    found = {name: package_version(name) or "missing" for name in ("subsong", "torch", "lightning-fabric", "numpy")}
    extras = {
        extra: "installed" if importlib.util.find_spec(module) else f"pip install 'subsong[{extra}]'"
        for extra, module in {
            "tensorboard": "tensorboard",
            "pandas": "pandas",
            "onnx": "onnx",
            "formats": "crowsetta",
            "video": "av",
        }.items()
    }
    return {
        "python": platform.python_version(),
        **found,
        "platform": platform.platform(),
        "processors": f"{os.cpu_count()} ({torch.get_num_threads()} threads for torch)",
        "best device": str(device),
        "precision auto": choose_precision("auto", device.type),
        **extras,
    }
