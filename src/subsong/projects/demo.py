"""A project to try everything on: two synthetic birds sing for ten minutes, and a part of it is annotated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.core.yaml_files import dump_yaml
from subsong.projects.project import PROJECT_FILE, Project, open_project
from subsong.synthesis.aviary import RECORDINGS_NAME, SEGMENTS_NAME, TRUTH_NAME, Aviary, write_aviary
from subsong.synthesis.song.options import SongOptions

DEMO_SONGS = SongOptions(
    num_birds=2, num_days=3, num_songs=20, num_motifs=(4, 8), motif_fidelity=0.7, snr_db=25.0, day_drift=0.01
)
NUM_ANNOTATED = 2
"""Recordings of each bird and day that are annotated."""
_SEED = 8
# Small enough for two processors and a few minutes; the settings of real projects are in the recipes.
_SETTINGS: dict[str, Any] = {
    "name": "demo",
    "recordings": RECORDINGS_NAME,
    "truth": f"{TRUTH_NAME}/{SEGMENTS_NAME}",
    "device": "cpu",
    "segmenter": {
        "recipe": "song-segmenter",
        "settings": {"training.num_epochs": 8, "training.figure_epochs": None, "results_at_end": False},
    },
    "map": {
        "recipe": "syllable-vae",
        "data": {"spectrogram.num_freq_bins": 64, "spectrogram.num_time_bins": 64},
        "settings": {
            "training.num_epochs": 5,
            "training.figure_epochs": None,
            "evaluation.num_importance_samples": 0,
        },
    },
}


def is_demo(folder: Path) -> bool:
    """Whether the demo's project lies in a folder."""
    return (folder / PROJECT_FILE).is_file()


def make_demo(folder: str | Path, songs: SongOptions | None = None) -> tuple[Project, Aviary | None]:
    """Make the demo's project, or open the one that is there.

    Parameters
    ----------
    folder
        Where it is made: ``recordings/`` with the annotations of a few, ``truth/`` and ``project.yaml``.
    songs
        What is sung; None: ten minutes, by `DEMO_SONGS`.

    Returns
    -------
    The project, and what was recorded for it; None where it was there already.

    Raises
    ------
    SubsongError
        When the folder holds something else, or cannot be written.
    """
    folder = Path(folder).expanduser()
    if is_demo(folder):
        return open_project(folder), None
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise SubsongError(f"{folder} holds something else than the demo: choose another folder with --root")
    aviary = write_aviary(folder, songs or DEMO_SONGS, NUM_ANNOTATED, _SEED)
    with atomic_file(folder / PROJECT_FILE, "w") as file:
        file.write("# The project of subsong demo. Every key: subsong config schema project\n")
        file.write(dump_yaml(_SETTINGS))
    return open_project(folder), aviary
