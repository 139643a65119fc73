"""A small made-up project: two birds, three short recordings each, the first of each annotated."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.projects.project import Project, open_project
from subsong.synthesis.song import SongOptions, write_songs

OPTIONS = SongOptions(num_days=1, num_songs=3, num_motifs=(1, 1), num_types=4, motif_length=3, sample_rate_hz=16000)


def make_project(folder: Path, annotated: int = 1, **more: str) -> Project:
    """Write recordings, annotations of the first ones of each bird, all truth, and the project file."""
    recordings = folder / "recordings"
    write_songs(recordings, OPTIONS, seed=3)
    truth = pl.read_csv(recordings / "segments.csv")
    (folder / "truth").mkdir()
    truth.write_csv(folder / "truth" / "segments.csv")
    first = truth.filter(pl.col("audio_file").str.contains("|".join(f"song00{n + 1}" for n in range(annotated))))
    first.write_csv(recordings / "segments.csv")
    lines = {"recordings": "recordings", "truth": "truth/segments.csv", **more}
    (folder / "project.yaml").write_text("".join(f"{key}: {value}\n" for key, value in lines.items()), "utf-8")
    return open_project(folder)
