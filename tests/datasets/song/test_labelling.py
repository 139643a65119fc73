"""Sparse labels: what nobody looked at is not taught, drawn, counted or written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.datasets.song.chunks import ChunkPlan
from subsong.datasets.song.counting import find_concerns, measure_labelled_s, measure_recorded_s, measure_splits
from subsong.datasets.song.dataset import ChunkDataset, ChunkMaker
from subsong.datasets.song.gathering import gather_song
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song
from subsong.interop.das.writing import write_das_dataset
from subsong.recipes.preparing_song import describe_prepared_song
from subsong.sources.audio import write_audio
from subsong.sources.spectrograms import SpectrogramConfig

from .songs import RATE_HZ, make_noise, write_files, write_recording, write_rows

# Sound at 1.2 s is annotated outside the windows; the pulse lies in one.
ROWS = [("a", 0.5, 0.7), ("a", 1.2, 1.4), ("pulse", 3.0, 3.0), ("window", 0.4, 0.9), ("not_a", 2.8, 3.2)]
LABELLED = [(0.4, 0.9), (1.19, 1.41), (2.8, 3.2)]
FRAMES = SpectrogramConfig(
    window_size=128, hop_size=64, low_hz=200, high_hz=3500, num_freq_bins=8, log_low=-8.0, log_high=0.0,
    remove_mean=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sparse") / "songs"
    for name in "wxyz":
        write_recording(folder, name, ROWS)
    write_files(folder, {"audio_file": [f"{n}.wav" for n in "wxyz"], "split": ["train", "train", "val", "test"]})
    return folder


def read(**settings: object) -> SongReading:
    base = {"within": ("window", "not_*"), "within_margin_s": 0.01, "split_by": "split"}
    return SongReading.model_validate({**base, **settings})


@pytest.fixture(scope="module")
def store(folder: Path) -> SongStore:
    return load_song(build_song(folder, folder.parent / "store", read()).path)


def test_marks_are_no_sounds_and_say_with_the_annotations_what_is_labelled(store: SongStore) -> None:
    assert [name for name, _ in store.classes] == ["a", "pulse"]
    assert store.find_labelled(0).tolist() == [[round(e * RATE_HZ) for e in ends] for ends in LABELLED]


def test_frames_that_nobody_labelled_count_nothing(store: SongStore) -> None:
    dataset = ChunkDataset(ChunkMaker(store, FRAMES, 125), ChunkPlan(store, "train", 1.0).tile())
    batch, items = dataset.fetch(np.arange(len(dataset))), dataset.items
    for row in range(len(dataset)):
        first = -(-round(items["onset_s"][row] * RATE_HZ) // 64)
        times = (first + np.arange(125)) * 64 / RATE_HZ
        expected = np.any([(times >= start) & (times < stop) for start, stop in LABELLED], axis=0)
        assert batch.mask[row].tolist() == (expected & (times < items["offset_s"][row])).tolist()
    assert items["onset_s"].to_list() == [0.0, 1.0, 2.0, 3.0] * 2


def test_a_stretch_of_chunks_without_labels_is_passed_over(store: SongStore) -> None:
    tiles = ChunkPlan(store, "validation", 0.25).tile()
    assert (tiles.first_sample_N / RATE_HZ).tolist() == [0.25, 0.5, 0.75, 1.0, 1.25, 2.75, 3.0]


def test_every_drawn_chunk_shows_something_labelled(store: SongStore) -> None:
    chunks = ChunkPlan(store, "train", 0.1).draw(500, 0, 0, uniform_share=1.0)
    start, stop = (chunks.first_sample_N + extra for extra in (0, chunks.num_samples_N))
    labelled = store.find_labelled(0)
    assert ((start[:, None] < labelled[:, 1]) & (stop[:, None] > labelled[:, 0])).any(axis=1).all()


def test_counts_say_how_much_is_labelled(folder: Path, store: SongStore) -> None:
    each_s = sum(stop - start for start, stop in LABELLED)
    assert measure_recorded_s(store) == 16.0
    assert measure_labelled_s(store) == pytest.approx(4 * each_s)
    assert measure_splits(store)["labelled_s"].to_list() == pytest.approx([2 * each_s, each_s, each_s])
    prepared = build_song(folder, folder.parent / "said", read())
    assert any(
        line.startswith("annotations are complete in 2.2 s of train") for line in describe_prepared_song(prepared)
    )


def test_a_file_may_say_where_annotations_are_complete(folder: Path, tmp_path: Path) -> None:
    write_rows(tmp_path / "x_annotations.csv", [("looked", 1.0, 2.0)])
    reading = read(within=(str(tmp_path / "x_annotations.csv"),), ignore=("window", "not_a"))
    labelled = gather_song(folder, reading).labelled
    assert labelled is not None
    mine = labelled.filter(pl.col("source") == "x.wav").select("start_s", "stop_s").rows()
    assert mine == [pytest.approx(ends) for ends in [(0.49, 0.71), (1.0, 2.0), (2.99, 3.01)]]


def test_a_mark_that_nothing_has_is_refused_with_the_nearest(folder: Path) -> None:
    with pytest.raises(SubsongError, match=r"within names 'windows', which is no file and no label.*'window'"):
        gather_song(folder, read(within=("windows",)))


def test_marks_of_one_channel_are_of_that_channel(tmp_path: Path) -> None:
    write_audio(tmp_path / "two.wav", make_noise(6.0, num_channels=2), RATE_HZ)
    times = [0.5, 2.5, 4.5]
    rows = [f"a,{time},{time + 0.2},-1\nwindow,{time},{time + 1},1\n" for time in times]
    (tmp_path / "two_annotations.csv").write_text("name,start_seconds,stop_seconds,channel\n" + "".join(rows))
    labelled = gather_song(tmp_path, read(within=("window",), split_by="time", split_gap_s=0.0)).labelled
    assert labelled is not None
    lengths = labelled.group_by("channel").agg((pl.col("stop_s") - pl.col("start_s")).sum()).sort("channel")
    assert lengths["stop_s"].to_list() == pytest.approx([3 * 0.22, 3 * 1.01])


def test_a_silent_recording_that_is_background_is_labelled_whole(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    write_audio(tmp_path / "bare.wav", make_noise(2.0), RATE_HZ)
    (tmp_path / "files.csv").unlink()
    gathered = gather_song(tmp_path, read(split_by="time", unannotated="background"))
    assert gathered.labelled is not None
    assert gathered.labelled.filter(pl.col("source") == "bare.wav").select("start_s", "stop_s").rows() == [(0.0, 2.0)]


def test_a_dataset_of_das_holds_what_is_labelled_alone(store: SongStore, tmp_path: Path) -> None:
    write_das_dataset(store, tmp_path / "song.npy")
    each = sum(stop - start for start, stop in LABELLED)
    sound = np.load(tmp_path / "song.npy" / "train" / "x.npy")
    assert len(sound) == pytest.approx(2 * each * RATE_HZ, abs=4)
    assert np.array_equal(sound[:100, 0], store.read(0, 3200, 3300).astype(np.float16))


def test_a_split_that_nobody_looked_at_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in "wxy":
        (tmp_path / f"{name}.wav").write_bytes((folder / f"{name}.wav").read_bytes())
        write_rows(tmp_path / f"{name}_annotations.csv", ROWS if name != "y" else [])
    write_files(tmp_path, {"audio_file": ["w.wav", "x.wav", "y.wav"], "split": ["train", "val", "test"]})
    store = load_song(build_song(tmp_path, tmp_path.parent / f"{tmp_path.name}-out", read()).path)
    with pytest.raises(SubsongError, match="no labelled stretch in test"):
        ChunkPlan(store, "test", 0.5)
    assert not any("all of it counts as background" in concern for concern in find_concerns(store))


def test_flies_are_labelled_within_the_windows_of_the_annotators(real_data: Path, tmp_path: Path) -> None:
    reading = SongReading(within=("ambient", "not_mel-pulse"), labels=("mel-pulse",), split_by="time")
    store = load_song(build_song(real_data / "fly_song_songexplorer", tmp_path / "fly", reading).path)
    assert dict(store.classes) == {"mel-pulse": "event"}
    marked = pl.read_csv(real_data / "fly_song_songexplorer" / "segments.csv")
    marked = marked.filter(pl.col("label").is_in(["ambient", "not_mel-pulse"]))
    marked_s = (marked["offset_s"] - marked["onset_s"]).sum()
    assert marked_s * 0.9 < measure_labelled_s(store) < marked_s + 2 * 0.02 * store.annotations.height
