"""From recordings to windows: right to the sample, and the same whatever the workers and the interruptions."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.signal import stft as scipy_stft
from tests.datasets.windows.recordings import RATE_HZ, annotate, read, write_noise

from subsong.core.errors import SubsongError
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.windows import tiling
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.frames import RegionFrames, load_frames, read_window_reading
from subsong.datasets.windows.tiling import TileMaker
from subsong.sources.audio import read_audio

HOP = 256
GREY = {"log_low": -5.0, "log_high": 6.0}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "_TILES_A_PART", 2)
    monkeypatch.setattr(tiling, "_TILES_A_STRETCH", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return two recordings, one of them with annotations."""
    for number, duration_s in enumerate((3.3, 1.7)):
        write_noise(tmp_path / f"songs/day{number}/{number}.wav", duration_s)
    return tmp_path / "songs"


def fetch_window(frames: RegionFrames, region: int, start_s: float, duration_s: float = 0.1) -> np.ndarray:
    """Return one window of 101 columns, a millisecond apart where it lasts 0.1 s, shape (F, T)."""
    times_T = np.linspace(start_s, start_s + duration_s, 101)
    return frames.fetch(np.array([region]), times_T[None])[0].numpy()


def read_bytes(store: Path) -> dict[str, bytes]:
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def test_the_frames_are_those_of_scipys_stft_of_the_whole_recording(tmp_path: Path) -> None:
    write_noise(tmp_path / "one.wav", 5.0)
    build_windows(tmp_path / "one.wav", tmp_path / "out", read(spectrogram=GREY))
    frames = load_frames(tmp_path / "out")
    samples = read_audio(tmp_path / "one.wav").samples
    centred = (samples - samples.mean(dtype=np.float64)) * 32768.0
    f, _, spectrum = scipy_stft(centred, RATE_HZ, nperseg=512, noverlap=512 - HOP)
    log_BK = np.log(np.abs(spectrum) + 1e-12)
    expected_KF = np.stack([np.interp(np.linspace(400.0, 8000.0, 24), f, log_B) for log_B in log_BK.T])
    expected_KF = (expected_KF - GREY["log_low"]) / (GREY["log_high"] - GREY["log_low"])
    first, count = frames.regions.select("first_frame", "num_frames").row(0)
    assert count > 4 * 128
    np.testing.assert_allclose(frames.fetch_frames(0), expected_KF[first : first + count], atol=1e-5)
    np.testing.assert_array_equal(frames.fetch_peaks(0), frames.fetch_frames(0).max(axis=1))


@pytest.mark.parametrize("onset_s", [0.0, 0.1, 0.50321, 0.55])
def test_a_click_is_where_it_sounded_wherever_its_region_starts(onset_s: float, tmp_path: Path) -> None:
    # On a frame: the picture is symmetric about it.
    click = 80 * HOP
    write_noise(tmp_path / "songs/one.wav", clicks=[click])
    annotate(tmp_path / "songs/one.wav", [(onset_s, 1.9, "song")])
    build_windows(tmp_path / "songs", tmp_path / "out", read(regions="annotations", spectrogram=GREY))
    loudness_T = fetch_window(load_frames(tmp_path / "out"), 0, click / RATE_HZ - 0.03).mean(axis=0)
    assert loudness_T.argmax() == 30
    np.testing.assert_allclose(loudness_T[26:30], loudness_T[34:30:-1], atol=0.05)


def test_windows_at_the_ends_of_a_region_show_sound_to_their_edges(tmp_path: Path) -> None:
    write_noise(tmp_path / "songs/one.wav")
    annotate(tmp_path / "songs/one.wav", [(0.0, 0.9, "a"), (1.013, 1.507, "b"), (1.6, 2.0, "c")])
    build_windows(tmp_path / "songs", tmp_path / "out", read(regions="annotations"))
    frames = load_frames(tmp_path / "out")
    middle = fetch_window(frames, 0, 0.5).mean()
    for region, (onset_s, offset_s) in enumerate(frames.regions.select("onset_s", "offset_s").iter_rows()):
        for start_s in (onset_s, offset_s - 0.1):
            edges = fetch_window(frames, region, start_s)[:, [0, -1]]
            assert (edges.mean(axis=0) > 0.5 * middle).all()
    onsets, offsets = frames.regions["onset_s"], frames.regions["offset_s"]
    assert onsets[0] == 256 / RATE_HZ
    assert offsets[2] == 2.0 - 256 / RATE_HZ


