"""What DAS's ``predict`` wrote as HDF5 (``RECORDING_das.h5``): events and segments, without the probabilities.

The file is one of pytables, with a group a dict and a group a list; long lists are pickled, and read as plain values.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.interop.das.plain_pickle import read_plain_pickle
from subsong.sources.annotations import build_annotations

SUFFIX = "_das.h5"
_TITLE = "TITLE"


def read_das_predictions(path: str | Path) -> pl.DataFrame:
    """Return the events and segments of a file of predictions, with `ANNOTATION_SCHEMA`, by onset.

    Raises
    ------
    SubsongError
        When the file is missing or damaged, none of DAS's, or its times and names differ in number.
    """
    path = Path(path)
    if not path.is_file():
        raise SubsongError(f"no file {path}: expected what 'das predict' wrote, RECORDING{SUFFIX}")
    try:
        with h5py.File(path, "r") as file:
            events, segments = (_read(file[name], path) if name in file else {} for name in ("events", "segments"))
    except (OSError, KeyError, RuntimeError) as error:
        raise SubsongError(f"{path} is no HDF5 file, or a damaged one: predict again") from error
    if not events and not segments:
        raise SubsongError(f"{path} has neither events nor segments: expected what 'das predict' wrote")
    points = _numbers(events, "seconds", path)
    starts, stops = (_numbers(segments, f"{end}_seconds", path) for end in ("onsets", "offsets"))
    labels = [*_name(events, len(points), path), *_name(segments, len(starts), path)]
    if len(starts) != len(stops):
        raise SubsongError(f"{path} has {len(starts)} onsets and {len(stops)} offsets: it is damaged, predict again")
    table = build_annotations(
        recording=path.name.removesuffix(SUFFIX),
        onset_s=[*points, *starts],
        offset_s=[*points, *stops],
        label=labels,
        annotator=["das"] * len(labels),
    )
    return table.sort("onset_s", "offset_s", maintain_order=True)


def _read(node: h5py.Group | h5py.Dataset, path: Path) -> Any:
    """Return what a node holds: a dict, a list, or an array."""
    if isinstance(node, h5py.Dataset):
        if h5py.check_vlen_dtype(node.dtype) is not None:
            return read_plain_pickle(io.BytesIO(node[0].tobytes()), path) if len(node) else []
        return [] if "zeroarray_dtype" in node.attrs else node[()]
    # Scalars are attributes, among pytables' own, whose names are in capitals.
    values: dict[str, Any] = {name: value for name, value in node.attrs.items() if not name.isupper()}
    values |= {name: _read(child, path) for name, child in node.items() if name != "probabilities"}
    title = _to_text(node.attrs.get(_TITLE, ""))
    if title.startswith(("list:", "tuple:")):
        return [values[f"i{number}"] for number in range(int(title.partition(":")[2]))]
    return None if title.startswith("nonetype") else values


def _numbers(part: Any, name: str, path: Path) -> list[float]:
    values = (part or {}).get(name)
    try:
        return [] if values is None else [float(value) for value in values]
    except (TypeError, ValueError) as error:
        raise SubsongError(f"{path}: {name} are no numbers: it is damaged, predict again") from error


def _name(part: Any, number: int, path: Path) -> list[str]:
    """Return the name of each annotation; older files tell it as a number in the list of names."""
    sequence = [] if number == 0 else list(part.get("sequence") if part.get("sequence") is not None else [])
    if len(sequence) != number:
        raise SubsongError(f"{path} has {number} times and {len(sequence)} names: it is damaged, predict again")
    known = (
        dict(zip(map(str, _as_list(part, "index")), map(_to_text, _as_list(part, "names")), strict=False))
        if number
        else {}
    )
    return [known.get(str(one), _to_text(one)) for one in sequence]


def _as_list(part: dict[str, Any], name: str) -> list[Any]:
    values = part.get(name)
    return [] if values is None else list(values)


def _to_text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes | np.bytes_) else str(value)
