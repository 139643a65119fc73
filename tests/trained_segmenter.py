"""A tiny segmenter trained on made-up song, shared by all tests that use one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from subsong.datasets.song.building import build_song
from subsong.recipes import run as recipes
from subsong.synthesis.song import SongOptions, write_songs

TINY: dict[str, Any] = {
    "data.chunk_s": 0.6,
    "data.num_chunks": 64,
    "model.frontend": {"kind": "frequency", "channels": [8, 16], "strides": [4, 2], "feature_dim": 24},
    "model.tcn": {"channels": 24, "dilations": [1, 2, 4, 8], "num_stacks": 1},
    "optimizer.learning_rate": 0.01,
    "training.num_epochs": 4,
    "training.batch_size": 8,
    "training.figure_epochs": 4,
    "training.device": "cpu",
}


class TrainedRun(NamedTuple):
    """Made-up recordings with annotations, the store of them, and a run on it."""

    songs: Path
    store: Path
    run: Path


def train_tiny(folder: Path) -> TrainedRun:
    """Write songs into a folder, and train on them for two seconds."""
    options = SongOptions(num_birds=1, num_days=1, num_songs=8, num_motifs=(2, 2), num_types=4, motif_length=3)
    write_songs(folder / "songs", options, seed=2)
    store = build_song(folder / "songs", folder / "song").path
    run = recipes.train("song-segmenter", overrides={**TINY, "data.path": str(store)}, root=folder / "runs").path
    return TrainedRun(folder / "songs", store, run)
