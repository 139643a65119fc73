"""Checkpoints: the whole state of a run, as tensors and plain numbers, written whole or not at all.

Read with ``weights_only=True``: nothing in a checkpoint is ever executed.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file

FORMAT, VERSION = "subsong-checkpoint", 1
LAST, BEST = "last.ckpt", "best.ckpt"
# What zipfile and torch's restricted unpickler were seen to raise for truncated and random bytes.
_DAMAGED = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
    zipfile.BadZipFile,
)


def write_checkpoint(paths: Sequence[Path], state: dict[str, Any]) -> None:
    """Write `state` under each of the names, in their order, whole or not at all.

    Raises
    ------
    SubsongError
        When the disk is full; what stood under the name before is untouched.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "version": VERSION, **state}, buffer)
    for path in paths:
        with atomic_file(path) as file:
            file.write(buffer.getbuffer())


def read_checkpoint(path: Path, map_location: str | torch.device = "cpu") -> dict[str, Any]:
    """Read a checkpoint.

    Raises
    ------
    SubsongError
        When the file is missing, truncated, of another kind (a pickle, say), or of another version.
    """
    if not path.is_file():
        raise SubsongError(f"no checkpoint at {path}")
    try:
        _check_sums(path)
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # torch's, of foreign pickles
            state: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=True)
    except _DAMAGED as error:
        raise SubsongError(
            f"{path} is not a Subsong checkpoint, or a damaged one; nothing in it was executed: "
            "use another checkpoint of the run"
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise SubsongError(f"{path} is not a Subsong checkpoint: expected a file that `subsong train` wrote")
    if state.get("version") != VERSION:
        raise SubsongError(f"{path} is a checkpoint of version {state.get('version')}, this program reads {VERSION}")
    return state


def _check_sums(path: Path) -> None:
    """Raise BadZipFile where a byte has changed; torch does not look at the sums it writes."""
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(damaged)


def compute_model_digest(module: nn.Module) -> str:
    """Return a hash of the names, shapes and types of a model's parameters and buffers."""
    layout = [f"{name} {tuple(value.shape)} {value.dtype}" for name, value in module.state_dict().items()]
    return hashlib.blake2b("\n".join(layout).encode(), digest_size=16).hexdigest()


def check_same_model(path: Path, state: dict[str, Any], module: nn.Module) -> None:
    """Raise SubsongError when the checkpoint `state` at `path` is of another model than `module`."""
    ours, theirs = module.state_dict(), state["model"]
    if state["model_digest"] == compute_model_digest(module):
        return
    for name in [*ours, *theirs]:
        expected = tuple(ours[name].shape) if name in ours else None
        found = tuple(theirs[name].shape) if name in theirs else None
        if expected != found:
            raise SubsongError(
                f"{path} is a checkpoint of another model: parameter {name} has shape {found or 'none'}, this model's "
                f"has {expected or 'none'}; use the config the checkpoint was trained with"
            )
    raise SubsongError(f"{path} is a checkpoint of another model: its parameters have other types")
