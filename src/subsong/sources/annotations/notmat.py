"""evfuncs / EvTAF ``.not.mat`` files: onsets and offsets in milliseconds, one character a syllable.

The recording is the file's name without ``.not.mat``; ``-`` is a label like any other.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.annotations.losses import (
    fill_labels,
    require_one_recording,
    require_segments,
    require_times,
    warn_lost,
)
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations
from subsong.sources.reading import read_errors

SUFFIX = ".not.mat"
_NO_LABEL = "-"


def read_notmat(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a ``.not.mat`` file.

    Raises
    ------
    SubsongError
        When it is no MATLAB file (version 4 to 7.2), a variable is missing, or their lengths differ.
    """
    onsets_ms, offsets_ms = (_read_times(path, name) for name in ("onsets", "offsets"))
    labels = "".join(str(part) for part in _read_variable(path, "labels").ravel())
    if not len(onsets_ms) == len(offsets_ms) == len(labels):
        raise SubsongError(
            f"{path}: expected as many onsets as offsets and labels, found {len(onsets_ms)}, {len(offsets_ms)} and "
            f"{len(labels)}; correct it in the program that wrote it"
        )
    return build_annotations(
        recording=path.name[: -len(SUFFIX)] if path.name.lower().endswith(SUFFIX) else path.stem,
        onset_s=onsets_ms / 1000,
        offset_s=offsets_ms / 1000,
        label=list(labels),
    )


def write_notmat(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write a ``.not.mat`` file, with the rate as ``Fs`` where it is known; a missing label is ``-``.

    Raises
    ------
    SubsongError
        When there are events, or labels of more than one character.
    """
    from scipy.io import savemat

    recording = require_one_recording(path, table) or path.name.removesuffix(SUFFIX)
    require_times(path, table)
    require_segments(path, table)
    warn_lost(path, table, ("recording", "onset_s", "offset_s", "label"))
    labels = fill_labels(path, table, _NO_LABEL)
    long = [label for label in labels if len(label) != 1]
    if long:
        raise SubsongError(
            f"{path}: a .not.mat file holds one character a syllable, found the label {long[0]!r}; "
            "rename the labels, or write a .csv"
        )
    rate_hz = rates.find(recording)
    variables: dict[str, Any] = {
        "fname": recording,
        "onsets": table["onset_s"].to_numpy()[:, None] * 1000,
        "offsets": table["offset_s"].to_numpy()[:, None] * 1000,
        "labels": "".join(labels),
        **({} if rate_hz is None else {"Fs": float(rate_hz)}),
    }
    content = io.BytesIO()
    savemat(content, variables)
    with atomic_file(path) as file:
        file.write(content.getvalue())


def _read_times(path: Path, name: str) -> np.ndarray:
    """Return a variable of times, shape (N,), float64, milliseconds."""
    values = _read_variable(path, name)
    if values.dtype.kind not in "fiu":
        raise SubsongError(f"{path}: expected numbers in the variable {name!r}, found {values.dtype}")
    return values.ravel().astype(np.float64)


def _read_variable(path: Path, name: str) -> np.ndarray:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    with read_errors(path):
        data = path.read_bytes()
    try:
        variables = loadmat(io.BytesIO(data), variable_names=[name])
    except (MatReadError, ValueError, TypeError, NotImplementedError, IndexError, KeyError, OSError) as error:
        raise SubsongError(f"{path} is no MATLAB file of version 4 to 7.2, or is damaged ({error})") from error
    if name not in variables:
        raise SubsongError(f"{path} has no variable {name!r}: expected onsets, offsets and labels")
    return np.asarray(variables[name])
