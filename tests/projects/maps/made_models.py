"""Tiny models with random weights, and data for each: what is mapped in the tests of maps."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from tests.posed_pictures import SIDE, TINY, build_tiny

from subsong.datasets.poses.config import PoseDataConfig, build_pose_splits
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.reading import SyllableReading
from subsong.inference.pose_description import describe_poses
from subsong.models.checklist_vae import ChecklistVaeConfig
from subsong.models.mlp import MlpConfig
from subsong.models.portable import ModelDescription, write_model
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.models.vae import VaeConfig
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.synthesis.figures import FigureOptions, write_figures
from subsong.synthesis.pictures import make_pictures

SIZE = 16
_NETWORK = {"kind": "residual", "channels": [4, 8], "num_blocks": [0, 1], "feature_dim": 16}


class Made(NamedTuple):
    """Folders of a model and of data for it."""

    model: Path
    data: Path


def make_syllables(songs: Path, folder: Path) -> Made:
    """Write a store of the syllables of annotated songs, and a model of such."""
    spectrogram = {"num_freq_bins": SIZE, "num_time_bins": SIZE, "high_hz": 7000, "log_low": 2.0, "log_high": 8.0}
    reading = SyllableReading.model_validate({"spectrogram": spectrogram, "features": False})
    build_syllables(songs, folder / "syllables", reading, WritingOptions(num_workers=1))
    config = SyllableVaeConfig.model_validate({"architecture": _NETWORK, "latent_dim": 4})
    torch.manual_seed(0)
    preprocessing = {
        "kind": "syllables",
        "item_shape": [SIZE, SIZE],
        "value_range": [0.0, 1.0],
        "reading": reading.model_dump(mode="json"),
    }
    description = ModelDescription("syllable-vae", config.model_dump(mode="json"), preprocessing)
    write_model(folder / "model", config.build((SIZE, SIZE)), description)
    return Made(folder / "model", folder / "syllables")


def make_lists(folder: Path) -> Made:
    """Write a table of checklists, and a model that knows their species."""
    options = ChecklistWorldOptions(num_lists=40, num_species=12, num_localities=10)
    lists = make_checklists(options, seed=2).checklists
    config = ChecklistVaeConfig(latent_dim=3)
    preprocessing = {
        "item_shape": [12],
        "value_range": [0, 1],
        "species_names": lists.species["name"].to_list(),
        "reading": {},
        "covariates": [],
    }
    keys = lists.species["key"].to_list()
    torch.manual_seed(0)
    write_model(
        folder / "model",
        config.build((12,)),
        ModelDescription("checklist-vae", config.model_dump(mode="json"), preprocessing, keys),
    )
    rows = [",".join(["list", *keys])]
    rows += [
        ",".join([f"L{row}", *(str(int(lists.counts[row, column] != 0)) for column in range(12))]) for row in range(40)
    ]
    (folder / "lists.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Made(folder / "model", folder / "lists.csv")


def make_digits(folder: Path, num_pictures: int = 12) -> Made:
    """Write grey pictures, and a model of such."""
    images = make_pictures(num_pictures, size=8).images
    (folder / "pictures").mkdir(parents=True)
    for number, image_CHW in enumerate(images):
        Image.fromarray(image_CHW[0]).save(folder / "pictures" / f"{number:02d}.png")
    config = VaeConfig(latent_dim=3, network=MlpConfig(hidden=(8,)))
    preprocessing = {"item_shape": [1, 8, 8], "value_range": [0.0, 1.0]}
    torch.manual_seed(0)
    description = ModelDescription("digits-vae", config.model_dump(mode="json"), preprocessing)
    write_model(folder / "model", config.build((1, 8, 8)), description)
    return Made(folder / "model", folder / "pictures")


def make_poses(folder: Path) -> Made:
    """Write posed figures, and a model of such."""
    data = folder / "figures.npz"
    write_figures(data, FigureOptions(num_figures=4, num_poses=3, size=(SIDE, SIDE)), seed=1)
    config = PoseDataConfig(path=data, split_by="picture", on_single="self")
    preprocessing = describe_poses(config, build_pose_splits(config, 0).train)
    description = ModelDescription("pose-vunet", TINY.model_dump(mode="json"), preprocessing)
    write_model(folder / "model", build_tiny().module, description)
    return Made(folder / "model", data)
