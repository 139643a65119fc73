"""bird-embeddings' model files, read without executing anything in them."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.interop.bird_embeddings.errors import MissingFileError

# Single numbers of NumPy, which scripts leave in histories and metadata: they execute nothing.
_NUMPY_SCALAR = np.float64(0).__reduce__()[0]
_PLAIN_NUMBERS: list[Any] = [
    _NUMPY_SCALAR,
    (_NUMPY_SCALAR, "numpy.core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(name)) for name in ("bool", "int32", "int64", "float32", "float64")),
]


def write_tensors(filepath: str | Path, content: Mapping[str, Any]) -> None:
    """Write tensors and plain values as ``torch.save`` does, whole or not at all; makes the folder."""
    with atomic_file(filepath) as file:
        torch.save(dict(content), file)


def read_tensors(filepath: str | Path, trust: bool = False) -> Any:
    """Read what ``torch.save`` wrote, to the CPU.

    Parameters
    ----------
    filepath
        The file.
    trust
        Whether objects other than tensors and plain values may be unpickled, which can execute anything.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SubsongError
        When the file is none of torch's, or holds other objects and `trust` is False.
    """
    path = Path(filepath)
    if not path.is_file():
        raise MissingFileError(f"no model file at {path}: give the path of a .pt or .pth file")
    try:
        with torch.serialization.safe_globals(_PLAIN_NUMBERS):
            return torch.load(path, map_location="cpu", weights_only=not trust)
    except pickle.UnpicklingError as error:
        if trust:
            raise SubsongError(f"{path} is not a file that torch wrote, or a damaged one") from error
        raise SubsongError(
            f"{path} holds more than tensors and plain values (a pickled model, say), or is damaged; nothing in it was "
            "executed: say trust=True, or --trust, if you trust whoever made it"
        ) from error
    except (RuntimeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise SubsongError(f"{path} is not a file that torch wrote, or a damaged one") from error


def check_keys(filepath: str | Path, content: Any, keys: tuple[str, ...]) -> None:
    """Raise SubsongError when a file's content is not a dict with `keys`; names the missing ones."""
    if not isinstance(content, Mapping):
        raise SubsongError(f"{filepath} holds a {type(content).__name__}, expected a dict with {', '.join(keys)}")
    missing = [key for key in keys if key not in content]
    if missing:
        raise SubsongError(f"{filepath} lacks {', '.join(missing)}: expected a dict with {', '.join(keys)}")


def load_weights(filepath: str | Path, model: nn.Module, weights: Mapping[str, Any]) -> None:
    """Put a file's weights into a model.

    Raises
    ------
    SubsongError
        When they are of another model; names the first parameter that differs.
    """
    ours = model.state_dict()
    for name in [*ours, *weights]:
        expected = tuple(ours[name].shape) if name in ours else None
        found = tuple(weights[name].shape) if name in weights else None
        if expected != found:
            raise SubsongError(
                f"{filepath} is of another model: parameter {name} has shape {found or 'none'}, this model's has "
                f"{expected or 'none'}; build the model with the dimensions it was trained with"
            )
    model.load_state_dict(weights)
