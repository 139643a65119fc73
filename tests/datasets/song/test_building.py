"""From annotated recordings to a store: the same whatever the workers, the interruptions and the rates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song import building
from subsong.datasets.song.building import TileMaker, build_song
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song
from subsong.datasets.store_writing import WritingOptions
from subsong.sources.audio import read_audio, write_audio
from subsong.synthesis.song import SongOptions, write_songs

from .songs import RATE_HZ, make_noise, write_many, write_recording, write_rows


def build(folder: Path, out: Path, num_workers: int | None = None, **settings: Any) -> SongStore:
    build_song(folder, out, SongReading.model_validate(settings), WritingOptions(num_workers=num_workers))
    return load_song(out)


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_TILES_A_PART", 3)


def test_sound_and_annotations_come_back_to_the_sample(tmp_path: Path) -> None:
    folder = write_many(tmp_path / "songs", 5, duration_s=9.0)
    store = build(folder, tmp_path / "out")
    assert store.recordings["source"].to_list() == [f"{number:02d}.wav" for number in range(5)]
    for number, source in enumerate(store.recordings["source"]):
        samples = read_audio(folder / source).samples
        assert np.array_equal(store.read(number, 0, len(samples)), samples)
        assert np.array_equal(store.read(number, 32_700, 40_001), samples[32_700:40_001])
    assert [tuple(song_class) for song_class in store.classes] == [
        ("a", "segment"), ("b", "segment"), ("c", "segment"), ("pulse", "event"),
    ]  # fmt: skip
    assert store.annotations.filter(pl.col("source") == "03.wav").select("onset_s", "offset_s", "label").rows() == [
        (0.5, 0.7, "a"), (0.9, 1.1, "b"), (1.5, 1.8, "c"), (2.5, 2.5, "pulse"),
    ]  # fmt: skip


def test_made_up_song_is_stored_as_it_was_sung(tmp_path: Path) -> None:
    written = write_songs(tmp_path / "songs", SongOptions(num_birds=1, num_songs=3, num_motifs=(1, 2)), seed=3)
    store = build(tmp_path / "songs", tmp_path / "out")
    truth = written.syllables.sort("recording", "onset_s")
    stored = store.annotations.sort("source", "onset_s")
    assert stored["label"].to_list() == truth["label"].to_list()
    np.testing.assert_allclose(stored["onset_s"], truth["onset_s"], atol=1e-9)
    assert set(store.recordings["individual"]) == {"bird1"}


@pytest.mark.usefixtures("small_parts")
def test_workers_and_interruptions_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_many(tmp_path / "songs", 6, duration_s=9.0)
    for workers in (1, 3):
        build(folder, tmp_path / str(workers), workers)
    made, make = [], TileMaker.make

    def stop_halfway(self: TileMaker, tiles: pl.DataFrame) -> Any:
        made.append(tiles.height)
        if len(made) == 3:
            raise KeyboardInterrupt
        return make(self, tiles)

    monkeypatch.setattr(TileMaker, "make", stop_halfway)
    with pytest.raises(KeyboardInterrupt):
        build(folder, tmp_path / "stopped", 1)
    assert not (tmp_path / "stopped").exists()
    build(folder, tmp_path / "stopped", 1)
    assert len(made) == 3 + (6 * 3 // 3 - 2)
    assert read_all(tmp_path / "1") == read_all(tmp_path / "3") == read_all(tmp_path / "stopped")


def test_an_hour_at_another_rate_has_its_events_where_they_sounded(tmp_path: Path) -> None:
    old_hz, new_hz, clicks_s = 1102, 1000, np.array([1.0, 1800.0, 3599.5])
    samples = np.zeros(3600 * old_hz, np.float32)
    samples[np.rint(clicks_s * old_hz).astype(np.int64)] = 0.5
    (tmp_path / "songs").mkdir()
    write_audio(tmp_path / "songs" / "hour.wav", samples, old_hz)
    write_rows(tmp_path / "songs" / "hour_annotations.csv", [("click", time, time) for time in clicks_s])
    store = build(tmp_path / "songs", tmp_path / "out", sample_rate_hz=new_hz, split_gap_s=0)
    assert store.recordings["num_samples"].to_list() == [3600 * new_hz]
    for time in store.annotations["onset_s"]:
        first = round(time * new_hz) - 20
        assert first + int(store.read(0, first, first + 40).argmax()) == round(time * new_hz)


def test_the_rate_of_most_recordings_is_taken(tmp_path: Path) -> None:
    for name, rate in (("a", RATE_HZ), ("b", RATE_HZ), ("c", 11_025)):
        write_recording(tmp_path / "songs", name, [("x", 0.5, 0.7), ("x", 2.0, 2.2), ("x", 3.0, 3.1)], 4.0, rate)
    store = build(tmp_path / "songs", tmp_path / "out")
    assert store.sample_rate_hz == RATE_HZ
    assert store.recordings["num_samples"].to_list() == [4 * RATE_HZ] * 3


def test_channels_are_stored_apart_and_annotations_know_theirs(tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    samples = make_noise(12.0, num_channels=2)
    write_audio(tmp_path / "songs" / "two.wav", samples, RATE_HZ)
    times = [1.0, 3.0, 5.0, 7.0, 9.0, 11.0]
    rows = [f"a,{time},{time + 0.2},0\nb,{time + 0.1},{time + 0.3},1\nc,{time},{time},-1\n" for time in times]
    header = "name,start_seconds,stop_seconds,channel\n"
    (tmp_path / "songs" / "two_annotations.csv").write_text(header + "".join(rows))
    store = build(tmp_path / "songs", tmp_path / "out")
    assert store.recordings.select("source", "channel").rows() == [("two.wav", 0), ("two.wav", 1)]
    for number in (0, 1):
        assert np.array_equal(store.read(number, 100, 40_000), samples[number, 100:40_000])
        found = store.find_intervals(number, 0.9, 1.5)
        assert {store.classes[index].name for index in found.class_number} == {"ab"[number], "c"}
    assert build(tmp_path / "songs", tmp_path / "one", channel=1).recordings["channel"].to_list() == [1]
    mean = build(tmp_path / "songs", tmp_path / "mean", channel="mean")
    np.testing.assert_allclose(mean.read(0, 0, 500), samples[:, :500].mean(axis=0), atol=1e-6)


def test_intervals_of_a_stretch_are_those_that_touch_it(tmp_path: Path) -> None:
    rows = [("long", 0.2, 3.5), ("a", 0.3, 0.4), ("a", 1.0, 1.2), ("a", 2.0, 2.1)]
    for name in "wxyz":
        write_recording(tmp_path / "songs", name, rows)
    store = build(tmp_path / "songs", tmp_path / "out")
    assert store.find_intervals(0, 1.1, 1.9).onset_s.tolist() == [0.2, 1.0]
    assert store.find_intervals(0).onset_s.tolist() == [0.2, 0.3, 1.0, 2.0]


def test_recordings_without_annotations_are_left_out_or_background(tmp_path: Path) -> None:
    folder = write_many(tmp_path / "songs", 5)
    write_audio(folder / "bare.wav", make_noise(4.0), RATE_HZ)
    assert "bare.wav" not in build(folder, tmp_path / "skip").recordings["source"].to_list()
    assert "the recording has no annotations" in (tmp_path / "skip" / "skipped.csv").read_text()
    store = build(folder, tmp_path / "kept", unannotated="background")
    assert len(store.find_intervals(store.recordings["source"].to_list().index("bare.wav")).onset_s) == 0


def test_sound_outside_a_recording_is_refused(tmp_path: Path) -> None:
    store = build(write_many(tmp_path / "songs", 5), tmp_path / "out")
    with pytest.raises(ValueError, match="expected 0 to 32000"):
        store.read(0, 31_999, 32_001)


def test_a_store_inside_its_own_source_is_refused(tmp_path: Path) -> None:
    folder = write_many(tmp_path / "songs", 5)
    with pytest.raises(SubsongError, match="would be replaced"):
        build_song(folder, folder, SongReading(), WritingOptions(overwrite=True))


@pytest.mark.parametrize(
    ("name", "settings", "rate", "classes"),
    [
        (
            "fly_song_songexplorer",
            {"labels": ("mel-pulse", "mel-sine")},
            2500,
            {"mel-pulse": "event", "mel-sine": "segment"},
        ),
        ("mouse_usv_amvoc", {}, 250_000, {"usv": "segment"}),
    ],
)
def test_real_recordings_are_stored_whole(real_data, tmp_path, name, settings, rate, classes) -> None:
    store = build(real_data / name, tmp_path / "out", **settings)
    assert store.sample_rate_hz == rate
    assert dict(store.classes) == classes
    table = pl.read_csv(real_data / name / "files.csv")
    assert sorted(store.recordings["num_samples"]) == sorted(table["n_samples"])
    assert set(store.parts["split"]) == {"train", "validation", "test"}
