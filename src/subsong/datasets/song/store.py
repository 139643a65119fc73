"""The reading side of a store of annotated song: any stretch of sound, and the annotations in it.

Legend: R = channels of a recording, T = samples, N = annotations.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.manifest import ITEMS_NAME, is_store_of, read_manifest_of
from subsong.datasets.song.building import (
    ANNOTATIONS_NAME,
    INT16_SCALE,
    KIND,
    LABELLED_NAME,
    PARTS_NAME,
    TILE_SAMPLES,
)
from subsong.datasets.song.joining import find_channels, merge_channels
from subsong.datasets.song.labels import list_classes
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.stretches import intersect_stretches
from subsong.datasets.store import read_items
from subsong.datasets.windows.tiles import TileReader
from subsong.sources.song_class import SongClass


class Intervals(NamedTuple):
    """Annotations of a stretch of sound, by onset.

    Attributes
    ----------
    onset_s, offset_s
        In seconds of the recording, shape (N,); equal for events. They may reach beyond the stretch.
    class_number
        Which of the store's classes each is of, int64, shape (N,).
    """

    onset_s: np.ndarray
    offset_s: np.ndarray
    class_number: np.ndarray


class SongStore:
    """Sound and annotations of a store. Memory does not grow with what was read; several threads may read at once.

    Parameters
    ----------
    path
        Folder of the store.
    tiles
        The array ``x``.
    items, annotations, parts
        The tables of the store.
    reading
        How it was prepared.
    labelled
        Where annotations are complete; None: everywhere.

    Attributes
    ----------
    path, annotations, reading, labelled
        As given; ``channel`` of an annotation is null when it is of all channels of its recording.
    recordings
        One row a recording and channel; its number is what `read` asks for. ``source``, ``channel`` (null: the mean),
        ``folder``, what is known of the recording, ``sample_rate_hz``, ``num_samples``, ``split`` (null: divided in
        time).
    parts
        As given, with ``recording``, the number of the recording and channel.
    classes
        Sorted by name.
    sample_rate_hz
        Of everything.
    num_channels
        How many `read` returns together: 1, or those of a recording where they were joined.
    """

    def __init__(
        self,
        path: Path,
        tiles: TileReader,
        items: pl.DataFrame,
        annotations: pl.DataFrame,
        parts: pl.DataFrame,
        reading: SongReading,
        labelled: pl.DataFrame | None = None,
    ) -> None:
        self.path, self._tiles, self.reading, self.labelled = path, tiles, reading, labelled
        is_first = items["tile"] == 0
        self.recordings: pl.DataFrame = items.filter(is_first).drop("tile")
        self._stored_from_NR = is_first.arg_true().to_numpy().astype(np.int64)[:, None] * TILE_SAMPLES
        self.num_channels = 1
        self._num_samples: list[int] = self.recordings["num_samples"].to_list()
        self.sample_rate_hz = int(self.recordings["sample_rate_hz"][0])
        self._numbers = self.recordings.select("source", "channel", recording=pl.int_range(pl.len(), dtype=pl.Int64))
        self.parts = parts.join(self._numbers, on=["source", "channel"], nulls_equal=True, maintain_order="left")
        self._labelled = None if labelled is None else self._find_stretches(labelled)
        self._hold(annotations)

    def __len__(self) -> int:
        return self.recordings.height

    def read(self, recording: int, first_sample: int, stop_sample: int) -> np.ndarray:
        """Return samples of a recording and channel in units of full scale, float32, shape (T,).

        Where channels were joined the shape is (R, T).

        Raises
        ------
        ValueError
            When they lie outside the recording.
        """
        if not 0 <= first_sample <= stop_sample <= self._num_samples[recording]:
            raise ValueError(
                f"samples {first_sample} to {stop_sample} of recording {recording}: expected 0 to "
                f"{self._num_samples[recording]}"
            )
        samples_RT = np.empty((self.num_channels, stop_sample - first_sample), self._tiles.dtype)
        if samples_RT.size:
            for samples_T, stored_from in zip(samples_RT, self._stored_from_NR[recording].tolist(), strict=True):
                self._tiles.read_into(samples_T, stored_from + first_sample)
        if samples_RT.dtype == np.int16:
            samples_RT = samples_RT.astype(np.float32) / np.float32(INT16_SCALE)
        return samples_RT if self.num_channels > 1 else samples_RT[0]

    def find_intervals(self, recording: int, start_s: float = -np.inf, stop_s: float = np.inf) -> Intervals:
        """Return the annotations of a recording and channel that touch a stretch of it.

        Targets at the ends of a stretch depend on what lies within an event's width and a gap beyond: ask for that
        much more on either side.
        """
        found = self._intervals[recording]
        # No annotation that begins earlier than the longest one lasts can reach the stretch.
        first = int(np.searchsorted(found.onset_s, start_s - self._longest_s - 1e-9))
        last = int(np.searchsorted(found.onset_s, stop_s, side="right"))
        is_there = found.offset_s[first:last] >= start_s
        return Intervals(*(values[first:last][is_there] for values in found))

    def find_labelled(self, recording: int) -> np.ndarray:
        """Return first sample and the one after the last of each stretch whose annotations are complete.

        In order and apart from each other, int64, shape (L, 2); what lies elsewhere nobody looked at.
        """
        if self._labelled is None:
            return np.array([[0, self._num_samples[recording]]], np.int64)
        return self._labelled[recording]

    def select_labels(self, labels: Collection[str]) -> SongStore:
        """Return the same sound with the annotations of some labels alone; the others become nothing.

        Raises
        ------
        SubsongError
            When there is no such label.
        """
        known = [name for name, _ in self.classes]
        for label in labels:
            if label not in known:
                raise SubsongError(f"{self.path} has no annotations of {label!r}: {did_you_mean(label, known)}")
        chosen = copy.copy(self)
        chosen._hold(self.annotations.filter(pl.col("label").is_in(list(labels))))
        return chosen

    def join_channels(self) -> SongStore:
        """Return the same sound with the channels of each recording together: one row a recording, its channel null.

        What is annotated in one channel is annotated; what is complete in all of them is complete.

        Raises
        ------
        SubsongError
            When recordings have one channel, or not as many as each other, or channels lie in different splits.
        """
        rows_NR = find_channels(self.recordings, self.parts, self.path)
        no_channel = pl.lit(None, self.recordings.schema["channel"]).alias("channel")
        joint = copy.copy(self)
        joint.num_channels = rows_NR.shape[1]
        joint.recordings = self.recordings[rows_NR[:, 0]].with_columns(no_channel)
        joint._stored_from_NR = self._stored_from_NR[rows_NR, 0]
        joint._num_samples = joint.recordings["num_samples"].to_list()
        joint._numbers = joint.recordings.select("source", "channel", recording=pl.int_range(pl.len(), dtype=pl.Int64))
        numbers = dict(zip(rows_NR[:, 0].tolist(), range(len(rows_NR)), strict=True))
        parts = self.parts.filter(pl.col("recording").is_in(list(numbers))).with_columns(no_channel)
        joint.parts = parts.with_columns(pl.col("recording").replace_strict(numbers, return_dtype=pl.Int64))
        if self._labelled is not None:
            stretches = [[self._labelled[row] for row in rows_R] for rows_R in rows_NR.tolist()]
            joint._labelled = [functools.reduce(intersect_stretches, of_channels) for of_channels in stretches]
        joint._hold(merge_channels(self.annotations))
        return joint

    def _hold(self, annotations: pl.DataFrame) -> None:
        self.annotations = annotations
        self.classes: tuple[SongClass, ...] = list_classes(annotations)
        self._intervals = self._arrange()
        durations = [float((found.offset_s - found.onset_s).max(initial=0.0)) for found in self._intervals]
        self._longest_s = max(durations, default=0.0)

    def _find_stretches(self, labelled: pl.DataFrame) -> list[np.ndarray]:
        joined = labelled.join(self._numbers, on=["source", "channel"], nulls_equal=True, maintain_order="left")
        by_recording = joined.partition_by("recording", as_dict=True)
        found = []
        for recording, num_samples in enumerate(self._num_samples):
            rows = by_recording.get((recording,), joined.clear()).select("start_s", "stop_s")
            samples_L2 = np.rint(rows.to_numpy() * self.sample_rate_hz).astype(np.int64).clip(0, num_samples)
            found.append(samples_L2[samples_L2[:, 0] < samples_L2[:, 1]])
        return found

    def _arrange(self) -> list[Intervals]:
        """Return the annotations of each recording and channel."""
        numbers = self._numbers
        class_numbers = {name: number for number, (name, _) in enumerate(self.classes)}
        table = self.annotations.with_columns(_class=pl.col("label").replace_strict(class_numbers, default=None))
        of_all = table.filter(pl.col("channel").is_null()).drop("channel").join(numbers, on="source")
        of_one = table.filter(pl.col("channel").is_not_null()).join(numbers, on=["source", "channel"])
        columns = ("recording", "onset_s", "offset_s", "_class")
        rows = pl.concat([of_all.select(columns), of_one.select(columns)]).sort(columns)
        by_recording = rows.partition_by("recording", as_dict=True)
        return [_to_intervals(by_recording.get((number,), rows.clear())) for number in numbers["recording"].to_list()]


def load_song(path: str | Path) -> SongStore:
    """Open a store of annotated song.

    Raises
    ------
    SubsongError
        When there is none, it is one of something else, or it is damaged.
    """
    path = Path(path).expanduser()
    manifest = read_manifest_of(path, (KIND,), "annotated recordings")
    items = read_items(path / ITEMS_NAME, manifest.num_items)
    annotations, parts = (_read_table(path / name) for name in (ANNOTATIONS_NAME, PARTS_NAME))
    reading = SongReading.model_validate(manifest.parameters)
    labelled = _read_table(path / LABELLED_NAME) if reading.within else None
    return SongStore(path, TileReader(path, manifest.arrays["x"]), items, annotations, parts, reading, labelled)


def is_song_store(path: str | Path) -> bool:
    """Whether the folder `path` is a store of annotated song."""
    return is_store_of(path, KIND)


def _read_table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path.read_bytes())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SubsongError(
            f"{path} is missing or damaged: copy the whole dataset again, or prepare it again"
        ) from error


def _to_intervals(rows: pl.DataFrame) -> Intervals:
    return Intervals(rows["onset_s"].to_numpy(), rows["offset_s"].to_numpy(), rows["_class"].cast(pl.Int64).to_numpy())
