"""Reading windows from a store of frames."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.datasets.parts import StorePlan
from subsong.datasets.windows import tiles as tiles_module
from subsong.datasets.windows.frames import TILE_FRAMES, RegionFrames, is_window_store, load_frames, read_window_reading
from subsong.datasets.windows.reading import WindowReading

RATE_HZ, HOP = 32_000, 256
NUM_FRAMES, FIRST_FRAMES = (300, 128, 129), (7, 1000, 0)
F = 4


def write_store(path: Path, tiles_a_part: int = 2, kind: str = "windows") -> list[np.ndarray]:
    """Write three regions whose frame k holds (k, k + 0.25, ...) / 2000; return the frames of each."""
    values = [
        ((first + np.arange(num))[:, None] + np.arange(F) / 4) / 2000
        for num, first in zip(NUM_FRAMES, FIRST_FRAMES, strict=True)
    ]
    tiles, rows = [], []
    for region, (num, first) in enumerate(zip(NUM_FRAMES, FIRST_FRAMES, strict=True)):
        for tile in range(-(-num // TILE_FRAMES)):
            padded = np.zeros((TILE_FRAMES, F), np.float32)
            part = values[region][tile * TILE_FRAMES : (tile + 1) * TILE_FRAMES]
            padded[: len(part)] = part
            tiles.append(padded)
            rows.append(("a.wav", region, first * HOP / RATE_HZ, 9.0, RATE_HZ, first, num, tile))
    names = ["source", "row", "onset_s", "offset_s", "sample_rate_hz", "first_frame", "num_frames", "tile"]
    items = pl.DataFrame(rows, schema=names, orient="row")
    num_parts = -(-len(tiles) // tiles_a_part)
    parameters = {**WindowReading().model_dump(mode="json"), "sample_rates_hz": [RATE_HZ]}
    with StorePlan(path, kind, parameters, [], num_parts) as plan:
        for part in plan.begin():
            mine = slice(part * tiles_a_part, (part + 1) * tiles_a_part)
            block = np.stack(tiles[mine])
            plan.write_part(part, {"x": [block], "peak": [block.max(axis=2)]}, items[mine])
        plan.finish()
    return values


@pytest.fixture
def store(tmp_path: Path) -> RegionFrames:
    write_store(tmp_path / "store")
    return load_frames(tmp_path / "store")


def test_a_store_knows_its_regions(store: RegionFrames) -> None:
    assert len(store) == 3
    assert store.num_freq_bins == F
    assert store.regions["num_frames"].to_list() == list(NUM_FRAMES)
    assert "tile" not in store.regions.columns


@pytest.mark.parametrize("tiles_a_part", [1, 2, 100])
def test_frames_and_peaks_of_a_region_come_back_across_files(tiles_a_part: int, tmp_path: Path) -> None:
    values = write_store(tmp_path / "store", tiles_a_part)
    store = load_frames(tmp_path / "store")
    for region, values_KF in enumerate(values):
        np.testing.assert_array_equal(store.fetch_frames(region), values_KF.astype(np.float32))
        np.testing.assert_array_equal(store.fetch_peaks(region), values_KF.max(axis=1).astype(np.float32))
        np.testing.assert_allclose(store.compute_times(region), values_KF[:, 0] * 2000 * HOP / RATE_HZ)


def test_windows_show_the_frames_of_their_times(store: RegionFrames) -> None:
    region_N = np.array([1, 0, 2, 0])
    frame_NT = np.array([[1000.0, 1100.3, 1127.0], [100.5, 200.0, 306.0], [0.0, 0.25, 127.5], [250.0, 130.0, 7.0]])
    windows_NFT = store.fetch(region_N, frame_NT * HOP / RATE_HZ)
    assert windows_NFT.dtype == torch.float32
    assert windows_NFT.is_contiguous()
    expected_NFT = (frame_NT[:, None, :] + np.arange(F)[None, :, None] / 4) / 2000
    np.testing.assert_allclose(windows_NFT.numpy(), expected_NFT, atol=1e-6)


def test_no_windows_can_be_asked_for(store: RegionFrames) -> None:
    assert store.fetch(np.zeros(0, np.int64), np.zeros((0, 5))).shape == (0, F, 5)


def test_a_window_is_the_same_whatever_it_is_fetched_with(store: RegionFrames) -> None:
    generator = np.random.default_rng(0)
    region_N = generator.integers(0, 3, 40)
    times_NT = (np.array(FIRST_FRAMES)[region_N, None] + generator.uniform(0, 127, (40, 9))) * HOP / RATE_HZ
    together_NFT = store.fetch(region_N, times_NT)
    for n in range(40):
        assert torch.equal(together_NFT[[n]], store.fetch(region_N[[n]], times_NT[[n]]))


@pytest.mark.parametrize("frame", [6.9, 306.1, np.nan])
def test_a_time_outside_the_region_is_refused(frame: float, store: RegionFrames) -> None:
    with pytest.raises(
        ValueError, match=r"outside region 0 of a\.wav, whose frames reach from 0\.056000 s to 2\.448000"
    ):
        store.fetch(np.array([0]), np.array([[10.0, frame]]) * HOP / RATE_HZ)


def test_threads_may_read_at_once(store: RegionFrames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "preadv", raising=False)
    expected, found = store.fetch_frames(0), []

    def read() -> None:
        found.extend(np.array_equal(store.fetch_frames(0), expected) for _ in range(50))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 200


def test_few_files_are_open_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles_module, "_MOST_OPEN_FILES", 1)
    values = write_store(tmp_path / "store", tiles_a_part=1)
    store = load_frames(tmp_path / "store")
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else None
    for _ in range(3):
        np.testing.assert_array_equal(store.fetch_frames(0), values[0].astype(np.float32))
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_windows_and_motifs_are_told_apart(tmp_path: Path) -> None:
    write_store(tmp_path / "windows")
    write_store(tmp_path / "motifs", kind="motifs")
    write_store(tmp_path / "syllables", kind="syllables")
    assert is_window_store(tmp_path / "windows")
    assert not is_window_store(tmp_path / "motifs")
    assert not is_window_store(tmp_path)
    assert read_window_reading(tmp_path / "windows") == WindowReading()
    assert len(load_frames(tmp_path / "motifs")) == 3
    with pytest.raises(SubsongError, match="is a dataset of syllables, expected one of windows or motifs"):
        load_frames(tmp_path / "syllables")
    with pytest.raises(SubsongError, match="subsong prepare windows"):
        load_frames(tmp_path)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    write_store(tmp_path / "store")
    shard = tmp_path / "store" / "x-00001.npy"
    content = shard.read_bytes()
    for broken, words in ((content[:-1], "is cut short"), (b"nonsense", "is damaged")):
        shard.write_bytes(broken)
        with pytest.raises(SubsongError, match=rf"x-00001\.npy {words}"):
            load_frames(tmp_path / "store")
    shard.write_bytes((tmp_path / "store" / "peak-00001.npy").read_bytes())
    with pytest.raises(SubsongError, match="do not belong together"):
        load_frames(tmp_path / "store")
    shard.unlink()
    with pytest.raises(SubsongError, match="is missing from its dataset"):
        load_frames(tmp_path / "store")


def test_a_file_cut_short_while_it_is_open_is_named(tmp_path: Path) -> None:
    write_store(tmp_path / "store")
    store = load_frames(tmp_path / "store")
    with (tmp_path / "store" / "x-00000.npy").open("r+b") as file:
        file.truncate(500)
    with pytest.raises(SubsongError, match=r"x-00000\.npy became shorter"):
        store.fetch_frames(0)
