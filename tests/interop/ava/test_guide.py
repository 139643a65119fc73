"""Guide 000's parts on syllables, with nothing changed but the imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.interop.ava.data.data_container import DataContainer
from subsong.interop.ava.preprocessing.preprocess import process_sylls
from subsong.sources.annotations.read import read_annotations

from .test_preprocessing import PARAMETERS

LOADERS = """
from ava.models.vae_dataset import get_syllable_partition
partition = get_syllable_partition(spec_dirs, split)

# Make Dataloaders.
from ava.models.vae_dataset import get_syllable_data_loaders
loaders = get_syllable_data_loaders(partition)
"""
TRAIN = """
# Construct network.
from ava.models.vae import VAE
save_dir = 'model/parameters/should/be/saved/here/'
model = VAE(save_dir=save_dir)

# Train.
model.train_loop(loaders, epochs=101)
"""
CONTINUE = """
# Make an untrained model.
model = VAE(save_dir=save_dir)

# Load saved state.
model_checkpoint = 'path/to/checkpoint_100.tar'
model.load_state(model_checkpoint)

# Train another few epochs.
model.train_loop(loaders, epochs=51)
"""
SHARPEN = "model = VAE(model_precision=20.0) # default is 10.0"


def run(program: str, names: dict[str, Any], **shorter: str) -> None:
    """Run a part of the guide; `shorter` are the numbers of epochs a test has time for, and paths."""
    program = program.replace("from ava.", "from subsong.interop.ava.")
    for old, new in {"epochs=101": "epochs=2", "epochs=51": "epochs=1", **shorter}.items():
        program = program.replace(old, new)
    exec(compile(program, "guide", "exec"), names)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    return tmp_path


def test_the_guide_trains_continues_and_sharpens(in_folder: Path, spec_dirs: list[str]) -> None:
    names: dict[str, Any] = {"spec_dirs": spec_dirs, "split": 0.8}
    run(LOADERS + TRAIN, names)
    saved = in_folder / "model" / "parameters" / "should" / "be" / "saved" / "here"
    assert (saved / "reconstruction.pdf").is_file()
    run(CONTINUE, names, **{"path/to/checkpoint_100.tar": str(saved / "checkpoint_001.tar")})
    assert names["model"].epoch == 3
    assert (saved / "checkpoint_002.tar").is_file()
    run(SHARPEN, names)
    assert names["model"].model_precision == 20.0


@pytest.mark.slow
def test_the_guide_on_real_song_gives_latents_that_know_the_syllables(in_folder: Path, real_data: Path) -> None:
    """Recordings of a Bengalese finch -> spectrograms -> VAE -> latents, whose neighbours share their label."""
    folder, labels = prepare_finch(real_data, in_folder)
    names: dict[str, Any] = {"spec_dirs": [str(folder)], "split": 0.8}
    run(LOADERS + TRAIN, names, **{"epochs=101": "epochs=6"})
    assert names["model"].loss["test"][4] < names["model"].loss["test"][0]
    checkpoint = Path(names["save_dir"]) / "checkpoint_005.tar"
    container = DataContainer(spec_dirs=[folder], projection_dirs=["projs"], model_filename=checkpoint)
    latent_NL = container.request("latent_means")
    distance_NN = np.linalg.norm(latent_NL[:, None] - latent_NL[None], axis=2)
    np.fill_diagonal(distance_NN, np.inf)
    agreement = np.mean(labels[distance_NN.argmin(axis=1)] == labels)
    chance = max(np.mean(labels == label) for label in np.unique(labels))
    assert agreement > chance + 0.4


def prepare_finch(real_data: Path, target: Path) -> tuple[Path, np.ndarray]:
    """Return a folder of AVA's files with some hundred syllables of one bird, and the label of each."""
    session = real_data / "bengalese_finch_sober" / "gy6or6" / "032312"
    segment_dir, labels = target / "segs", []
    segment_dir.mkdir()
    for path in sorted(session.glob("*.flac"))[:5]:
        rows = read_annotations(path.with_suffix(".not.mat"))
        np.savetxt(segment_dir / f"{path.stem}.txt", rows.select("onset_s", "offset_s").to_numpy(), fmt="%.5f")
        labels += rows["label"].to_list()
    process_sylls(session, segment_dir, target / "specs", {**PARAMETERS, "sylls_per_file": 20}, shuffle=False)
    return target / "specs", np.array(labels)
