"""Windows as datasets: the same for the same seed, in their place in the recording, divided without shared sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.signal import stft

from subsong.core.errors import SubsongError
from subsong.datasets.types import DrawnDataset, Splits
from subsong.datasets.windows.axes import PlainTimes
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.dataset import DrawnWindows, FixedWindows
from subsong.datasets.windows.drawing import Windows, find_stretches, tile_windows
from subsong.datasets.windows.frames import RegionFrames, load_frames
from subsong.datasets.windows.reading import WindowReading
from subsong.datasets.windows.splitting import WindowCounts, build_window_splits
from subsong.sources.audio import read_audio, write_audio
from subsong.sources.spectrograms import compute_image_frequencies
from subsong.training.loader import BatchLoader

RATE, WINDOW_S, NUM_COLUMNS = 32_000, 0.1, 24
READING = WindowReading.model_validate(
    {
        "regions": "recordings",
        "stored_as": "float32",
        "spectrogram": {
            "num_freq_bins": 96,
            "num_time_bins": NUM_COLUMNS,
            "max_duration_s": WINDOW_S,
            "log_low": 0.0,
            "log_high": 7.0,
        },
    }
)
FRACTIONS = {"train": 0.6, "validation": 0.2, "test": 0.2}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return recordings of rising tones, each of its own, at two rates."""
    folder = tmp_path_factory.mktemp("songs")
    rng = np.random.default_rng(0)
    for number, rate in enumerate([RATE, RATE, RATE, 44_100, RATE]):
        time_T = np.arange(int((0.6 + 0.3 * number) * rate)) / rate
        phase_T = 2 * np.pi * (1000 + 700 * number + 900 * time_T) * time_T
        samples_T = 0.1 * np.sin(phase_T) + 0.002 * rng.standard_normal(len(time_T))
        write_audio(folder / f"song{number}.wav", samples_T.astype(np.float32), rate)
    return folder


@pytest.fixture(scope="module")
def frames(songs: Path) -> RegionFrames:
    """Return the frames of the recordings."""
    store = songs.with_name("store")
    build_windows(songs, store, READING)
    return load_frames(store)


def make_axis(frames: RegionFrames) -> PlainTimes:
    return PlainTimes(frames.regions, WINDOW_S, NUM_COLUMNS)


def split(frames: RegionFrames, split_by: str = "auto", seed: int = 0) -> Splits:
    axis = make_axis(frames)
    counts = WindowCounts(train=40, held_out=15)
    return build_window_splits(frames, axis, find_stretches(axis), counts, split_by, FRACTIONS, seed)


def compute_by_scipy(path: Path, onset_s: float) -> np.ndarray:
    """Return the picture of one window, from SciPy's STFT of the whole recording."""
    audio, config = read_audio(path), READING.spectrogram
    samples = (audio.samples.astype(np.float64) - audio.samples.mean(dtype=np.float64)) * config.amplitude_scale
    size, hop = config.window_size, config.hop_size
    hz, frame_s, spectrum = stft(samples, audio.sample_rate_hz, "hann", size, size - hop)
    log = np.log(np.abs(spectrum) + 1e-12)
    of_rows = np.stack([np.interp(compute_image_frequencies(config), hz, column) for column in log.T], axis=1)
    column_s = np.linspace(onset_s, onset_s + WINDOW_S, NUM_COLUMNS)
    picture = np.stack([np.interp(column_s, frame_s, row) for row in of_rows])
    return np.clip(picture / 7.0, 0, 1)


def test_each_window_is_where_its_row_says_in_the_recording_it_says(songs: Path, frames: RegionFrames) -> None:
    train = split(frames).train
    assert isinstance(train, DrawnWindows)
    train.start_epoch(3)
    pictures = train.fetch(np.arange(40)).input.numpy()
    for picture, row in zip(pictures, train.items.iter_rows(named=True), strict=True):
        assert row["offset_s"] == pytest.approx(row["onset_s"] + WINDOW_S)
        assert picture == pytest.approx(compute_by_scipy(songs / row["source"], row["onset_s"]), abs=2e-5)


