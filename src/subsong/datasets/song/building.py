"""Writing the store of annotated song: sound in tiles, several parts at a time, and on from where it stopped.

Legend: T = samples of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, disk_errors
from subsong.datasets.manifest import SourceFile, describe_sources
from subsong.datasets.part_workers import Progress, divide_rows, hash_table, write_csv, write_parts
from subsong.datasets.parts import StorePlan, check_store_is_free
from subsong.datasets.song.gathering import GatheredSong, gather_song
from subsong.datasets.song.labels import SongClass, list_classes
from subsong.datasets.song.reading import SongReading
from subsong.sources.audio import AudioReader, Channel, open_audio
from subsong.sources.audio.rates import read_at_rate

KIND, TILE_SAMPLES = "song", 1 << 15
AUDIT_NAME, SKIPPED_NAME = "audit.csv", "skipped.csv"
ANNOTATIONS_NAME, PARTS_NAME, LABELLED_NAME = "annotations.parquet", "parts.parquet", "labelled.parquet"
INT16_SCALE = 2.0**15
_TILES_A_PART = 128
_WITHIN_INT16 = ("int8", "uint8", "int16")


class PreparedSong(NamedTuple):
    """What was written.

    Attributes
    ----------
    path
        Folder of the store.
    classes
        What was annotated.
    gathered
        Recordings, annotations, splits, and what was left out.
    reading
        How it was read, with the rate that was chosen.
    """

    path: Path
    classes: tuple[SongClass, ...]
    gathered: GatheredSong
    reading: SongReading


def build_song(
    source: str | Path,
    out: str | Path,
    reading: SongReading | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    num_workers: int | None = None,
) -> PreparedSong:
    """Turn annotated recordings into a store of sound and intervals, whole or not at all.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    out
        Folder of the store. Beside the store's own files it holds ``annotations.parquet``, ``parts.parquet``,
        ``audit.csv`` and ``skipped.csv``, and ``labelled.parquet`` where annotations are not complete everywhere.
    reading
        How.
    overwrite
        Replace the store that is there.
    progress
        Told what is done, how much of it is done and how much there is.
    num_workers
        Parts at a time; None: one a processor, 8 at most. Changes no number.

    Raises
    ------
    SubsongError
        When there is nothing to read, an annotation cannot be, or the store cannot be written.

    Notes
    -----
    Interrupted, the parts that were done are kept beside `out`; the same call goes on and gives the same store.
    """
    source, out = Path(source).expanduser(), Path(out).expanduser().resolve()
    if source.resolve().is_relative_to(out):
        raise SubsongError(f"{source} would be replaced by the store {out} that is made from it: name another folder")
    check_store_is_free(out, overwrite)
    tell = progress or (lambda *_: None)
    reading = reading or SongReading()
    gathered = gather_song(source, reading, lambda done, total: tell("checking recordings", done, total))
    sources = describe_sources([gathered.root / name for name in gathered.infos], gathered.root)
    return write_song_store(gathered, out, reading, sources, overwrite, tell, num_workers)


def write_song_store(
    gathered: GatheredSong,
    out: Path,
    reading: SongReading,
    sources: list[SourceFile],
    overwrite: bool = False,
    tell: Progress = lambda *_: None,
    num_workers: int | None = None,
) -> PreparedSong:
    """Write what was gathered, whole or not at all; see `build_song`."""
    reading = reading.model_copy(update={"sample_rate_hz": gathered.sample_rate_hz})
    tiles = list_tiles(gathered.recordings, gathered.parts)
    maker = TileMaker(gathered, reading.channel)
    rows_of_part = divide_rows(tiles.height, _TILES_A_PART)
    tables = {ANNOTATIONS_NAME: gathered.annotations, PARTS_NAME: gathered.parts}
    if gathered.labelled is not None:
        tables[LABELLED_NAME] = gathered.labelled
    key = "".join(hash_table(table) for table in (tiles, *tables.values()))
    parameters = reading.model_dump(mode="json")
    with StorePlan(out, KIND, parameters, sources, len(rows_of_part), overwrite, key) as plan:

        def write(part: int, rows: range) -> None:
            mine = tiles[rows.start : rows.stop]
            plan.write_part(part, {"x": list(maker.make(mine))}, mine)

        write_parts(plan, rows_of_part, write, tell, num_workers, "storing sound (tiles)")
        for name, table in tables.items():
            _write_parquet(plan.folder / name, table)
        write_csv(plan.folder / AUDIT_NAME, gathered.audit)
        write_csv(plan.folder / SKIPPED_NAME, gathered.skipped)
        plan.finish()
    return PreparedSong(out, list_classes(gathered.annotations), gathered, reading)


def list_tiles(recordings: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return one row a tile: the columns of its recording, ``tile`` (its number within it) and ``split``.

    The split is that of the whole recording and channel; null where it is divided in time.
    """
    splits = parts.group_by("source", "channel").agg(pl.col("split").unique())
    whole = splits.with_columns(pl.when(pl.col("split").list.len() == 1).then(pl.col("split").list.first()))
    rows = recordings.drop("split", strict=False).with_columns(
        tile=pl.int_ranges(0, (pl.col("num_samples") + TILE_SAMPLES - 1) // TILE_SAMPLES)
    )
    rows = rows.join(whole, on=["source", "channel"], how="left", nulls_equal=True, maintain_order="left")
    return rows.explode("tile").filter(pl.col("tile").is_not_null())


class TileMaker:
    """Reads the tiles of any recordings, no more than a stretch of one at a time.

    Parameters
    ----------
    gathered
        The recordings.
    channel
        As in `SongReading`.

    Attributes
    ----------
    dtype
        ``int16`` where that loses nothing of any recording, else ``float32``.
    """

    def __init__(self, gathered: GatheredSong, channel: Channel | str) -> None:
        self._gathered, self._channel = gathered, channel
        is_exact = all(
            info.stored_as in _WITHIN_INT16
            and info.sample_rate_hz == gathered.sample_rate_hz
            and not (channel == "mean" and info.num_channels > 1)
            for info in gathered.infos.values()
        )
        self.dtype = np.dtype(np.int16 if is_exact else np.float32)

    def make(self, tiles: pl.DataFrame) -> Iterator[np.ndarray]:
        """Yield the tiles `tiles`, rows of `list_tiles`, in blocks of shape (B, T)."""
        for (name, channel), rows in tiles.group_by(["source", "channel"], maintain_order=True):
            info = self._gathered.infos[str(name)]
            wanted: Channel = int(str(channel)) if channel is not None else "mean"
            if isinstance(wanted, int) and info.num_channels == 1:
                wanted = None
            with open_audio(self._gathered.root / str(name), wanted, info.sample_rate_hz) as reader:
                yield self._read(reader, rows["tile"][0], rows.height, rows["num_samples"][0])

    def _read(self, reader: AudioReader, first_tile: int, num_tiles: int, num_samples: int) -> np.ndarray:
        start, stop = first_tile * TILE_SAMPLES, min((first_tile + num_tiles) * TILE_SAMPLES, num_samples)
        samples = read_at_rate(reader, self._gathered.sample_rate_hz, start, stop)
        tiles_BT = np.zeros((num_tiles, TILE_SAMPLES), self.dtype)
        if self.dtype == np.int16:
            samples = np.rint(samples * INT16_SCALE).astype(np.int16)
        tiles_BT.reshape(-1)[: len(samples)] = samples
        return tiles_BT


def _write_parquet(path: Path, table: pl.DataFrame) -> None:
    with disk_errors(path), atomic_file(path) as file:
        table.write_parquet(file)
