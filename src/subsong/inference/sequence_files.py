"""Files of latent sequences, written part by part: .parquet, .csv or .npz, whole or not at all.

Legend: N = windows, L = latent dimensions, M = sequences.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.files import PARTIAL_SUFFIX, atomic_file, disk_errors, remove_abandoned_files
from subsong.inference.sequence_archive import ArchiveWriter
from subsong.inference.sequence_embedding import SequencePart
from subsong.inference.tables import check_suffix


class SequenceShape(NamedTuple):
    """What is known of a file before its first window.

    Attributes
    ----------
    num_sequences, num_windows
        M and N.
    latent_dim
        L.
    window_s, hop_s
        Length of a window, and from one to the next.
    """

    num_sequences: int
    num_windows: int
    latent_dim: int
    window_s: float
    hop_s: float


def write_sequences(
    path: Path, parts: Iterator[SequencePart], shape: SequenceShape, with_variance: bool = False
) -> None:
    """Write the windows of all parts, holding one part in memory at a time.

    A table (.parquet, .csv) has the columns of the items, z0, z1, ... and, with `with_variance`, the variances v0, v1,
    ...; an archive (.npz) has arrays, see `subsong.inference.sequence_archive`.

    Raises
    ------
    SubsongError
        When the suffix is another one, or the file cannot be written.
    """
    check_suffix(path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        _write_csv(path, parts, with_variance)
        return
    with disk_errors(path), _parts_folder(path) as folder:
        if suffix == ".parquet":
            _write_parquet(path, folder, parts, with_variance)
        else:
            _write_archive(path, folder, parts, shape)


def build_table(part: SequencePart, with_variance: bool = False) -> pl.DataFrame:
    """Return a part as a table: its items, then z0, z1, ... and where asked for v0, v1, ..."""
    columns = [pl.Series(f"z{number}", values_N) for number, values_N in enumerate(part.mean_NL.T)]
    if with_variance:
        variance_NL = np.exp(part.log_variance_NL)
        columns += [pl.Series(f"v{number}", values_N) for number, values_N in enumerate(variance_NL.T)]
    return part.items.hstack(columns)


@contextmanager
def _parts_folder(path: Path) -> Iterator[Path]:
    """Yield a folder for what is written before the file, beside it: what is long may not fit elsewhere."""
    parts_path = path.absolute().with_name(f"{path.name}.parts")
    parts_path.parent.mkdir(parents=True, exist_ok=True)
    # The name tells the process, so that the next one clears the folder away should this one be killed.
    remove_abandoned_files(parts_path)
    folder = parts_path.with_name(f".{parts_path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_csv(path: Path, parts: Iterator[SequencePart], with_variance: bool) -> None:
    with atomic_file(path) as file:
        for number, part in enumerate(parts):
            build_table(part, with_variance).write_csv(file, include_header=number == 0)


def _write_parquet(path: Path, folder: Path, parts: Iterator[SequencePart], with_variance: bool) -> None:
    paths = []
    for number, part in enumerate(parts):
        paths.append(folder / f"{number:06d}.parquet")
        build_table(part, with_variance).write_parquet(paths[-1])
    with atomic_file(path) as file:
        pl.scan_parquet(paths).sink_parquet(file)


def _write_archive(path: Path, folder: Path, parts: Iterator[SequencePart], shape: SequenceShape) -> None:
    with ArchiveWriter(folder, shape.num_windows, shape.latent_dim) as writer:
        for part in parts:
            writer.add(part.items, part.mean_NL, part.log_variance_NL)
    with atomic_file(path) as file:
        writer.pack(file, window_length_sec=np.float64(shape.window_s), hop_length_sec=np.float64(shape.hop_s))