@pytest.mark.usefixtures("small_parts")
def test_workers_and_interruptions_change_no_byte(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for workers in (1, 3):
        build_windows(folder, tmp_path / f"out{workers}", read(), WritingOptions(num_workers=workers))
    whole = read_bytes(tmp_path / "out1")
    assert len([name for name in whole if name.startswith("x-")]) > 2
    assert read_bytes(tmp_path / "out3") == whole
    made: list[int] = []
    make = TileMaker.make

    def stop_at_second(self: TileMaker, tiles: pl.DataFrame) -> Any:
        made.append(tiles.height)
        if len(made) == 2:
            raise KeyboardInterrupt
        return make(self, tiles)

    monkeypatch.setattr(TileMaker, "make", stop_at_second)
    with pytest.raises(KeyboardInterrupt):
        build_windows(folder, tmp_path / "broken", read(), WritingOptions(num_workers=1))
    assert not (tmp_path / "broken").exists()
    build_windows(folder, tmp_path / "broken", read(), WritingOptions(num_workers=1))
    assert sum(made) == load_tiles(tmp_path / "out1") + made[1]
    assert read_bytes(tmp_path / "broken") == whole


def load_tiles(store: Path) -> int:
    return pl.read_parquet(store / "items.parquet").height


def test_the_size_of_parts_changes_no_frame(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_windows(folder, tmp_path / "large", read())
    monkeypatch.setattr(tiling, "_TILES_A_PART", 3)
    build_windows(folder, tmp_path / "small", read())
    large, small = load_frames(tmp_path / "large"), load_frames(tmp_path / "small")
    assert large.regions.equals(small.regions)
    for region in range(len(large)):
        np.testing.assert_array_equal(large.fetch_frames(region), small.fetch_frames(region))


def test_the_table_of_tiles_says_where_each_lies(folder: Path, tmp_path: Path) -> None:
    build_windows(folder, tmp_path / "out", read())
    items = pl.read_parquet(tmp_path / "out" / "items.parquet")
    assert items.columns == [
        "source", "row", "folder", "channel", "onset_s", "offset_s", "label", "annotator",
        "sample_rate_hz", "first_frame", "num_frames", "tile",
    ]  # fmt: skip
    assert items["tile"].to_list() == [0, 1, 2, 3, 0, 1]
    assert items["folder"].unique(maintain_order=True).to_list() == ["day0", "day1"]
    assert [items[name].dtype for name in ("sample_rate_hz", "first_frame", "num_frames", "tile")] == [pl.Int64] * 4


def test_what_was_prepared_is_told(folder: Path, tmp_path: Path) -> None:
    prepared = build_windows(folder, tmp_path / "out", read(stored_as="float16"))
    assert prepared.num_regions == 2
    assert prepared.duration_s == pytest.approx((410 + 210) * HOP / RATE_HZ)
    assert prepared.reading == read_window_reading(tmp_path / "out")
    assert prepared.reading.spectrogram.log_low is not None
    regions = pl.read_csv(tmp_path / "out" / "regions.csv")
    assert regions["source"].to_list() == ["day0/0.wav", "day1/1.wav"]
    assert pl.read_csv(tmp_path / "out" / "audit.csv").height == 2
    assert pl.read_csv(tmp_path / "out" / "skipped.csv").height == 0


def test_the_grey_range_fits_the_windows(folder: Path, tmp_path: Path) -> None:
    build_windows(folder, tmp_path / "out", read())
    values = np.concatenate([load_frames(tmp_path / "out").fetch_frames(region) for region in range(2)])
    assert (values <= 0).mean() == pytest.approx(0.4, abs=0.03)
    assert (values < 1).mean() == pytest.approx(0.995, abs=0.003)


def test_recordings_of_two_rates_are_warned_of_and_keep_their_times(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, rate_hz in (("slow", RATE_HZ), ("fast", 48_000)):
        write_noise(tmp_path / f"songs/{name}.wav", clicks=[round(1.2 * rate_hz)], rate_hz=rate_hz)
    with caplog.at_level(logging.WARNING):
        build_windows(tmp_path / "songs", tmp_path / "out", read())
    assert "recordings have sample rates of 32000, 48000 Hz" in caplog.text
    frames = load_frames(tmp_path / "out")
    for region in range(2):
        loudness_T = fetch_window(frames, region, 1.15).mean(axis=0)
        # To half a frame, between which the picture is interpolated.
        assert abs(int(loudness_T.argmax()) - 50) <= 4


def test_nothing_is_written_when_no_region_holds_a_window(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"the longest of 2 regions is 3\.28 s long, and a window 9 s"):
        build_windows(folder, tmp_path / "out", read(spectrogram={"max_duration_s": 9.0}))
    assert not (tmp_path / "out").exists()


def test_a_store_is_replaced_only_when_that_is_said(folder: Path, tmp_path: Path) -> None:
    build_windows(folder, tmp_path / "out", read())
    with pytest.raises(SubsongError, match="--overwrite"):
        build_windows(folder, tmp_path / "out", read())
    build_windows(folder, tmp_path / "out", read(stored_as="float16"), WritingOptions(overwrite=True))
    assert read_window_reading(tmp_path / "out").stored_as == "float16"


def test_songs_of_a_finch_become_regions(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "bengalese_finch_sober" / "bl26lb16" / "041912"
    settings = {"regions": "annotations", "merge_gap_s": 0.1, "spectrogram": {"max_duration_s": 0.12}}
    prepared = build_windows(source, tmp_path / "out", read(**settings))
    frames = load_frames(tmp_path / "out")
    assert prepared.num_regions == len(frames) > 10
    region = int(frames.regions["num_frames"].arg_max() or 0)
    window = fetch_window(frames, region, frames.regions["onset_s"][region], 0.12)
    assert 0.02 < window.mean() < 0.9
