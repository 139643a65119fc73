"""Datasets of DAS become stores and back: sound, intervals, splits and settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.signal.windows import gaussian

from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song
from subsong.interop.das import intervals, is_das_dataset, prepare_das, write_das_dataset
from subsong.sources.audio import write_audio

from .test_attributes import GOOD, save

RATE_HZ = 10_000
ROWS = [
    ("pulse", 0.31234, 0.31234),
    ("pulse", 0.35, 0.35),
    ("sine", 0.5, 0.8),
    ("sine", 0.9, 1.2),
    ("pulse", 1.61, 1.61),
]


@pytest.fixture
def store(tmp_path: Path) -> SongStore:
    """Return a store of six recordings, two of them for validation and one for the test."""
    folder = tmp_path / "songs"
    folder.mkdir()
    for number in range(6):
        samples = np.random.default_rng(number).integers(-2000, 2000, (2, 2 * RATE_HZ)) / 2**15
        write_audio(folder / f"{number}.wav", samples, RATE_HZ)
        lines = [f"{label},{onset},{offset}" for label, onset, offset in ROWS]
        (folder / f"{number}_annotations.csv").write_text("\n".join(["name,start_seconds,stop_seconds", *lines]))
    splits = ["train", "train", "train", "validation", "validation", "test"]
    lines = [f"{number}.wav,{split}" for number, split in enumerate(splits)]
    (folder / "files.csv").write_text("\n".join(["audio_file,split", *lines]))
    build_song(folder, tmp_path / "store", SongReading(split_by="split", targets_by_class=True))
    return load_song(tmp_path / "store")


def make_das_targets(num_samples: int, events_s: list[float], segments_s: list[tuple[float, float]]) -> np.ndarray:
    """Return targets as DAS makes them: samples marked, bumps of even length, rows that sum to 1, half precision."""
    target = np.zeros((num_samples, 3))
    for event in events_s:
        target[int(event * RATE_HZ), 1] = 1
    std = 0.0016 * RATE_HZ
    target[:, 1] = np.convolve(target[:, 1], gaussian(int(8 * std), std), "same")
    for start, stop in segments_s:
        target[int(start * RATE_HZ) : int(stop * RATE_HZ) + 1, 2] = 1
    total = target.sum(axis=1)
    target[total > 1] /= total[total > 1, None]
    target[:, 0] = 1 - target[:, 1:].sum(axis=1)
    return target.astype(np.float16)


def write_das(path: Path, num_channels: int = 1) -> np.ndarray:
    sound = np.random.default_rng(0).normal(0, 0.1, (20_000, num_channels)).astype(np.float16)
    for folder in ("train", "val", "test"):
        (path / folder).mkdir(parents=True)
        num = 20_000 if folder != "test" else 0
        np.save(path / folder / "x.npy", sound[:num])
        targets = make_das_targets(20_000, [0.25, 0.3, 1.5], [(0.5, 0.8), (0.9, 1.9999)])
        np.save(path / folder / "y.npy", targets[:num])
    save(path / "attrs.npy", GOOD)
    return sound


def test_a_dataset_that_das_made_is_read(tmp_path: Path) -> None:
    sound = write_das(tmp_path / "a.npy", num_channels=2)
    assert is_das_dataset(tmp_path / "a.npy")
    prepare_das(tmp_path / "a.npy", tmp_path / "store")
    store = load_song(tmp_path / "store")
    assert store.recordings.select("source", "channel", "split").rows() == [
        ("train/x.npy", 0, "train"), ("train/x.npy", 1, "train"),
        ("val/x.npy", 0, "validation"), ("val/x.npy", 1, "validation"),
    ]  # fmt: skip
    assert np.array_equal(store.read(1, 5, 19_000), sound[5:19_000, 1].astype(np.float32))
    assert [tuple(found) for found in store.classes] == [("pulse", "event"), ("sine", "segment")]
    rows = store.annotations.filter(pl.col("source") == "train/x.npy")
    pulses = rows.filter(pl.col("label") == "pulse")["onset_s"].to_numpy()
    # The bumps of DAS lie half a sample from what they stand for.
    np.testing.assert_allclose(pulses, [0.25, 0.3, 1.5], atol=0.6 / RATE_HZ)
    sine = rows.filter(pl.col("label") == "sine").select("onset_s", "offset_s").to_numpy()
    np.testing.assert_allclose(sine, [[0.5, 0.8], [0.9, 1.9999]], atol=1e-9)
    assert store.reading.event_width_s == 0.0016


@pytest.mark.parametrize("block", [7, 1000, 4097])
def test_blocks_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    write_das(tmp_path / "a.npy")
    prepare_das(tmp_path / "a.npy", tmp_path / "whole")
    monkeypatch.setattr(intervals, "_BLOCK_SAMPLES", block)
    prepare_das(tmp_path / "a.npy", tmp_path / "blocks")
    assert load_song(tmp_path / "whole").annotations.equals(load_song(tmp_path / "blocks").annotations)


def test_a_store_survives_the_way_to_das_and_back(store: SongStore, tmp_path: Path) -> None:
    write_das_dataset(store, tmp_path / "out.npy")
    prepare_das(tmp_path / "out.npy", tmp_path / "back")
    back = load_song(tmp_path / "back")
    assert (back.classes, back.sample_rate_hz) == (store.classes, store.sample_rate_hz)
    assert back.reading.event_width_s == store.reading.event_width_s
    for split, num in (("train", 3), ("validation", 2), ("test", 1)):
        mine = back.parts.filter((pl.col("split") == split) & (pl.col("channel") == 0))
        source = mine["source"][0]
        assert mine["stop_sample"].to_list() == [num * 2 * RATE_HZ]
        rows = back.annotations.filter(pl.col("source") == source)
        for label in ("pulse", "sine"):
            found = rows.filter(pl.col("label") == label).select("onset_s", "offset_s").to_numpy()
            once = np.array([(onset, offset) for name, onset, offset in ROWS if name == label])
            truth = (2.0 * np.arange(num)[:, None, None] + once).reshape(-1, 2)
            np.testing.assert_allclose(found, truth, atol=0.1 / RATE_HZ)
    number = back.recordings.with_row_index().filter((pl.col("split") == "test") & (pl.col("channel") == 1))["index"][0]
    original = store.recordings.with_row_index().filter((pl.col("split") == "test") & (pl.col("channel") == 1))[
        "index"
    ][0]
    np.testing.assert_allclose(back.read(number, 0, 20_000), store.read(original, 0, 20_000), atol=5e-5)


def test_what_is_written_is_what_das_expects(store: SongStore, tmp_path: Path) -> None:
    path = write_das_dataset(store, tmp_path / "out.npy")
    targets = np.load(path / "train" / "y.npy")
    assert targets.dtype == np.float16
    assert targets.shape == (60_000, 3)
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=2e-3)
    assert (targets[5000:8001, 2] == 1).all()
    assert targets[4999, 2] == targets[8001, 2] == 0
    distance_s = (np.arange(20_000) - 16_100) / RATE_HZ
    bump = np.exp(-0.5 * (distance_s / 0.0016) ** 2)
    np.testing.assert_allclose(targets[15_000:17_000, 1], bump[15_000:17_000], atol=1e-3)
    single = np.load(path / "val" / "y_sine.npy")
    np.testing.assert_allclose(single.sum(axis=1), 1)
    attributes = np.load(path / "attrs.npy", allow_pickle=True).item()
    assert attributes["class_names"] == ["noise", "pulse", "sine"]
    assert attributes["class_types_pulse"] == ["segment", "event"]


def test_annotations_lie_beside_the_targets_as_a_table(store: SongStore, tmp_path: Path) -> None:
    write_das_dataset(store, tmp_path / "song.npy")
    table = pl.read_csv(tmp_path / "song.npy" / "val" / "x_annotations.csv")
    assert table.columns == ["name", "start_seconds", "stop_seconds"]
    expected = [(name, start + 2 * number, stop + 2 * number) for number in range(2) for name, start, stop in ROWS]
    for row, (name, start, stop) in zip(table.iter_rows(), expected, strict=True):
        assert row[0] == name
        assert row[1:] == pytest.approx((start, stop), abs=1e-6)


def test_overlapping_classes_share_the_target(tmp_path: Path) -> None:
    write_das(tmp_path / "a.npy")
    targets = make_das_targets(20_000, [], [(0.5, 1.0)])
    targets[6000:7000, 1:] = 0.5
    np.save(tmp_path / "a.npy" / "train" / "y.npy", targets)
    save(tmp_path / "a.npy" / "attrs.npy", GOOD | {"class_types": ["segment"] * 3})
    prepare_das(tmp_path / "a.npy", tmp_path / "store")
    rows = load_song(tmp_path / "store").annotations.filter(pl.col("source") == "train/x.npy")
    assert rows.select("label", "onset_s", "offset_s").rows() == [("sine", 0.5, 1.0), ("pulse", 0.6, 0.6999)]


@pytest.mark.parametrize(
    ("setting", "message"),
    [("labels=[sine]", "labels is settled in a dataset of DAS"), ("split_by=time", "split_by is settled")],
)
def test_settings_that_come_too_late_are_refused(tmp_path: Path, setting: str, message: str) -> None:
    write_das(tmp_path / "a.npy")
    with pytest.raises(SubsongError, match=message):
        prepare_das(tmp_path / "a.npy", tmp_path / "store", [setting])


def test_targets_of_other_classes_are_refused(tmp_path: Path) -> None:
    write_das(tmp_path / "a.npy")
    np.save(tmp_path / "a.npy" / "train" / "y.npy", np.zeros((20_000, 5), np.float16))
    with pytest.raises(SubsongError, match=r"y\.npy has 5 columns, but attrs\.npy names 3 classes"):
        prepare_das(tmp_path / "a.npy", tmp_path / "store")


def test_other_names_and_folders_that_are_there_are_refused(store: SongStore, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"should end in \.npy"):
        write_das_dataset(store, tmp_path / "out")
    (tmp_path / "taken.npy").mkdir()
    with pytest.raises(SubsongError, match="is there"):
        write_das_dataset(store, tmp_path / "taken.npy", overwrite=True)
    write_das_dataset(store, tmp_path / "out.npy")
    write_das_dataset(store, tmp_path / "out.npy", overwrite=True)
