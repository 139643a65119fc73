"""Annotations from the dense targets of a DAS dataset, block by block.

Legend: T = samples, C = columns of the targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.interop.das.attributes import DasAttributes

_BLOCK_SAMPLES = 1 << 20
# Where two classes overlap, DAS gives half of the target to each.
_SEGMENT_LEVEL, _EVENT_LEVEL = 0.5, 0.25
_SMALLEST = 1e-4


def find_intervals(path: Path, attributes: DasAttributes) -> pl.DataFrame:
    """Return ``onset_s``, ``offset_s``, ``label`` and ``kind`` of what the targets ``y.npy`` in `path` say.

    Raises
    ------
    SubsongError
        When its columns are not the classes.

    Notes
    -----
    A segment lies from the first to the last sample at which its class has half of the target, as DAS marks samples
    from onset to offset, both of them included. An event is a peak, found to a fraction of a sample by the parabola
    through its logarithm, which is exact for the bumps that DAS makes. What the targets do not hold cannot be had
    back: segments of one class that touch are one, and so are events within a bump of each other.
    """
    targets_TC = open_matrix(path)
    if targets_TC.shape[1] != len(attributes.class_names):
        raise SubsongError(
            f"{path} has {targets_TC.shape[1]} columns, but attrs.npy names {len(attributes.class_names)} classes"
        )
    rows: list[tuple[float, float, str, str]] = []
    for column, (name, kind) in enumerate(zip(attributes.class_names, attributes.class_kinds, strict=True)):
        if column == 0:
            continue
        find = _find_events if kind == "event" else _find_segments
        spans_N2 = find(targets_TC, column) / attributes.sample_rate_hz
        rows += [(onset_s, offset_s, name, kind) for onset_s, offset_s in spans_N2.tolist()]
    schema = {"onset_s": pl.Float64, "offset_s": pl.Float64, "label": pl.String, "kind": pl.String}
    return pl.DataFrame(rows, schema, orient="row").sort("onset_s", "offset_s", "label")


def open_matrix(path: Path) -> np.ndarray:
    """Return the memory map of a file that holds a matrix of numbers, shape (T, C).

    Raises
    ------
    SubsongError
        When it is missing, damaged, or holds anything else.
    """
    try:
        values: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise SubsongError(f"{path} is missing: copy the whole dataset") from error
    except (ValueError, EOFError, OSError) as error:
        raise SubsongError(f"{path} is damaged or no plain array ({error}): make the dataset again") from error
    if values.ndim != 2 or values.dtype.kind != "f":
        raise SubsongError(
            f"{path} holds {values.dtype} of shape {values.shape}: expected (samples, columns) of floats"
        )
    return values


def _blocks(targets_TC: np.ndarray, column: int) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(targets_TC), _BLOCK_SAMPLES):
        yield start, np.asarray(targets_TC[start : start + _BLOCK_SAMPLES, column], np.float32)


def _find_segments(targets_TC: np.ndarray, column: int) -> np.ndarray:
    """Return first and last sample of each run, shape (N, 2)."""
    edges, was_on = [], False
    for start, values_T in _blocks(targets_TC, column):
        is_on_T = values_T >= _SEGMENT_LEVEL
        edges.append(start + np.flatnonzero(np.diff(is_on_T, prepend=was_on)))
        was_on = bool(is_on_T[-1])
    if was_on:
        edges.append(np.array([len(targets_TC)]))
    spans_N2 = np.concatenate([np.empty(0, np.int64), *edges]).reshape(-1, 2)
    return spans_N2 - [0, 1]


def _find_events(targets_TC: np.ndarray, column: int) -> np.ndarray:
    """Return the place of each peak in samples, twice, shape (N, 2)."""
    from scipy.signal import find_peaks

    places, held_T, held_from = [], np.zeros(1, np.float32), -1
    for start, values_T in _blocks(targets_TC, column):
        is_last = start + len(values_T) == len(targets_TC)
        held_T = np.concatenate([held_T, values_T, np.zeros(int(is_last), np.float32)])
        # What is under way at the end of a block is left to the next one.
        low = np.flatnonzero(held_T < _EVENT_LEVEL)
        stop = len(held_T) if is_last or len(low) == 0 else int(low[-1]) + 1
        peaks = find_peaks(held_T[:stop], height=_EVENT_LEVEL)[0]
        places.append(held_from + _refine(held_T, peaks))
        held_T, held_from = held_T[stop - 1 :], held_from + stop - 1
    place_N = np.concatenate([np.empty(0), *places])
    return np.column_stack([place_N, place_N])


def _refine(values_T: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """Return the places of peaks to a fraction of a sample; peaks of single samples stay where they are."""
    before, at, after = (
        np.log(np.maximum(values_T[peaks + step].astype(np.float64), _SMALLEST)) for step in (-1, 0, 1)
    )
    is_alone = np.minimum(before, after) <= np.log(_SMALLEST)
    bend = before - 2 * at + after
    moved = np.where(is_alone | (bend >= 0), 0.0, 0.5 * (before - after) / np.where(bend < 0, bend, -1.0))
    refined: np.ndarray = peaks + np.clip(moved, -1.0, 1.0)
    return refined
