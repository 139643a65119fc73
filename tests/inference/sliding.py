"""Made-up songs, a tiny model of windows, and a store of its motifs, for the tests of latent sequences."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl
import torch

from subsong.datasets.motifs.building import build_motifs
from subsong.datasets.motifs.reading import MotifReading
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.reading import WindowReading
from subsong.models.portable import ModelDescription, write_model
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.synthesis.song import SongOptions, write_songs

SIZE, LATENT_DIM, WINDOW_S, MARGIN_S = 16, 4, 0.08, 0.08
_NETWORK = {"kind": "residual", "channels": [4, 8], "num_blocks": [0, 1], "feature_dim": 16}
_SPECTROGRAM = {
    "num_freq_bins": SIZE,
    "num_time_bins": SIZE,
    "max_duration_s": WINDOW_S,
    "log_low": 2.0,
    "log_high": 8.0,
}


class Colony(NamedTuple):
    """Paths of songs, of a store of their phrases, of one of their motifs, and of a model folder."""

    songs: Path
    windows: Path
    motifs: Path
    model: Path


def make_colony(folder: Path, num_songs: int = 4) -> Colony:
    """Write songs of one bird, half of them directed, their stores, and a model with random weights."""
    options = SongOptions(
        num_birds=1,
        num_days=1,
        num_songs=num_songs,
        num_motifs=(2, 2),
        motif_fidelity=1.0,
        directed_share=0.5,
        reverberation_s=0.0,
    )
    songs = folder / "songs"
    written = write_songs(songs, options, seed=3)
    contexts = written.syllables.group_by("recording", maintain_order=True).agg(pl.col("context").first())
    written.files.join(contexts, left_on="audio_file", right_on="recording").write_csv(songs / "files.csv")
    reading = read_windows_as()
    build_windows(songs, folder / "windows", reading, WritingOptions(num_workers=1))
    common = {name: getattr(reading, name) for name in ("spectrogram", "stored_as")}
    motif = written.renditions.filter(pl.col("phrase") == "motif")["labels"][0]
    of_motifs = MotifReading.model_validate({**common, "motif": motif, "margin_s": MARGIN_S})
    build_motifs(songs, folder / "motifs", of_motifs, WritingOptions(num_workers=1))
    write_tiny_model(folder / "model", reading)
    return Colony(songs, folder / "windows", folder / "motifs", folder / "model")


def read_windows_as() -> WindowReading:
    return WindowReading.model_validate({"spectrogram": _SPECTROGRAM, "merge_gap_s": 0.05, "stored_as": "float32"})


def write_tiny_model(path: Path, reading: WindowReading) -> None:
    config = SyllableVaeConfig.model_validate({"architecture": _NETWORK, "latent_dim": LATENT_DIM})
    torch.manual_seed(0)
    module = config.build((SIZE, SIZE)).eval()
    preprocessing = {
        "kind": "windows",
        "item_shape": [SIZE, SIZE],
        "value_range": (0.0, 1.0),
        "window_s": WINDOW_S,
        "reading": reading.model_dump(mode="json"),
    }
    write_model(path, module, ModelDescription("shotgun-vae", config.model_dump(mode="json"), preprocessing))
