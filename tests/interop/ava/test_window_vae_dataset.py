"""Windows of song under AVA's calls: pairs, places, pictures, seeds, and what is said of input that cannot be used."""

from __future__ import annotations

import copy
import logging
import pickle
import types
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from scipy.io import wavfile

from subsong.core.errors import SubsongError
from subsong.interop.ava.hdf5 import read_specs
from subsong.interop.ava.models.utils import numpy_to_tensor
from subsong.interop.ava.models.vae_dataset import SyllableDataset
from subsong.interop.ava.models.window_vae_dataset import (
    FixedWindowDataset,
    get_fixed_window_data_loaders,
    get_window_partition,
)
from subsong.interop.ava.preprocessing.utils import get_spec

from .songs import FINCH, RATE, WINDOW_S, compute_avas_window, make_song, write_roi, write_songs

ROI_S = {f"song{number}.wav": (0.1 * number + 0.1, 0.1 * number + 0.5) for number in range(5)}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    torch.manual_seed(3)
    return write_songs(tmp_path)


def build(folders: tuple[Path, Path], p: dict[str, Any] = FINCH, **settings: Any) -> FixedWindowDataset:
    part = get_window_partition([folders[0]], [folders[1]], 1.0)["train"]
    return FixedWindowDataset(part["audio"], part["rois"], p, **{"dataset_length": 40, **settings})


def call_own(t1: float, t2: float, audio: np.ndarray, p: dict[str, Any], fs: int, target_times: np.ndarray) -> Any:
    """A user's function: the level of the sound around each target time."""
    sample_T = np.rint(target_times * fs).astype(int).clip(8, len(audio) - 8)
    level_T = np.array([np.abs(audio[sample - 8 : sample + 8]).max() for sample in sample_T]) / 32768
    return np.tile(level_T, (p["num_freq_bins"], 1)), True


OWN = {**FINCH, "get_spec": call_own}


def test_the_partition_has_avas_order_and_keeps_pairs_together(folders: tuple[Path, Path]) -> None:
    partition = get_window_partition([folders[0]], [folders[1]])
    order = np.random.RandomState(42).permutation(5)
    names = [f"song{number}" for number in order]
    assert [Path(path).stem for path in partition["train"]["audio"]] == names[:4]
    for part in partition.values():
        assert [Path(path).stem for path in part["audio"]] == [Path(path).stem for path in part["rois"]]
    plain = get_window_partition([str(folders[0])], [str(folders[1])], split=1.0, shuffle=False)
    assert [Path(path).stem for path in plain["train"]["rois"]] == sorted(names)
    assert get_fixed_window_data_loaders(plain, FINCH)["test"] is None


def test_a_recording_without_song_is_left_out_if_wished(folders: tuple[Path, Path]) -> None:
    write_roi(folders[1] / "song2.txt", [])
    assert len(get_window_partition([folders[0]], [folders[1]], 1.0)["train"]["audio"]) == 4
    kept = get_window_partition([folders[0]], [folders[1]], 1.0, exclude_empty_roi_files=False)["train"]
    assert len(kept["audio"]) == 5
    assert len(FixedWindowDataset(kept["audio"], kept["rois"], FINCH)) == 2048


def test_a_recording_without_roi_file_is_named(folders: tuple[Path, Path]) -> None:
    (folders[1] / "song3.txt").unlink()
    with pytest.raises(
        SubsongError, match=r"1 recording without a ROI file, the first is .*song3\.wav: expected .*song3\.txt"
    ):
        get_window_partition([folders[0]], [folders[1]])


