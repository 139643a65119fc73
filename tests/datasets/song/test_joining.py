"""Channels of a recording taken together: their sound, their annotations, and what cannot be joined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.datasets.song.songs import RATE_HZ, make_noise

from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.datasets.song.joining import find_channels, merge_channels
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song
from subsong.sources.audio import write_audio

HEADER = "name,start_seconds,stop_seconds,channel\n"


def write(folder: Path, name: str, rows: str, num_channels: int, seed: int = 0) -> np.ndarray:
    folder.mkdir(exist_ok=True)
    samples = make_noise(12.0, seed=seed, num_channels=num_channels)
    write_audio(folder / f"{name}.wav", samples, RATE_HZ)
    (folder / f"{name}_annotations.csv").write_text(HEADER + rows)
    return samples


def build(folder: Path, out: Path, **settings: object) -> SongStore:
    return load_song(build_song(folder, out, SongReading(**settings)).path)


def test_the_channels_of_a_recording_are_read_at_the_same_times(tmp_path: Path) -> None:
    rows = "a,1,1.5,0\na,5,5.5,1\na,9,9.5,2\n"
    sounds = [write(tmp_path / "songs", name, rows, 3, seed) for seed, name in enumerate(["one", "two"])]
    apart = build(tmp_path / "songs", tmp_path / "store", split_by="time")
    joint = apart.join_channels()
    assert (len(apart), len(joint), joint.num_channels) == (6, 2, 3)
    assert joint.recordings.select("source", "channel").rows() == [("one.wav", None), ("two.wav", None)]
    np.testing.assert_array_equal(joint.read(1, 30_000, 70_000), sounds[1][:, 30_000:70_000])
    assert joint.read(0, 5, 5).shape == (3, 0)
    columns = ["source", "split", "first_sample", "stop_sample"]
    assert joint.parts.select(columns).equals(apart.parts.filter(pl.col("channel") == 0).select(columns))
    assert sorted(set(joint.parts["recording"])) == [0, 1]
    np.testing.assert_array_equal(joint.find_intervals(0).onset_s, [1.0, 5.0, 9.0])
    np.testing.assert_array_equal(apart.find_intervals(1).onset_s, [5.0])


def test_annotations_of_any_channel_are_there_once() -> None:
    rows = [
        (0, 1.0, 2.0, "a", "segment"),
        (1, 1.5, 2.5, "a", "segment"),
        (1, 2.5, 3.0, "a", "segment"),
        (2, 1.5, 2.2, "b", "segment"),
        (0, 4.0, 4.0, "p", "event"),
        (2, 4.0, 4.0, "p", "event"),
        (2, 4.1, 4.1, "p", "event"),
    ]
    schema = {"channel": pl.Int64, "onset_s": pl.Float64, "offset_s": pl.Float64, "label": pl.String, "kind": pl.String}
    merged = merge_channels(pl.DataFrame(rows, schema, orient="row").with_columns(source=pl.lit("x.wav")))
    assert merged["channel"].null_count() == merged.height
    assert merged.select("onset_s", "offset_s", "label").rows() == [
        (1.0, 2.5, "a"),
        (2.5, 3.0, "a"),
        (1.5, 2.2, "b"),
        (4.0, 4.0, "p"),
        (4.1, 4.1, "p"),
    ]


def test_sound_counts_that_was_looked_at_in_all_channels(tmp_path: Path) -> None:
    rows = "a,1,1.5,0\na,7,7.5,\nlooked,0.5,6,0\nlooked,4,8,1\n"
    write(tmp_path / "songs", "one", rows, 2)
    store = build(tmp_path / "songs", tmp_path / "store", within=("looked",), within_margin_s=0.0, split_by="time")
    found = store.join_channels().find_labelled(0) / RATE_HZ
    np.testing.assert_allclose(found, [[4.0, 6.0], [7.0, 7.5]], atol=1e-3)


def test_recordings_with_other_numbers_of_channels_are_named(tmp_path: Path) -> None:
    rows = "a,1,1.5,\na,5,5.5,\na,9,9.5,\n"
    write(tmp_path / "songs", "one", rows, 2)
    write(tmp_path / "songs", "two", rows, 3)
    store = build(tmp_path / "songs", tmp_path / "store", split_by="time")
    with pytest.raises(SubsongError, match=r"2 channels of one\.wav but 3 of two\.wav"):
        store.join_channels()


def test_one_channel_is_not_joined(tmp_path: Path) -> None:
    write(tmp_path / "songs", "one", "a,1,1.5,\na,5,5.5,\na,9,9.5,\n", 2)
    store = build(tmp_path / "songs", tmp_path / "store", channel="mean", split_by="time")
    with pytest.raises(
        SubsongError, match=r"one channel of each recording, such as one\.wav: leave out data\.channels"
    ):
        store.join_channels()


def test_channels_in_different_splits_are_refused() -> None:
    recordings = pl.DataFrame({"source": ["x.wav", "x.wav"], "channel": [0, 1]})
    parts = {"recording": [0, 1], "first_sample": [0, 0], "stop_sample": [9, 9], "split": ["train", "test"]}
    with pytest.raises(SubsongError, match=r"channels of x\.wav in different splits"):
        find_channels(recordings, pl.DataFrame(parts), Path("store"))
