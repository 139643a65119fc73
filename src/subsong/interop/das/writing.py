"""A dataset of DAS from a store of annotated song: sound and dense targets, as DAS reads them.

Legend: T = samples, C = columns of the targets, N = annotations.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_folder, disk_errors
from subsong.datasets.song.store import Intervals, SongStore
from subsong.datasets.song.stretches import intersect_stretches
from subsong.datasets.song.targets import carve_gaps, compute_targets
from subsong.interop.das.attributes import ATTRIBUTES_NAME
from subsong.interop.das.reading import SPLIT_FOLDERS, is_das_dataset
from subsong.sources.song_class import SongClass

_BLOCK_SAMPLES = 1 << 18
_NUM_WIDTHS = 6.0
_TABLE_HEADER = ("name", "start_seconds", "stop_seconds")


def write_das_dataset(store: SongStore, path: str | Path, overwrite: bool = False) -> Path:
    """Write a store as a dataset of DAS, whole or not at all.

    Parameters
    ----------
    store
        All its recordings have equally many channels.
    path
        A folder whose name ends in ``.npy``.
    overwrite
        Replace the dataset that is there.

    Raises
    ------
    SubsongError
        When the name is another one, something lies there, or channels differ.

    Notes
    -----
    Sound is in units of full scale and half precision, as DAS stores it. Samples from onset to offset, both included,
    are of a segment; an event is a bump of the store's `event_width_s`; gaps of `gap_s` are left between segments.
    Where classes overlap they share the target, so that the columns, the first of which is noise, sum to 1:
    annotations of other callers at the same time cannot be told apart there. Beside the targets of a split lies
    ``x_annotations.csv``, which tells them in seconds from the beginning of its ``x.npy``.
    """
    path = Path(path).expanduser()
    if path.suffix != ".npy":
        raise SubsongError(f"{path}: DAS knows a dataset by its name, which should end in .npy")
    if path.exists() and not (overwrite and is_das_dataset(path)):
        raise SubsongError(
            f"{path} is there: choose another folder" + (", or overwrite it" if is_das_dataset(path) else "")
        )
    for name, _ in store.classes:
        if store.reading.targets_by_class and Path(name).name != name:
            raise SubsongError(
                f"the class {name!r} cannot be part of a file name: rename it, as y_<class>.npy names it"
            )
    num_channels = store.recordings.group_by("source").len()["len"].unique()
    if len(num_channels) > 1:
        raise SubsongError(
            f"{store.path} has recordings of {' and '.join(map(str, num_channels.sort()))} channels, a dataset of DAS "
            "one number of them: prepare the store with --set channel=0"
        )
    with atomic_folder(path) as partial, disk_errors(path):
        for split, folder in SPLIT_FOLDERS.items():
            (partial / folder).mkdir()
            _write_split(store, split, partial / folder, int(num_channels[0]))
        _write_attributes(store, partial / ATTRIBUTES_NAME, path)
    return path


def _write_split(store: SongStore, split: str, folder: Path, num_channels: int) -> None:
    pieces = _list_pieces(store, split)
    num_samples = sum(stop - first for _, first, stop in pieces)
    names = [name for name, _ in store.classes]
    files = {"x": num_channels, "y": 1 + len(names)}
    if store.reading.targets_by_class:
        files |= {f"y_{name}": 2 for name in names}
    opened = {name: (folder / f"{name}.npy").open("wb") for name in files}
    try:
        for name, num_columns in files.items():
            _write_header(opened[name], (num_samples, num_columns))
        for recordings, first, stop in pieces:
            for start in range(first, stop, _BLOCK_SAMPLES):
                _write_block(store, recordings, range(start, min(start + _BLOCK_SAMPLES, stop)), opened)
    finally:
        for file in opened.values():
            file.close()
    _write_table(store, pieces, folder / "x_annotations.csv")


def _write_table(store: SongStore, pieces: list[tuple[list[int], int, int]], path: Path) -> None:
    """Write the annotations of pieces that are put end to end, of all channels, as DAS writes them."""
    rate, rows, before = store.sample_rate_hz, set(), 0
    for recordings, first, stop in pieces:
        for number in recordings:
            found = store.find_intervals(number, first / rate, stop / rate)
            bounds_N2 = np.column_stack([found.onset_s, found.offset_s]).clip(first / rate, stop / rate)
            bounds_N2 += (before - first) / rate
            # A segment that only touches the piece would look like an event.
            is_in_N = (bounds_N2[:, 0] < bounds_N2[:, 1]) | (found.onset_s == found.offset_s)
            names = [store.classes[index].name for index in found.class_number[is_in_N].tolist()]
            rows |= {(start, end, name) for (start, end), name in zip(bounds_N2[is_in_N].tolist(), names, strict=True)}
        before += stop - first
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_TABLE_HEADER)
        writer.writerows((name, round(start, 6), round(end, 6)) for start, end, name in sorted(rows))


def _list_pieces(store: SongStore, split: str) -> list[tuple[list[int], int, int]]:
    """Return the recordings (one a channel), first and last sample of what belongs to a split and is labelled."""
    parts = store.parts.filter(pl.col("split") == split).group_by(
        ["source", "first_sample", "stop_sample"], maintain_order=True
    )
    pieces = []
    for (_, first, stop), rows in parts:
        recordings = rows["recording"].to_list()
        # A dataset of DAS has no place for what nobody looked at: it is left out.
        stretches_L2 = np.array([[int(str(first)), int(str(stop))]])
        for number in recordings:
            stretches_L2 = intersect_stretches(stretches_L2, store.find_labelled(number))
        pieces += [(recordings, start, end) for start, end in stretches_L2.tolist()]
    return pieces


def _write_block(store: SongStore, recordings: list[int], samples: range, opened: Mapping[str, IO[bytes]]) -> None:
    sound_TC = np.stack([store.read(number, samples.start, samples.stop) for number in recordings], axis=1)
    opened["x"].write(np.ascontiguousarray(sound_TC, np.float16).data)
    # One target for all channels: what sounds in any of them.
    targets_TC = np.maximum.reduce([_compute_dense(store, number, samples) for number in recordings])
    if "y_" + store.classes[0].name in opened:
        for column, (name, _) in enumerate(store.classes):
            single_T = targets_TC[:, column : column + 1]
            opened[f"y_{name}"].write(np.hstack([1 - single_T, single_T]).astype(np.float16).data)
    total_T = targets_TC.sum(axis=1, keepdims=True)
    shared_TC = targets_TC / np.maximum(total_T, 1.0)
    noise_T = 1 - shared_TC.sum(axis=1, keepdims=True)
    opened["y"].write(np.hstack([noise_T, shared_TC]).astype(np.float16).data)


def _compute_dense(store: SongStore, recording: int, samples: range) -> np.ndarray:
    """Return the target of each sample and class, not yet shared, float64, shape (T, C)."""
    rate, reading = store.sample_rate_hz, store.reading
    margin_s = max(_NUM_WIDTHS * reading.event_width_s, reading.gap_s) + 1 / rate
    found = store.find_intervals(recording, samples.start / rate - margin_s, samples.stop / rate + margin_s)
    is_segment_N = np.array([kind == "segment" for _, kind in store.classes])[found.class_number]
    events = Intervals(*(values[~is_segment_N] for values in found))
    # One frame more, as one alone would not tell the hop.
    times_s = np.arange(samples.start, samples.stop + 1) / rate
    target_TC = compute_targets(*events, store.classes, times_s, reading.event_width_s)[:-1].astype(np.float64)
    segments = Intervals(*(values[is_segment_N] for values in found))
    onset_s, offset_s = carve_gaps(segments.onset_s, segments.offset_s, reading.gap_s)
    first_N = np.rint(onset_s * rate).astype(np.int64) - samples.start
    last_N = np.rint(offset_s * rate).astype(np.int64) - samples.start
    for first, last, number in zip(first_N.tolist(), last_N.tolist(), segments.class_number.tolist(), strict=True):
        target_TC[max(0, first) : max(0, last + 1), number] = 1.0
    return target_TC


def _write_header(file: IO[bytes], shape: tuple[int, int]) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.float16)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _write_attributes(store: SongStore, path: Path, out: Path) -> None:
    """Write what DAS reads of a dataset; a dict in an array of objects is the form it knows."""
    reading = store.reading
    attributes: dict[str, Any] = {
        "samplerate_x_Hz": store.sample_rate_hz,
        "samplerate_y_Hz": store.sample_rate_hz,
        **_name_classes(store.classes, ""),
        "event_std_seconds": reading.event_width_s,
        "gap_seconds": reading.gap_s,
        "make_single_class_datasets": reading.targets_by_class,
        "data_folder": store.path.name,
        "store_folder": out.name,
    }
    if reading.targets_by_class:
        for song_class in store.classes:
            attributes |= _name_classes((song_class,), f"_{song_class.name}")
    for folder in SPLIT_FOLDERS.values():
        attributes |= {
            f"filename_{folder}": [],
            f"filename_startsample_{folder}": [],
            f"filename_endsample_{folder}": [],
        }
    held = np.empty((), object)
    held[()] = attributes
    buffer = io.BytesIO()
    np.save(buffer, held, allow_pickle=True)
    path.write_bytes(buffer.getvalue())


def _name_classes(classes: tuple[SongClass, ...], suffix: str) -> dict[str, list[str]]:
    return {
        f"class_names{suffix}": ["noise", *(name for name, _ in classes)],
        f"class_types{suffix}": ["segment", *(kind for _, kind in classes)],
    }