def test_a_roi_file_without_recording_is_named(folders: tuple[Path, Path], caplog: pytest.LogCaptureFixture) -> None:
    (folders[0] / "song3.wav").unlink()
    partition = get_window_partition([folders[0]], [folders[1]], 1.0)
    assert "song3.txt is a ROI file without a recording" in caplog.text
    assert len(partition["train"]["audio"]) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"split": 0.0}, "above 0"), ({"split": 1.1}, "at most 1"), ({"roi_dirs": ["nowhere"]}, "no folder nowhere"),
     ({"roi_dirs": []}, "two lists of as many folders")],
)  # fmt: skip
def test_a_partition_that_cannot_be_is_refused(
    folders: tuple[Path, Path], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(SubsongError, match=message):
        get_window_partition(**{"audio_dirs": [folders[0]], "roi_dirs": [folders[1]], **arguments})
    with pytest.raises(SubsongError, match="no recordings to train on"):
        get_fixed_window_data_loaders(get_window_partition([folders[0]], [folders[1]], 0.05), FINCH)


def test_each_window_lies_in_a_region_of_its_own_recording_and_shows_it(folders: tuple[Path, Path]) -> None:
    """Checked against the wav files, under the shuffle in which AVA takes another recording's regions."""
    dataset = build(folders)
    specs, files, onsets, offsets = dataset.__getitem__(range(40), return_seg_info=True)
    assert len({dataset.filenames[file] for file in files}) == 5
    differences = []
    for spec, file, onset, offset in zip(specs, files, onsets, offsets, strict=True):
        first, last = ROI_S[Path(dataset.filenames[file]).name]
        assert first <= onset
        assert offset <= last + 1e-9
        assert offset - onset == pytest.approx(WINDOW_S)
        differences.append(np.abs(spec.numpy() - compute_avas_window(dataset.filenames[file], onset)))
    assert np.mean(differences) < 0.025
    assert np.quantile(differences, 0.99) < 0.25


def test_where_the_grids_meet_pictures_are_avas(tmp_path: Path) -> None:
    audio_dir, roi_dir = write_songs(tmp_path, 1)
    onset = 0.05 + 40 * 256 / RATE
    write_roi(roi_dir / "song0.txt", [(onset, onset + WINDOW_S)])
    dataset = build((audio_dir, roi_dir))
    spec, _, found, _ = dataset.__getitem__(0, return_seg_info=True)
    assert found == pytest.approx(onset)
    np.testing.assert_allclose(spec, compute_avas_window(dataset.filenames[0], onset), atol=1e-3)


def test_single_windows_lists_batches_and_other_orders_are_the_same_numbers(folders: tuple[Path, Path]) -> None:
    dataset, index = build(folders), np.array([7, 3, 39, 0])
    batch = dataset.fetch(index)
    assert batch.input is batch.target
    assert batch.input.shape == (4, 128, 128)
    assert batch.input.dtype == torch.float32
    torch.testing.assert_close(torch.stack(dataset[index.tolist()]), batch.input, rtol=0, atol=0)
    for row, image in zip(index.tolist(), batch.input, strict=True):
        torch.testing.assert_close(dataset[row], image, rtol=0, atol=0)
    torch.testing.assert_close(dataset[-1], batch.input[2], rtol=0, atol=0)
    with pytest.raises(IndexError):
        dataset[40]


def test_epochs_are_fresh_and_settled_by_the_seed(folders: tuple[Path, Path]) -> None:
    first, again, other = build(folders), build(folders), build(folders, seed=4)
    assert first.items.equals(again.items)
    assert not first.items.equals(other.items)
    before = first.items
    first.start_epoch(1)
    assert not first.items.equals(before)
    again.start_epoch(1)
    assert first.items.equals(again.items)
    first.start_epoch(0)
    assert first.items.equals(before)


def test_a_seed_draws_as_many_windows_as_indices_and_leaves_numpys_generator_alone(folders: tuple[Path, Path]) -> None:
    np.random.seed(8)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    dataset = build(folders)
    before = dataset.items
    pictures = dataset.__getitem__(np.arange(3), seed=5)
    torch.testing.assert_close(torch.stack(pictures), torch.stack(dataset.__getitem__([0, 0, 0], seed=5)))
    assert not torch.equal(pictures[0], dataset.__getitem__(0, seed=6))
    assert dataset.items.equals(before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize("p", [FINCH, OWN], ids=["frames", "own function"])
def test_the_number_of_workers_changes_nothing(folders: tuple[Path, Path], p: dict[str, Any]) -> None:
    partition, passes = get_window_partition([folders[0]], [folders[1]], 0.6), {}
    small = {**p, "num_freq_bins": 24, "num_time_bins": 16}
    for num_workers in (0, 2):
        torch.manual_seed(9)
        loaders = get_fixed_window_data_loaders(partition, small, batch_size=512, num_workers=num_workers)
        torch.manual_seed(9)
        passes[num_workers] = [torch.cat(list(loaders["train"])) for _ in range(2 if p is FINCH else 1)]
        passes[num_workers] += [torch.cat(list(loaders["test"]))]
    for one, other in zip(passes[0], passes[2], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert not torch.equal(passes[0][0], passes[0][1])


def test_test_windows_stay(folders: tuple[Path, Path]) -> None:
    loaders = get_fixed_window_data_loaders(get_window_partition([folders[0]], [folders[1]], 0.6), FINCH)
    first, second = (torch.cat(list(loaders["test"])) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_avas_and_our_get_spec_mean_our_frames_and_another_is_called_as_ava_calls_it(
    folders: tuple[Path, Path],
) -> None:
    avas = types.FunctionType(call_own.__code__, {}, "get_spec")
    avas.__module__ = "ava.preprocessing.utils"
    for known in (get_spec, avas):
        images = build(folders, {**FINCH, "get_spec": known}).fetch(np.arange(4)).input
        torch.testing.assert_close(images, build(folders).fetch(np.arange(4)).input, rtol=0, atol=0)
    calls = []

    def record(t1: float, t2: float, audio: np.ndarray, p: dict[str, Any], fs: int, target_times: np.ndarray) -> Any:
        calls.append((t1, t2, audio, fs, target_times))
        return call_own(t1, t2, audio, p, fs, target_times)

    dataset = build(folders, {**FINCH, "get_spec": record})
    _, file, onset, offset = dataset.__getitem__(2, shoulder=0.03, return_seg_info=True)
    t1, t2, audio, fs, target_times = calls[-1]
    assert (t1, t2, fs) == (pytest.approx(onset - 0.03), pytest.approx(offset + 0.03), RATE)
    np.testing.assert_array_equal(audio, wavfile.read(dataset.filenames[file])[1])
    np.testing.assert_allclose(target_times, np.linspace(onset, offset, 128))


def test_a_transform_is_applied(folders: tuple[Path, Path]) -> None:
    dataset = build(folders, transform=lambda spec: torch.from_numpy(spec[::2]))
    assert dataset[0].shape == (64, 128)
    assert dataset.fetch(np.arange(3)).input.shape == (3, 64, 128)


def test_avas_own_transform_changes_nothing(folders: tuple[Path, Path]) -> None:
    transformed = build(folders, transform=numpy_to_tensor).fetch(np.arange(3)).input
    torch.testing.assert_close(transformed, build(folders).fetch(np.arange(3)).input, rtol=0, atol=0)


@pytest.mark.parametrize("p", [FINCH, OWN], ids=["frames", "own function"])
def test_a_copy_in_another_process_makes_the_same_pictures(folders: tuple[Path, Path], p: dict[str, Any]) -> None:
    dataset = build(folders, p)
    expected = dataset[5]
    # A copy goes the way of a pickle, which leaves out what is kept in memory.
    assert len(pickle.dumps(dataset)) < 50_000
    torch.testing.assert_close(copy.deepcopy(dataset)[5], expected, rtol=0, atol=0)


def test_normalisation_within_a_window_spans_its_range(folders: tuple[Path, Path]) -> None:
    images = build(folders, {**FINCH, "within_syll_normalize": True}).fetch(np.arange(8)).input
    torch.testing.assert_close(images.amax(dim=(1, 2)), torch.ones(8))
    torch.testing.assert_close(images.amin(dim=(1, 2)), torch.zeros(8))


def test_recordings_of_several_rates_keep_their_times(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    audio_dir, roi_dir = write_songs(tmp_path, 2)
    wavfile.write(audio_dir / "song1.wav", 44100, make_song(0, rate=44100))
    for number in range(2):
        write_roi(roi_dir / f"song{number}.txt", [(0.5, 0.5 + WINDOW_S)])
    dataset = build((audio_dir, roi_dir))
    assert "sample rates of 32000, 44100 Hz" in caplog.text
    one, other = (dataset[dataset.items["source"].to_list().index(name)] for name in sorted(dataset.filenames))
    # The same sound at both rates; noise aside, windows of 16 and 12 ms show the same.
    loud = (one > 0.5).float(), (other > 0.5).float()
    assert (loud[0] * loud[1]).sum() / torch.maximum(*loud).sum() > 0.6


def test_windows_at_the_ends_of_a_recording_are_not_black(tmp_path: Path) -> None:
    audio_dir, roi_dir = write_songs(tmp_path, 1)
    write_roi(roi_dir / "song0.txt", [(0.0, 1.5)])
    dataset = build((audio_dir, roi_dir), {**FINCH, "spec_min_val": -6.0}, dataset_length=600)
    assert dataset.items["onset_s"].min() < 0.03
    assert dataset.items["offset_s"].max() > 1.47
    columns = dataset.fetch(np.arange(600)).input.mean(dim=1)
    assert columns.min() > 0.2


def test_regions_shorter_than_the_window_are_left_out_and_counted(
    folders: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    write_roi(folders[1] / "song2.txt", [(0.2, 0.3), (0.5, 0.9), (0.9, 0.95)])
    dataset = build(folders)
    assert "2 of 7 regions are shorter than the window of 0.12 s and are left out" in caplog.text
    assert "row 0 of song2.wav, 0.100 s" in caplog.text
    rows = dataset.items.filter(dataset.items["source"].str.ends_with("song2.wav"))
    assert set(rows["row"]) == {1}
    for number in range(5):
        write_roi(folders[1] / f"song{number}.txt", [(0.2, 0.3)])
    with pytest.raises(
        SubsongError, match=r"none of 5 regions in 5 ROI files holds a window of 0\.12 s .*window_length"
    ):
        build(folders)


def test_a_region_beyond_its_recording_is_cut(folders: tuple[Path, Path]) -> None:
    write_roi(folders[1] / "song2.txt", [(1.2, 9.0), (8.0, 9.0)])
    items = build(folders, dataset_length=300).items
    assert items.filter(items["source"].str.ends_with("song2.wav"))["offset_s"].max() < 1.5
    assert items["row"].max() == 0


def test_silent_windows_are_not_drawn_and_silence_alone_is_refused(tmp_path: Path) -> None:
    audio_dir, roi_dir = write_songs(tmp_path, 1)
    song = make_song(0)
    song[RATE // 2 :] = 0
    wavfile.write(audio_dir / "song0.wav", RATE, song)
    write_roi(roi_dir / "song0.txt", [(0.0, 1.5)])
    loud = build((audio_dir, roi_dir), min_spec_val=0.5, dataset_length=100)
    assert loud.fetch(np.arange(100)).input.amax(dim=(1, 2)).min() >= 0.45
    assert loud.items["onset_s"].max() < 0.51
    wavfile.write(audio_dir / "song0.wav", RATE, np.zeros(RATE, dtype=np.int16))
    with pytest.raises(SubsongError, match=r"no window of 1 region in 1 recording has a value of min_spec_val=0\.5"):
        build((audio_dir, roi_dir), min_spec_val=0.5)


def test_an_own_function_is_asked_again_for_silent_windows_but_not_for_ever(tmp_path: Path) -> None:
    audio_dir, roi_dir = write_songs(tmp_path, 1)
    song = make_song(0)
    song[RATE // 2 :] = 0
    wavfile.write(audio_dir / "song0.wav", RATE, song)
    write_roi(roi_dir / "song0.txt", [(0.0, 1.4)])
    dataset = build((audio_dir, roi_dir), OWN, min_spec_val=0.1)
    batch = dataset.fetch(np.arange(40)).input
    assert batch.amax(dim=(1, 2)).min() >= 0.1
    assert dataset.items["onset_s"].max() < 0.5
    torch.testing.assert_close(build((audio_dir, roi_dir), OWN, min_spec_val=0.1)[11], batch[11], rtol=0, atol=0)
    with pytest.raises(SubsongError, match="1000 windows in a row: lower min_spec_val"):
        build((audio_dir, roi_dir), OWN, min_spec_val=1.5)[0]


def test_parameters_and_recordings_that_cannot_be_used_are_named(folders: tuple[Path, Path]) -> None:
    with pytest.raises(SubsongError, match="lack 'window_length'"):
        build(folders, {name: value for name, value in FINCH.items() if name != "window_length"})
    with pytest.raises(SubsongError, match=r"song\d\.wav: high_hz is 20000"):
        build(folders, {**FINCH, "max_freq": 20e3})
    wavfile.write(folders[0] / "song1.wav", RATE, np.zeros((RATE, 2), dtype=np.int16))
    with pytest.raises(SubsongError, match=r"song1\.wav has 2 channels"):
        build(folders)
    wavfile.write(folders[0] / "song1.wav", RATE, np.full(2 * RATE, np.nan, dtype=np.float32))
    with pytest.raises(SubsongError, match=r"song1\.wav has samples that are not finite"):
        build(folders).fetch(np.arange(40))
    with pytest.raises(SubsongError, match="5 recordings and 0 ROI files"):
        FixedWindowDataset([str(path) for path in sorted(folders[0].iterdir())], [], FINCH)


def test_memory_is_bounded_and_the_bound_changes_nothing(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = build(folders).fetch(np.arange(40)).input
    monkeypatch.setattr("subsong.interop.ava.models.window_frames._MOST_BYTES", 1)
    torch.testing.assert_close(build(folders).fetch(np.arange(40)).input, expected, rtol=0, atol=0)


def test_files_of_windows_are_read_as_files_of_syllables_and_know_their_places(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    dataset = build(folders)
    dataset.write_hdf5_files(tmp_path / "specs", num_files=2, sylls_per_file=7)
    paths = sorted((tmp_path / "specs").iterdir())
    assert [path.name for path in paths] == ["syllables_0000.hdf5", "syllables_0001.hdf5"]
    again = SyllableDataset(paths)
    assert len(again) == 14
    torch.testing.assert_close(torch.stack(again[range(7, 14)]), torch.stack(dataset.__getitem__(range(7), seed=1)))
    content = read_specs(paths[1])
    _, files, onsets, offsets = dataset.__getitem__(range(7), seed=1, return_seg_info=True)
    assert content.audio_filenames == [dataset.filenames[file] for file in files]
    np.testing.assert_array_equal(content.onsets, onsets)
    np.testing.assert_array_equal(content.offsets, offsets)
    with h5py.File(paths[0]) as file:
        assert file["specs"].dtype == np.float32
        assert file["audio_filenames"].dtype.kind == "S"


def test_the_log_is_silent_where_nothing_is_wrong(folders: tuple[Path, Path], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        build(folders).fetch(np.arange(5))
    assert not caplog.records
