"""Files of time warps, with AVA's names of their arrays; AVA's own, which are pickles, are refused.

Legend: N = renditions, K = knots.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.datasets.warps.warp import Warp, check_warp

_NEEDED = ("x_knots", "y_knots", "template_dur", "audio_filenames")
_NPY_MAGIC = b"\x93NUMPY"


class WarpFile(NamedTuple):
    """The content of a file of warps.

    Attributes
    ----------
    warp
        Fractions of `template_dur`.
    template_dur
        Seconds from fraction 0, the start of each recording, to fraction 1.
    audio_filenames
        N.
    warp_params
        What the warps were fitted with, under AVA's names; empty for a converted file.
    """

    warp: Warp
    template_dur: float
    audio_filenames: list[str]
    warp_params: dict[str, Any]


def write_warp_file(path: str | Path, content: WarpFile) -> None:
    """Write ``x_knots``, ``y_knots``, ``template_dur``, ``audio_filenames`` and ``warp_params`` (JSON) as npz."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        x_knots=content.warp.x_knots_NK,
        y_knots=content.warp.y_knots_NK,
        template_dur=np.array(content.template_dur),
        audio_filenames=np.array(content.audio_filenames, dtype=str),
        warp_params=np.array(json.dumps(content.warp_params)),
    )
    with atomic_file(path) as file:
        file.write(buffer.getbuffer())


def read_warp_file(path: str | Path, dt_s: float) -> WarpFile:
    """Read a file of warps, ours or one of AVA's converted to npz.

    Parameters
    ----------
    path
        The file, of any name.
    dt_s
        Seconds between the frames that warps are fitted to.

    Raises
    ------
    SubsongError
        When it is missing, damaged, or a pickle of AVA's: says how to convert it.

    Notes
    -----
    The `template_dur` of AVA is one frame too long: T frames last T - 1 steps. It is mended on reading; files of ours
    are told by their `warp_params`, which are text.
    """
    path = Path(path)
    arrays = _read_arrays(path)
    missing = [name for name in _NEEDED if name not in arrays]
    if missing:
        raise SubsongError(f"{path} lacks {', '.join(missing)}: expected a file of time warps written with warp_fn")
    is_ours, duration_s = "warp_params" in arrays, float(arrays["template_dur"])
    warp = Warp(*(np.asarray(arrays[name], dtype=np.float64) for name in ("x_knots", "y_knots")))
    try:
        check_warp(warp)
    except ValueError as error:
        raise SubsongError(
            f"{path} holds no warps that can be used: {error}; fit them again with load_warp=False"
        ) from error
    names = [str(name) for name in arrays["audio_filenames"]]
    if len(names) != len(warp.x_knots_NK):
        raise SubsongError(f"{path} has {len(warp.x_knots_NK)} warps of {len(names)} recordings: it is damaged")
    parameters = json.loads(str(arrays["warp_params"])) if is_ours else {}
    return WarpFile(warp, duration_s if is_ours else duration_s - dt_s, names, parameters)


def select_warps(content: WarpFile, audio_filenames: list[str], path: str | Path) -> Warp:
    """Return the warps of some recordings of a file.

    Raises
    ------
    SubsongError
        When one is not in it; names it.
    """
    row_of = {name: row for row, name in enumerate(content.audio_filenames)}
    missing = [name for name in audio_filenames if name not in row_of]
    if missing:
        raise SubsongError(
            f"{path} has no warp of {missing[0]} ({len(missing)} of {len(audio_filenames)} recordings are missing): "
            "fit them together with load_warp=False"
        )
    return content.warp.select(np.array([row_of[name] for name in audio_filenames]))


def _read_arrays(path: Path) -> Mapping[str, np.ndarray]:
    if not path.is_file():
        raise SubsongError(f"no file {path}: fit the warps first, with load_warp=False, which writes it")
    with path.open("rb") as file:
        is_npy = file.read(len(_NPY_MAGIC)) == _NPY_MAGIC
    if is_npy:
        raise SubsongError(
            f"{path} is a pickle of AVA's, which could run any program when it is read: convert it where you trust it, "
            f"import numpy as np; w = np.load({path.name!r}, allow_pickle=True).item(); w.pop('warp_params'); "
            f"np.savez({path.stem + '.npz'!r}, **w); and give that file as warp_fn"
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in (*_NEEDED, "warp_params") if name in arrays.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise SubsongError(f"{path} is no file of time warps, or a damaged one: fit the warps again") from error
