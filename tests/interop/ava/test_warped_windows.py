"""Warped windows under AVA's calls: what they show, where they lie, and the files of warps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.interop.ava.hdf5 import read_specs
from subsong.interop.ava.models.vae_dataset import SyllableDataset
from subsong.interop.ava.models.window_vae_dataset import WarpedWindowDataset, get_warped_window_data_loaders

from .motifs import MARKS_S, compute_marks, draw_tempo, write_motifs
from .songs import FINCH

NUM = 12
WARPED = {**FINCH, "window_length": 0.08, "num_freq_bins": 48, "num_time_bins": 40}


@pytest.fixture(scope="module")
def audio_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_motifs(tmp_path_factory.mktemp("motifs") / "audio", range(NUM))


@pytest.fixture(scope="module")
def warped(audio_dir: Path) -> WarpedWindowDataset:
    return build(audio_dir)


def build(audio_dir: Path, p: dict[str, Any] = WARPED, **settings: Any) -> WarpedWindowDataset:
    settings = {"dataset_length": 50, "save_warp": False, "seed": 1, **settings}
    return WarpedWindowDataset([str(path) for path in sorted(audio_dir.iterdir())], p, **settings)


def find_template_marks(dataset: WarpedWindowDataset) -> np.ndarray:
    """Return when the syllables begin in the template by the warp of each rendition, in seconds."""
    return np.stack([
        np.interp(compute_marks(number) / dataset.template_dur, x, y) * dataset.template_dur
        for number, (x, y) in enumerate(zip(dataset.x_knots, dataset.y_knots, strict=True))
    ])  # fmt: skip


def test_warps_bring_the_syllables_together_in_true_seconds(warped: WarpedWindowDataset) -> None:
    before = np.stack([compute_marks(number) for number in range(NUM)]).std(axis=0).mean()
    marks = find_template_marks(warped)
    assert before > 0.008
    assert marks.std(axis=0).mean() < 0.0015
    # The template's own tempo is the renditions' on average: a scale off by a frame would be off by 1.2 %.
    pace = np.mean([draw_tempo(number)[1] for number in range(NUM)])
    assert np.diff(marks.mean(axis=0)).sum() == pytest.approx(pace * (MARKS_S[-1] - MARKS_S[0]), rel=0.006)
    assert warped.template_dur == pytest.approx(0.7, abs=256 / 32000)
    assert warped.template_dur >= 0.7


def test_windows_of_one_quantile_look_alike_and_plain_ones_do_not(warped: WarpedWindowDataset, audio_dir: Path) -> None:
    def spread(dataset: WarpedWindowDataset) -> float:
        specs = [dataset.get_specific_item(name, 0.55) for name in dataset.audio_filenames]
        return float(np.std(specs, axis=0).mean())

    assert spread(warped) < 0.6 * spread(build(audio_dir, warp_type="null"))


def test_no_window_is_black_at_its_edges(audio_dir: Path) -> None:
    quiet = {**WARPED, "spec_min_val": -6.0}
    dataset = build(audio_dir, quiet, dataset_length=400, warp_type="null")
    assert dataset.fetch(np.arange(400)).input.mean(dim=1).min() > 0.1
    assert dataset.items["onset_s"].min() < 0.02
    assert dataset.items["offset_s"].max() > 0.68
    for quantile in (0.0, 1.0):
        spec = dataset.get_specific_item(dataset.audio_filenames[3], quantile)
        assert spec.mean(axis=0).min() > 0.1


def test_quantiles_inside_the_recording_are_avas(audio_dir: Path) -> None:
    """Without a warp, quantile q begins at (start_q + q (stop_q - start_q - window_frac)) template_dur."""
    times: list[np.ndarray] = []

    def record(t1: float, t2: float, audio: np.ndarray, p: dict[str, Any], fs: int, target_times: np.ndarray) -> Any:
        times.append(target_times)
        return np.zeros((48, 40)), True

    dataset = build(audio_dir, {**WARPED, "get_spec": record}, warp_type="null")
    dataset.get_specific_item(dataset.audio_filenames[0], 0.5)
    start = (-0.1 + 0.5 * (1.2 - dataset.window_frac)) * dataset.template_dur
    np.testing.assert_allclose(times[-1], np.linspace(start, start + 0.08, 40))


def test_whole_motifs_are_aligned(warped: WarpedWindowDataset) -> None:
    specs = np.stack([warped.get_whole_warped_spectrogram(name, 100) for name in warped.audio_filenames])
    assert specs.shape == (NUM, 48, 100)
    # Quantiles from -0.1 to 1.1: columns show the syllables where the template has them.
    quantile = np.linspace(-0.1, 1.1, 100)
    onset = find_template_marks(warped).mean(axis=0) / warped.template_dur
    loudness = specs.max(axis=1)
    for mark in onset:
        before, after = np.searchsorted(quantile, mark - 0.03), np.searchsorted(quantile, mark + 0.03)
        assert (loudness[:, after] > loudness[:, before] + 0.3).all()


def test_amplitude_warps_align_too(audio_dir: Path) -> None:
    dataset = build(audio_dir, warp_type="amplitude")
    assert find_template_marks(dataset).std(axis=0).mean() < 0.003


def test_epochs_batches_and_seeds(warped: WarpedWindowDataset, audio_dir: Path) -> None:
    batch = warped.fetch(np.arange(50))
    assert batch.input.shape == (50, 48, 40)
    torch.testing.assert_close(warped[7], batch.input[7], rtol=0, atol=0)
    again = build(audio_dir)
    np.testing.assert_array_equal(again.y_knots, warped.y_knots)
    assert again.items.equals(warped.items)
    again.start_epoch(1)
    assert not again.items.equals(warped.items)
    assert {"onset_s", "offset_s", "template_start_s"} <= set(again.items.columns)
    same = torch.stack(warped.__getitem__(range(3), seed=2)), torch.stack(again.__getitem__([5, 5, 5], seed=2))
    torch.testing.assert_close(*same, rtol=0, atol=0)


def test_the_loaders_hold_renditions_out(audio_dir: Path, tmp_path: Path) -> None:
    loaders = get_warped_window_data_loaders([audio_dir], WARPED, warp_fn=tmp_path / "warp.npz")
    train, test = (set(loaders[name].dataset.items["source"]) for name in ("train", "test"))
    assert (len(train), len(test)) == (10, 2)
    assert not train & test
    assert (tmp_path / "warp.npz").is_file()
    assert next(iter(loaders["test"])).shape == (64, 48, 40)


def test_few_renditions_are_all_used_for_both(
    audio_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    few = write_motifs(tmp_path / "few", range(3))
    loaders = get_warped_window_data_loaders([few], WARPED, warp_type="null")
    assert "3 renditions are too few to hold some out" in caplog.text
    assert loaders["train"].dataset is loaders["test"].dataset


def test_a_file_of_warps_is_written_and_read_for_some_of_its_recordings(audio_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "warp.npy"
    fitted = build(audio_dir, warp_fn=path, save_warp=True, warp_params={"n_knots": 1})
    with np.load(path) as arrays:
        assert {"x_knots", "y_knots", "template_dur", "audio_filenames", "warp_params"} == set(arrays.files)
    some = fitted.audio_filenames[3:8]
    loaded = WarpedWindowDataset(some, WARPED, load_warp=True, warp_fn=path, dataset_length=50)
    np.testing.assert_array_equal(loaded.x_knots, fitted.x_knots[3:8])
    np.testing.assert_array_equal(loaded.y_knots, fitted.y_knots[3:8])
    assert (loaded.template_dur, loaded.warp_params["n_knots"]) == (fitted.template_dur, 1)
    np.testing.assert_array_equal(loaded.get_specific_item(some[0], 0.4), fitted.get_specific_item(some[0], 0.4))


def test_a_pickle_of_avas_is_refused_and_its_conversion_read(audio_dir: Path, tmp_path: Path) -> None:
    fitted, dt_s = build(audio_dir), 256 / 32000
    content = {"x_knots": fitted.x_knots, "y_knots": fitted.y_knots, "template_dur": fitted.template_dur + dt_s}
    content |= {"audio_filenames": fitted.audio_filenames, "warp_params": {"n_knots": 0}}
    np.save(tmp_path / "warp.npy", content, allow_pickle=True)
    with pytest.raises(SubsongError, match=r"is a pickle of AVA's.*np\.savez\('warp\.npz'") as refusal:
        build(audio_dir, load_warp=True, warp_fn=tmp_path / "warp.npy")
    program = str(refusal.value).split("trust it, ")[1].split("; and give")[0]
    exec(program.replace("'warp.np", f"'{tmp_path}/warp.np"), {})
    loaded = build(audio_dir, load_warp=True, warp_fn=tmp_path / "warp.npz")
    assert loaded.template_dur == pytest.approx(fitted.template_dur)
    np.testing.assert_array_equal(loaded.y_knots, fitted.y_knots)


def test_files_of_warps_that_cannot_be_used_are_named(audio_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "noise.npz").write_bytes(b"noise")
    np.savez(tmp_path / "other.npz", x_knots=np.zeros((2, 2)))
    fitted = build(audio_dir, warp_fn=tmp_path / "warp.npz", save_warp=True, warp_type="null")
    with np.load(tmp_path / "warp.npz") as arrays:
        np.savez(tmp_path / "falling.npz", **{**arrays, "y_knots": -arrays["y_knots"]})
        np.savez(tmp_path / "fewer.npz", **{**arrays, "audio_filenames": arrays["audio_filenames"][:3]})
    expected = {
        "noise": "no file of time warps",
        "other": "lacks y_knots",
        "falling": "do not rise",
        "missing": "no file",
        "fewer": "12 warps of 3 recordings",
    }
    for name, message in expected.items():
        with pytest.raises(SubsongError, match=message):
            build(audio_dir, load_warp=True, warp_fn=tmp_path / f"{name}.npz")
    other = write_motifs(tmp_path / "other", range(NUM, NUM + 1))
    with pytest.raises(SubsongError, match=r"has no warp of .*motif12\.wav \(1 of 1"):
        build(other, load_warp=True, warp_fn=fitted.warp_fn)
    with pytest.raises(SubsongError, match="warp_fn is not"):
        build(audio_dir, load_warp=True)


def test_arguments_that_cannot_be_used_are_named(audio_dir: Path, tmp_path: Path) -> None:
    for settings, message in (
        ({"warp_type": "spectogram"}, "spectrogram"),
        ({"warp_params": {"knots": 1}}, "n_knots"),
        ({"p": {**WARPED, "window_length": 2.0}, "warp_type": "null"}, "none of 12 renditions holds a window of 2 s"),
        ({"start_q": 0.5, "stop_q": 0.55, "warp_type": "null"}, r"start_q=0\.5"),
    ):
        with pytest.raises(SubsongError, match=message):
            build(audio_dir, **settings)
    with pytest.raises(SubsongError, match=r"no rendition 'motif99\.wav'"):
        build(audio_dir, warp_type="null").get_specific_item("motif99.wav", 0.5)
    with pytest.raises(SubsongError, match="expected a list of folders"):
        get_warped_window_data_loaders(str(audio_dir), WARPED)


def test_files_of_warped_windows_are_read_as_files_of_syllables(warped: WarpedWindowDataset, tmp_path: Path) -> None:
    warped.write_hdf5_files(tmp_path / "specs", num_files=2, sylls_per_file=5)
    paths = sorted((tmp_path / "specs").iterdir())
    assert [path.name for path in paths] == ["sylls_0000.hdf5", "sylls_0001.hdf5"]
    written = torch.stack(SyllableDataset(paths)[range(5, 10)])
    torch.testing.assert_close(written, torch.stack(warped.__getitem__(range(5), seed=1)), rtol=0, atol=0)
    content = read_specs(paths[0])
    assert set(content.audio_filenames) <= set(warped.audio_filenames)
    assert (np.asarray(content.offsets) - np.asarray(content.onsets) > 0.06).all()