def test_the_first_and_the_last_window_of_each_region_are_lit_from_edge_to_edge(frames: RegionFrames) -> None:
    axis = make_axis(frames)
    low_R, high_R = axis.bounds()
    for start_R in (low_R, high_R):
        places = Windows(np.arange(len(frames)), start_R)
        pictures_NFT = FixedWindows(frames, axis, places).fetch(np.arange(len(frames))).input
        assert pictures_NFT.amax(dim=1).min() > 0.5


def test_equal_seeds_give_equal_windows_in_any_order_and_batch(frames: RegionFrames) -> None:
    first, second = split(frames).train, split(frames).train
    assert isinstance(first, DrawnWindows)
    assert isinstance(second, DrawnWindows)
    for epoch in (2, 0, 1):
        first.start_epoch(epoch)
    second.start_epoch(1)
    whole = first.fetch(np.arange(40)).input
    backwards = second.fetch(np.arange(40)[::-1].copy()).input.flip(0)
    assert (whole == backwards).all()
    assert (second.fetch(np.array([17])).input[0] == whole[17]).all()
    assert first.items.equals(second.items)


def test_windows_fetched_ahead_by_another_thread_are_the_same(frames: RegionFrames) -> None:
    train = split(frames).train
    rows = [np.arange(start, start + 10) for start in range(0, 40, 10)]
    alone, ahead = ([batch.input for batch in BatchLoader(train, count).iterate(rows)] for count in (0, 3))
    assert all((one == other).all() for one, other in zip(alone, ahead, strict=True))


def test_epochs_and_seeds_differ_and_held_out_windows_stay(frames: RegionFrames) -> None:
    data, other = split(frames), split(frames, seed=1)
    assert isinstance(data.train, DrawnDataset)
    before = data.train.fetch(np.arange(40)).input
    held_out = data.validation.fetch(np.arange(15)).input
    data.train.start_epoch(1)
    assert not (data.train.fetch(np.arange(40)).input == before).all()
    assert (data.validation.fetch(np.arange(15)).input == held_out).all()
    assert data.train.hash() == split(frames).train.hash() != other.train.hash()  # type: ignore[attr-defined]


def test_recordings_are_not_divided(frames: RegionFrames) -> None:
    parts = [set(part.items["source"]) for part in split(frames) if part is not None]  # type: ignore[attr-defined]
    assert len(set.union(*parts)) == sum(map(len, parts)) <= 5


def test_divided_in_time_no_sound_is_in_two_parts(frames: RegionFrames) -> None:
    data = split(frames, "time")
    tables = [part.items.with_columns(part=pl.lit(number)) for number, part in enumerate(data)]  # type: ignore[union-attr]
    for (_source,), rows in pl.concat(tables).group_by("source"):
        spans = rows.group_by("part").agg(pl.col("onset_s").min(), pl.col("offset_s").max()).sort("onset_s")
        assert (spans["onset_s"][1:] >= spans["offset_s"][:-1] - 1e-9).all()


def test_one_recording_is_divided_in_time(songs: Path, tmp_path: Path) -> None:
    build_windows(songs / "song4.wav", tmp_path / "store", READING)
    data = split(load_frames(tmp_path / "store"))
    assert data.train.items["offset_s"].max() <= data.validation.items["onset_s"].min()  # type: ignore[attr-defined]


def test_an_unknown_column_is_told_with_the_nearest(frames: RegionFrames) -> None:
    with pytest.raises(SubsongError, match="recording"):
        split(frames, "recordings")


def test_too_few_groups_are_told_with_a_way_out(frames: RegionFrames) -> None:
    with pytest.raises(SubsongError, match="split_by=time"):
        split(frames, "sample_rate_hz")


def test_consecutive_windows_cover_a_region_without_overlap(frames: RegionFrames) -> None:
    axis = make_axis(frames)
    windows = FixedWindows(frames, axis, tile_windows(find_stretches(axis), WINDOW_S))
    first = windows.items.filter(pl.col("source") == "song1.wav")
    assert first["onset_s"][1:].to_numpy() == pytest.approx(first["offset_s"][:-1].to_numpy())
    assert first.height == int((0.9 - 0.016) / WINDOW_S)
