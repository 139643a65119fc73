"""AVA's folders of spectrograms as stores of syllables, and back.

Legend: N = syllables, H, W = rows and columns of a spectrogram.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.config_files import read_config
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_folder, disk_errors
from subsong.core.overrides import Overrides
from subsong.core.yaml_files import load_yaml
from subsong.datasets.manifest import describe_sources
from subsong.datasets.store_writing import Part, StoreContent, WritingOptions, begin_store, write_store
from subsong.datasets.syllables.building import KIND
from subsong.datasets.syllables.dataset import load_syllables
from subsong.datasets.syllables.reading import SyllableReading
from subsong.interop.ava.hdf5 import SUFFIX, SpecFile, decode_names, find_hdf5, map_specs, read_columns, write_specs
from subsong.interop.ava.parameters import build_spectrogram_config, get_parameter

SYLLABLES_PER_FILE = 20
_PART_SIZE = 512
# AVA computes on the numbers of 16-bit files; ours are in full scales.
_INT16_SCALE = 32768.0


class ImportedSpecs(NamedTuple):
    """A store that was made: its folder, and how many files and spectrograms were read."""

    path: Path
    num_files: int
    num_specs: int


def read_ava_reading(path: str | Path, overrides: Overrides | None = None) -> SyllableReading:
    """Return how AVA made spectrograms, from its dictionary ``p`` in a file of JSON or YAML.

    Parameters
    ----------
    path
        The file; functions in ``p`` are left out of it.
    overrides
        Settings that ``p`` does not hold, such as ``spectrogram.amplitude_scale=1`` for recordings of floats: AVA takes
        the numbers of the file, which are assumed to be of 16 bits.

    Raises
    ------
    SubsongError
        When the file is missing or damaged, or lacks a parameter.
    """
    spectrogram = build_spectrogram_config(load_yaml(path).values)
    scaled = {**spectrogram.model_dump(), "amplitude_scale": _INT16_SCALE}
    return read_config(SyllableReading, overrides=overrides, base={"spectrogram": scaled, "features": False})


def import_specs(
    source: str | Path,
    out: str | Path,
    parameters: str | Path,
    overrides: Overrides | None = None,
    overwrite: bool = False,
) -> ImportedSpecs:
    """Turn AVA's files of spectrograms into a store of syllables, whole or not at all.

    Parameters
    ----------
    source
        A folder with ``.hdf5`` files at any depth, or one of them.
    out
        Folder of the store.
    parameters, overrides
        As of `read_ava_reading`: AVA's files do not say how they were made, and other recordings are to be read alike.
    overwrite
        Replace the store that is there.

    Raises
    ------
    SubsongError
        When there are no such files, one is damaged or holds no times (windows of shotgun training), or they were not
        made with these parameters.
    """
    options = WritingOptions(overwrite)
    source, out = begin_store(source, out, options, "spectrograms")
    reading = read_ava_reading(parameters, overrides)
    rate = int(get_parameter(load_yaml(parameters).values, "fs"))
    paths, root = _find_files(source), source if source.is_dir() else source.parent
    rows = _number_syllables(pl.concat([_tabulate(path, root, reading) for path in paths]))
    stored = {**reading.model_dump(mode="json"), "sample_rates_hz": [rate]}

    def compute(numbers: range) -> Part:
        part = rows[numbers.start : numbers.stop]
        blocks = [
            _store_as(_read_checked(root / str(file), of_file["place"].to_numpy()), reading.stored_as)
            for (file,), of_file in part.group_by(["file"], maintain_order=True)
        ]
        return Part({"x": blocks}, part.drop("file", "place"))

    content = StoreContent(KIND, stored, describe_sources(paths, root), rows, _PART_SIZE)
    return ImportedSpecs(out, len(paths), write_store(out, content, compute, {}, options).num_items)


def export_specs(store: str | Path, out: str | Path, overwrite: bool = False) -> ImportedSpecs:
    """Write a store of syllables as AVA's files ``syllables_NNNN.hdf5``, 20 a file, whole or not at all.

    Raises
    ------
    SubsongError
        When `store` is none of syllables, or `out` is there and `overwrite` is False.

    Notes
    -----
    The last file holds the rest. AVA's own readers take every file to hold as many as the first: leave the last one
    out there, unless it is full.
    """
    syllables, out = load_syllables(store), Path(out).expanduser()
    if out.exists() and not (overwrite and out.is_dir() and find_hdf5([out])):
        raise SubsongError(f"{out} is there: choose another folder" + (", or overwrite it" if out.is_dir() else ""))
    starts = range(0, len(syllables), SYLLABLES_PER_FILE)
    with atomic_folder(out) as folder, disk_errors(out):
        for number, start in enumerate(starts):
            rows = np.arange(start, min(start + SYLLABLES_PER_FILE, len(syllables)))
            items = syllables.items[rows]
            specs = syllables.fetch(rows).input.numpy().astype(np.float64)
            onsets, offsets = (items[name].to_numpy() for name in ("onset_s", "offset_s"))
            content = SpecFile(specs, onsets, offsets, items["source"].to_list())
            write_specs(folder / f"syllables_{number:04d}{SUFFIX}", content)
    return ImportedSpecs(out, len(starts), len(syllables))


def _find_files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    folders = sorted({path.parent for path in source.rglob(f"*{SUFFIX}")})
    if not folders:
        raise SubsongError(f"{source} holds no {SUFFIX} files: expected AVA's folder of spectrograms")
    return find_hdf5(folders)


def _tabulate(path: Path, root: Path, reading: SyllableReading) -> pl.DataFrame:
    """Return where the syllables of a file are: ``file`` and ``place`` in it, and in which recording.

    Raises
    ------
    SubsongError
        When the file holds no times, or spectrograms of another size than the parameters say.
    """
    columns, spectrogram = read_columns(path), reading.spectrogram
    if not {"onsets", "offsets"} <= columns.keys():
        raise SubsongError(
            f"{path} does not say when its spectrograms begin, as AVA's of shotgun windows: make windows of the "
            "recordings with 'subsong prepare windows', or leave the file out"
        )
    shape, expected = map_specs(path).shape, (spectrogram.num_freq_bins, spectrogram.num_time_bins)
    if shape[1:] != expected:
        raise SubsongError(
            f"{path} holds spectrograms of {shape[1]} x {shape[2]}, the parameters are of {expected[0]} x "
            f"{expected[1]} (num_freq_bins, num_time_bins): give those it was made with"
        )
    if {len(values) for values in columns.values()} != {shape[0]}:
        raise SubsongError(f"{path}: its data sets differ in length; it is damaged, make it again")
    names = columns.get("audio_filenames")
    given = [path.stem] * shape[0] if names is None else decode_names(names)
    return pl.DataFrame(
        {
            "file": [path.relative_to(root).as_posix()] * shape[0],
            "place": np.arange(shape[0]),
            "source": [_name_source(name) for name in given],
            "onset_s": columns["onsets"].astype(np.float64),
            "offset_s": columns["offsets"].astype(np.float64),
        }
    )


def _number_syllables(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the columns that items of syllables have."""
    return rows.select(
        *("file", "place", "source"),
        pl.int_range(pl.len()).over("source").alias("row"),
        pl.col("source").str.extract(r"^(.*)/[^/]*$").fill_null("").alias("folder"),
        pl.lit(None, pl.Int64).alias("channel"),
        *("onset_s", "offset_s"),
        pl.lit(None, pl.String).alias("label"),
        pl.lit(None, pl.String).alias("annotator"),
        pl.lit("whole").alias("shown"),
        (pl.col("offset_s") - pl.col("onset_s")).alias("duration_s"),
    )


def _read_checked(path: Path, places: np.ndarray) -> np.ndarray:
    specs_NHW = np.asarray(map_specs(path)[places])
    low, high = (float(limit) for limit in (specs_NHW.min(), specs_NHW.max()))
    if not (low >= 0 and high <= 1):
        raise SubsongError(f"{path} holds values from {low:g} to {high:g}: expected AVA's, from 0 to 1")
    return specs_NHW


def _store_as(specs_NHW: np.ndarray, stored_as: str) -> np.ndarray:
    return (np.rint(specs_NHW * 255) if stored_as == "uint8" else specs_NHW).astype(stored_as)


def _name_source(name: str) -> str:
    """Return what a recording is called: its path as given, or of one on another machine its name with its folder's."""
    path = PurePosixPath(name.replace("\\", "/"))
    is_absolute = path.is_absolute() or ":" in path.parts[0]
    return "/".join(path.parts[-2:]) if is_absolute else path.as_posix()
