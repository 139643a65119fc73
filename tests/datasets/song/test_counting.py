"""What a store holds, and what is worrying."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.datasets.song.building import build_song
from subsong.datasets.song.counting import count_classes, find_concerns, measure_recorded_s, measure_splits
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song
from subsong.datasets.store_writing import WritingOptions
from subsong.sources.audio import write_audio

from .songs import RATE_HZ, make_noise, write_many


def build(folder: Path, **settings: object) -> SongStore:
    build_song(folder, folder.parent / "out", SongReading.model_validate(settings), WritingOptions(overwrite=True))
    return load_song(folder.parent / "out")


def test_classes_are_counted_with_their_share_of_the_time(tmp_path: Path) -> None:
    store = build(write_many(tmp_path / "songs", 6))
    counted = count_classes(store).rows_by_key("label", named=True, unique=True)
    assert measure_recorded_s(store) == 24.0
    assert {label: row["num_annotations"] for label, row in counted.items()} == {"a": 6, "b": 10, "c": 2, "pulse": 6}
    assert counted["a"]["share"] == pytest.approx(6 * 0.2 / 24)
    assert counted["c"]["median_s"] == pytest.approx(0.3)
    assert counted["pulse"]["total_s"] == 0
    for row in counted.values():
        assert row["num_train"] + row["num_validation"] + row["num_test"] == row["num_annotations"]
    assert measure_splits(store)["duration_s"].sum() == 24.0


def test_what_is_worrying_is_said(tmp_path: Path) -> None:
    folder = write_many(tmp_path / "songs", 3)
    write_audio(folder / "bare.wav", make_noise(2.0), RATE_HZ)
    concerns = "\n".join(find_concerns(build(folder, split_gap_s=0.05)))
    assert "there are only 3 recordings" in concerns
    assert "1 recording had no annotations and is left out" in concerns
    assert "'c' has only 1 annotation in training" in concerns
    assert "has none of 'c' (1 annotation)" in concerns
    kept = "\n".join(find_concerns(build(folder, unannotated="background", split_by="time")))
    assert "nothing is annotated in 1 recording, such as bare.wav: all of it counts as background" in kept


def test_plenty_of_everything_is_no_worry(tmp_path: Path) -> None:
    folder = write_many(tmp_path / "songs", 60, duration_s=3.0)
    assert find_concerns(build(folder)) == []


@pytest.mark.slow
def test_real_song_of_two_birds_is_shared_out_evenly(real_data: Path, tmp_path: Path) -> None:
    build_song(real_data / "bengalese_finch_sober", tmp_path / "out", SongReading())
    store = load_song(tmp_path / "out")
    frequent = count_classes(store).filter(count_classes(store)["num_annotations"] > 50)
    for split, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
        shares = frequent[f"num_{split}"] / frequent["num_annotations"]
        assert shares.median() == pytest.approx(share, abs=0.05)
        assert shares.min() > 0
