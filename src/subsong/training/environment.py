"""What a run was made with: versions, commit, uncommitted changes, device, seeds, the data's hash."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

_PACKAGES = (
    "subsong",
    "torch",
    "lightning-fabric",
    "numpy",
    "scipy",
    "polars",
    "pydantic",
    "scikit-learn",
    "umap-learn",
)


def collect_environment(seed: int, device: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return what is needed to make the run again, as plain values.

    Parameters
    ----------
    seed, device
        The run's.
    data
        What the recipe says of its data: paths, counts, hashes.
    """
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": sys.argv,
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: package_version(name) for name in _PACKAGES},
        "git": _describe_commit(Path.cwd()),
        "device": device,
        "device_name": torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine(),
        "num_threads": torch.get_num_threads(),
        "num_processors": os.cpu_count(),
        "seed": seed,
        "data": data,
    }


def package_version(package: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _describe_commit(folder: Path) -> dict[str, Any] | None:
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit.strip(), "uncommitted_changes": bool(_git(folder, "status", "--porcelain"))}


def read_uncommitted_patch(folder: Path) -> str | None:
    """Return ``git diff HEAD`` of the repository around `folder`, or None where there is none or nothing changed."""
    return _git(folder, "diff", "HEAD") or None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
