"""Chunks to train on: inside their split, balanced over classes, a function of seed and epoch; tiles cover it all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.datasets.song.chunks import ChunkPlan, Chunks
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song

from .songs import RATE_HZ, write_recording


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SongStore:
    """Return a store in which one class is a hundred times as frequent as another, cut in time."""
    folder = tmp_path_factory.mktemp("chunks")
    for number in range(4):
        often = [("often", time, time + 0.02) for time in np.arange(0.05, 19.9, 0.1).round(3)]
        rare = [("rare", time + 0.03, time + 0.04) for time in (3.0, 9.0, 15.0)]
        events = [("pulse", time, time) for time in (2.0, 8.0, 12.0, 18.0)]
        write_recording(folder / "songs", f"{number}", [*often, *rare, *events], 20.0)
    build_song(folder / "songs", folder / "out", SongReading(split_by="time"))
    return load_song(folder / "out")


def count_inside(store: SongStore, chunks: Chunks, split: str) -> int:
    """Return how many chunks lie wholly in one part of a split."""
    parts = store.parts.filter(pl.col("split") == split).select("recording", "first_sample", "stop_sample").to_numpy()
    first, stop = chunks.first_sample_N, chunks.first_sample_N + chunks.num_samples_N
    is_in = (parts[:, :1] == chunks.recording_N) & (parts[:, 1:2] <= first) & (parts[:, 2:] >= stop)
    return int(is_in.any(axis=0).sum())


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_no_chunk_leaves_its_split(store: SongStore, split: str) -> None:
    plan = ChunkPlan(store, split, 0.25)
    for chunks in (plan.draw(2000, 0, 0), plan.tile()):
        assert count_inside(store, chunks, split) == len(chunks.recording_N)


def test_classes_are_shown_equally_often_however_rare(store: SongStore) -> None:
    chunks = ChunkPlan(store, "train", 0.06).draw(3000, 0, 0, uniform_share=0.0)
    seen = np.zeros(3)
    for recording, first, num in zip(*chunks, strict=True):
        found = store.find_intervals(recording, first / RATE_HZ, (first + num) / RATE_HZ)
        seen[np.unique(found.class_number)] += 1
    names = [name for name, _ in store.classes]
    assert seen[names.index("rare")] / 3000 > 0.3
    assert seen[names.index("pulse")] / 3000 > 0.3


def test_a_label_that_occurs_once_does_not_fill_the_chunks(tmp_path: Path) -> None:
    often = [("often", time, time + 0.02) for time in np.arange(0.05, 9.9, 0.1).round(3)]
    write_recording(tmp_path / "songs", "0", [*often, ("slip", 0.03, 0.04)], 10.0)
    build_song(
        tmp_path / "songs", tmp_path / "out", SongReading(split_by="time", fractions={"train": 0.9, "validation": 0.1})
    )
    store = load_song(tmp_path / "out")
    chunks = ChunkPlan(store, "train", 0.03).draw(3000, 0, 0, uniform_share=0.0)
    shows_slip = (chunks.first_sample_N < 0.04 * RATE_HZ) & (
        chunks.first_sample_N + chunks.num_samples_N > 0.03 * RATE_HZ
    )
    assert 0.1 < shows_slip.mean() < 0.25


def test_a_share_of_the_chunks_lies_anywhere(store: SongStore) -> None:
    plan = ChunkPlan(store, "train", 0.06)
    first = plan.draw(20_000, 0, 0, uniform_share=1.0)
    for number in range(4):
        assert (first.recording_N == number).mean() == pytest.approx(0.25, abs=0.05)
    parts = store.parts.filter((pl.col("split") == "train") & (pl.col("recording") == 0))
    places = np.concatenate(
        [
            np.arange(low, stop - plan.chunk_samples)
            for low, stop in parts.select("first_sample", "stop_sample").iter_rows()
        ]
    )
    drawn = np.sort(first.first_sample_N[first.recording_N == 0])
    quantiles = np.linspace(0.1, 0.9, 9)
    np.testing.assert_allclose(
        np.searchsorted(places, np.quantile(drawn, quantiles)) / len(places), quantiles, atol=0.04
    )


def test_chunks_follow_from_seed_and_epoch(store: SongStore) -> None:
    plan = ChunkPlan(store, "train", 0.25)
    one, again, later, other = (plan.draw(50, *place) for place in ((0, 3), (0, 3), (0, 4), (1, 3)))
    assert all(np.array_equal(*pair) for pair in zip(one, again, strict=True))
    assert not np.array_equal(one.first_sample_N, later.first_sample_N)
    assert not np.array_equal(one.first_sample_N, other.first_sample_N)


def test_tiles_cover_every_sample_once(store: SongStore) -> None:
    chunks = ChunkPlan(store, "validation", 0.33).tile()
    parts = store.parts.filter(pl.col("split") == "validation")
    covered = sorted(
        (recording, sample)
        for recording, first, num in zip(*chunks, strict=True)
        for sample in range(first, first + num)
    )
    expected = sorted(
        (recording, sample)
        for recording, first, stop in parts.select("recording", "first_sample", "stop_sample").iter_rows()
        for sample in range(first, stop)
    )
    assert covered == expected


def test_parts_shorter_than_a_chunk_are_shown_whole(store: SongStore) -> None:
    plan = ChunkPlan(store, "test", 100.0)
    parts = store.parts.filter(pl.col("split") == "test")
    sizes = set(parts["stop_sample"] - parts["first_sample"])
    assert set(plan.draw(100, 0, 0).num_samples_N) <= sizes
    assert set(plan.tile().num_samples_N) == sizes


def test_a_split_that_is_not_there_is_refused(store: SongStore, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="no sound for tset, only for test, train, validation"):
        ChunkPlan(store, "tset", 1.0)
    with pytest.raises(SubsongError, match="hold no sample"):
        ChunkPlan(store, "test", 1e-5)
