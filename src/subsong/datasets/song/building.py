"""Writing the store of annotated song: sound in tiles, several parts at a time, and on from where it stopped.

Legend: T = samples of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.datasets.manifest import describe_sources
from subsong.datasets.song.gathering import GatheredSong, gather_song
from subsong.datasets.song.labels import list_classes
from subsong.datasets.song.reading import SongReading
from subsong.datasets.store_writing import (
    AS_USUAL,
    AUDIT_NAME,
    CHECKING,
    SKIPPED_NAME,
    Part,
    StoreContent,
    WritingOptions,
    begin_store,
    write_store,
)
from subsong.sources.audio import AudioReader, Channel, open_audio
from subsong.sources.audio.rates import read_at_rate
from subsong.sources.song_class import SongClass

KIND, TILE_SAMPLES = "song", 1 << 15
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
    source: str | Path, out: str | Path, reading: SongReading | None = None, options: WritingOptions = AS_USUAL
) -> PreparedSong:
    """Turn annotated recordings into a store of sound and intervals, whole or not at all; see `write_store`.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    out
        Folder of the store. Beside the store's own files it holds ``annotations.parquet``, ``parts.parquet``,
        ``audit.csv`` and ``skipped.csv``, and ``labelled.parquet`` where annotations are not complete everywhere.
    reading
        How recordings are read.
    options
        How the store is written.

    Raises
    ------
    SubsongError
        When there is nothing to read, an annotation cannot be, or the store cannot be written.
    """
    source, out = begin_store(source, out, options)
    reading = reading or SongReading()
    gathered = gather_song(source, reading, options.counting(CHECKING))
    return write_song_store(gathered, out, reading, options)


def write_song_store(gathered: GatheredSong, out: Path, reading: SongReading, options: WritingOptions) -> PreparedSong:
    """Write what was gathered, whole or not at all; see `build_song`."""
    out = out.resolve()
    reading = reading.model_copy(update={"sample_rate_hz": gathered.sample_rate_hz})
    sources = describe_sources([gathered.root / name for name in gathered.infos], gathered.root)
    tables = {ANNOTATIONS_NAME: gathered.annotations, PARTS_NAME: gathered.parts}
    if gathered.labelled is not None:
        tables[LABELLED_NAME] = gathered.labelled
    tiles = list_tiles(gathered.recordings, gathered.parts)
    content = StoreContent(KIND, reading.model_dump(mode="json"), sources, tiles, _TILES_A_PART, tables)
    maker = TileMaker(gathered, reading.channel)

    def compute(rows: range) -> Part:
        mine = tiles[rows.start : rows.stop]
        return Part({"x": list(maker.make(mine))}, mine)

    lists = {AUDIT_NAME: gathered.audit, SKIPPED_NAME: gathered.skipped}
    write_store(out, content, compute, lists, options, "storing sound (tiles)")
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
