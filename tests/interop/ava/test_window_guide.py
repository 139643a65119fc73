"""Guide 000's shotgun part, with nothing changed but the imports; and the part that it leaves to be written."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.interop.ava.data.data_container import DataContainer
from subsong.interop.ava.models import warped_windows, window_vae_dataset
from subsong.interop.ava.models.vae import VAE
from subsong.sources.annotations.read import read_annotations

from .motifs import write_motifs
from .songs import FINCH, write_roi, write_songs
from .test_guide import run

SHOTGUN = """
# Make a Dataloader.
from ava.models.window_vae_dataset import get_window_partition, \\
		get_fixed_window_data_loaders
split = 0.8 # 80/20 train/test split
partition = get_window_partition(audio_dirs, roi_dirs, split)
loaders = get_fixed_window_data_loaders(partition, params)
"""
TRAIN = """
# Train.
from ava.models.vae import VAE
save_dir = 'model/parameters/should/be/saved/here/'
model = VAE(save_dir=save_dir)
model.train_loop(loaders, epochs=101)
"""
WARPED = """
from ava.models.window_vae_dataset import get_warped_window_data_loaders
loaders = get_warped_window_data_loaders(audio_dirs, params, warp_fn='warp.npz')
"""


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    return tmp_path


def shorten_epochs(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Let an epoch have 32 windows, not 2048: the guide's loaders do not say how many."""
    monkeypatch.setattr(module, name, functools.partial(getattr(module, name), dataset_length=32))


def test_the_guide_trains_on_windows(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_epochs(monkeypatch, window_vae_dataset, "FixedWindowDataset")
    audio_dir, roi_dir = write_songs(in_folder)
    losses = []
    for _ in range(2):
        torch.manual_seed(0)
        names: dict[str, Any] = {"params": FINCH, "audio_dirs": [str(audio_dir)], "roi_dirs": [str(roi_dir)]}
        run(SHOTGUN + TRAIN, names)
        losses.append(names["model"].loss)
    assert losses[0] == losses[1]
    assert set(losses[0]["train"]) == {0, 1}
    assert set(losses[0]["test"]) == {0}
    saved = in_folder / "model" / "parameters" / "should" / "be" / "saved" / "here"
    assert {path.name for path in saved.iterdir()} == {"reconstruction.pdf", "checkpoint_001.tar"}


def test_each_epoch_trains_on_windows_of_its_own(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_epochs(monkeypatch, window_vae_dataset, "FixedWindowDataset")
    audio_dir, roi_dir = write_songs(in_folder)
    names: dict[str, Any] = {"params": FINCH, "audio_dirs": [str(audio_dir)], "roi_dirs": [str(roi_dir)]}
    run(SHOTGUN, names)
    started: list[int] = []
    dataset = names["loaders"]["train"].dataset
    start_epoch = dataset.start_epoch
    monkeypatch.setattr(dataset, "start_epoch", lambda epoch: (started.append(epoch), start_epoch(epoch)))
    run(TRAIN, names, **{"epochs=101": "epochs=2, test_freq=None, save_freq=None, vis_freq=None"})
    run("model.train_loop(loaders, epochs=1, test_freq=None, save_freq=None, vis_freq=None)", names)
    assert started == [0, 1, 2]


def test_warped_windows_train_the_same_way(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_epochs(monkeypatch, warped_windows, "WarpedWindowDataset")
    audio_dir = write_motifs(in_folder / "motifs", range(6))
    names: dict[str, Any] = {"params": {**FINCH, "window_length": 0.08}, "audio_dirs": [str(audio_dir)]}
    run(WARPED + TRAIN, names, **{"epochs=101": "epochs=1, save_freq=None"})
    assert np.isfinite(names["model"].loss["test"][0])
    paths = [str(path) for path in audio_dir.iterdir()]
    again = warped_windows.WarpedWindowDataset(paths, names["params"], load_warp=True, warp_fn="warp.npz")
    np.testing.assert_array_equal(again.x_knots, names["loaders"]["train"].dataset.x_knots)


@pytest.mark.slow
def test_the_guide_on_whole_songs_of_a_bengalese_finch(in_folder: Path, real_data: Path) -> None:
    """Whole songs -> windows -> VAE -> latents of written windows, whose neighbours come from the same syllables."""
    session = real_data / "bengalese_finch_sober" / "gy6or6" / "032312"
    audio_dir, roi_dir = in_folder / "audio", in_folder / "rois"
    audio_dir.mkdir()
    labels: dict[str, Any] = {}
    for path in sorted(session.glob("*.flac"))[:6]:
        (audio_dir / path.name).symlink_to(path)
        rows = read_annotations(path.with_suffix(".not.mat"))
        write_roi(roi_dir / f"{path.stem}.txt", [(rows["onset_s"].min(), rows["offset_s"].max())])
        labels[path.name] = rows
    names: dict[str, Any] = {"params": FINCH, "audio_dirs": [str(audio_dir)], "roi_dirs": [str(roi_dir)]}
    run(SHOTGUN + TRAIN, names, **{"epochs=101": "epochs=5"})
    test_losses = names["model"].loss["test"]
    assert test_losses[4] < test_losses[2] < test_losses[0]
    dataset = names["loaders"]["test"].dataset
    dataset.write_hdf5_files(in_folder / "specs", num_files=5, sylls_per_file=100)
    checkpoint = Path(names["save_dir"]) / "checkpoint_004.tar"
    container = DataContainer(spec_dirs=["specs"], projection_dirs=["projs"], model_filename=checkpoint)
    latent_NL, names_N = container.request("latent_means"), container.request("audio_filenames")
    middle_N = (container.request("onsets") + container.request("offsets")) / 2
    found = [find_label(labels[Path(name).name], middle) for name, middle in zip(names_N, middle_N, strict=True)]
    label_N = np.array(found)
    distance_NN = np.linalg.norm(latent_NL[:, None] - latent_NL[None], axis=2)
    np.fill_diagonal(distance_NN, np.inf)
    agreement = np.mean(label_N[distance_NN.argmin(axis=1)] == label_N)
    chance = max(np.mean(label_N == label) for label in np.unique(label_N))
    assert agreement > chance + 0.3


def find_label(rows: Any, time_s: float) -> str:
    """Return what is sung at a moment; a gap counts as the syllable before it."""
    return str(rows["label"].to_list()[max(0, int(rows["onset_s"].search_sorted(time_s)) - 1)])


def test_the_model_reads_whole_batches(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_epochs(monkeypatch, window_vae_dataset, "FixedWindowDataset")
    audio_dir, roi_dir = write_songs(in_folder)
    names: dict[str, Any] = {"params": FINCH, "audio_dirs": [str(audio_dir)], "roi_dirs": [str(roi_dir)]}
    run(SHOTGUN, names)
    dataset = names["loaders"]["test"].dataset
    monkeypatch.setattr(type(dataset), "__getitem__", None)
    latent = VAE(device_name="cpu").get_latent(names["loaders"]["test"])
    assert latent.shape == (32, 32)
