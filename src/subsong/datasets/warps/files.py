"""A fitted warp on disk: a folder of ``warp.json``, settings and time base, and ``arrays.safetensors``, the numbers."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import ValidationError
from safetensors.numpy import load_file, save

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_folder, read_json, write_json
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.fitting import FittedWarp
from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.warps.warp import Warp, check_warp

_ARRAYS_FILE, _DESCRIPTION_FILE, _FORMAT_VERSION = "arrays.safetensors", "warp.json", 1


class StoredWarp(NamedTuple):
    """What a folder holds: the fit, the settings it was made with, and what its fractions mean in seconds."""

    fitted: FittedWarp
    config: WarpConfig
    time_base: TimeBase


def write_warp(path: str | Path, fitted: FittedWarp, config: WarpConfig, time_base: TimeBase) -> Path:
    """Write a fitted warp as a folder, whole or not at all; what is there under that name is replaced.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SubsongError
        When the disk is full or the folder is not writable.
    ValueError
        When the template is not on this time base.
    """
    path = Path(path)
    if len(fitted.template_TF) != time_base.num_time_bins:
        raise ValueError(f"the template has {len(fitted.template_TF)} frames, the time base {time_base.num_time_bins}")
    description = {
        "format_version": _FORMAT_VERSION,
        "config": config.model_dump(),
        "time_base": time_base._asdict(),
        "num_renditions": len(fitted.objective_N),
    }
    arrays = {
        "x_knots": fitted.warp.x_knots_NK,
        "y_knots": fitted.warp.y_knots_NK,
        "template": fitted.template_TF,
        "objective": fitted.objective_N,
        "loss_history": fitted.loss_history,
    }
    with atomic_folder(path) as partial:
        content = save({name: np.ascontiguousarray(values) for name, values in arrays.items()})
        (partial / _ARRAYS_FILE).write_bytes(content)
        write_json(partial / _DESCRIPTION_FILE, description)
    return path


def load_warp(path: str | Path) -> StoredWarp:
    """Read what `write_warp` wrote, number for number.

    Raises
    ------
    SubsongError
        When the folder is not a fitted warp, is damaged, or was written by a newer version.
    """
    path = Path(path)
    if not (path / _DESCRIPTION_FILE).is_file():
        raise SubsongError(f"{path} is not a fitted warp: expected a folder with {_DESCRIPTION_FILE}")
    description = read_json(path / _DESCRIPTION_FILE)
    version = description.get("format_version") if isinstance(description, dict) else None
    if version != _FORMAT_VERSION:
        raise SubsongError(
            f"{path / _DESCRIPTION_FILE} has format {version}, this version of subsong reads {_FORMAT_VERSION}: "
            "use the version that wrote it, or fit the warp again"
        )
    try:
        config, time_base = WarpConfig(**description["config"]), TimeBase(**description["time_base"])
        return StoredWarp(_read_arrays(path / _ARRAYS_FILE), config, time_base)
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        raise SubsongError(f"the fitted warp in {path} is damaged ({error}): fit it again") from error


def _read_arrays(path: Path) -> FittedWarp:
    try:
        arrays = load_file(path)
    except Exception as error:  # safetensors has several classes of errors, and tells of a missing file by others
        raise SubsongError(f"{path} is missing or damaged") from error
    warp = Warp(arrays["x_knots"], arrays["y_knots"])
    check_warp(warp)
    return FittedWarp(warp, arrays["template"], arrays["objective"], arrays["loss_history"])
