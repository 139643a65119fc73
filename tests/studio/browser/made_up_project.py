"""A small made-up project for the browser: what is annotated, what is proposed, two channels, and ultrasound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from subsong.projects.project import PROJECT_FILE, Project, open_project
from subsong.sources.annotations.own_csv import write_own_csv
from subsong.sources.annotations.table import ANNOTATION_SCHEMA, build_annotations
from subsong.sources.audio.write import write_audio
from subsong.synthesis.song.files import write_songs
from subsong.synthesis.song.options import SongOptions

ANNOTATED = "bird1/day01/bird1_day01_song001.wav"
PROPOSED = "bird1/day01/bird1_day01_song002.wav"
UNTOUCHED = "bird2/day01/bird2_day01_song001.wav"
TWO_CHANNELS = "bird2/pair.wav"
ULTRASOUND = "bird2/squeak.wav"


def write_project(folder: Path) -> Project:
    """Write recordings of two birds: one is annotated, one has proposals, the others nothing.

    The folder can be copied: its project file names the recordings from where it lies.
    """
    songs = folder / "songs"
    truth = write_songs(songs, SongOptions(num_days=1, num_songs=2), seed=5).syllables
    (songs / "bird2/day01/bird2_day01_song002.wav").unlink()
    for name in ("segments.csv", "files.csv", "syllables.parquet", "renditions.parquet", "options.json"):
        (songs / name).unlink()
    write_audio(songs / TWO_CHANNELS, _draw_tones(32_000, (3000, 5000)), 32_000)
    write_audio(songs / ULTRASOUND, _draw_tones(250_000, (60_000,)), 250_000)
    file = folder / "project" / PROJECT_FILE
    file.parent.mkdir()
    file.write_text("name: songs\nrecordings: ../songs\n", encoding="utf-8")
    project = open_project(file)
    _write_table(project.annotations_dir, truth, ANNOTATED, None)
    _write_table(project.proposals_dir, truth, PROPOSED, 0.7)
    return project


def _draw_tones(sample_rate_hz: int, tones_hz: tuple[int, ...]) -> np.ndarray:
    """Return two seconds with a short tone in each channel, one after the other, in faint noise."""
    time_T = np.arange(2 * sample_rate_hz) / sample_rate_hz
    samples_CT = 1e-3 * np.random.default_rng(0).standard_normal((len(tones_hz), len(time_T)))
    for channel, tone_hz in enumerate(tones_hz):
        here_T = (time_T > 0.5 + 0.5 * channel) & (time_T < 0.7 + 0.5 * channel)
        samples_CT[channel] += 0.3 * here_T * np.sin(2 * np.pi * tone_hz * time_T)
    return samples_CT.astype(np.float32)


def _write_table(folder: Path, truth: pl.DataFrame, recording: str, score: float | None) -> None:
    rows = truth.filter(pl.col("recording") == recording)
    columns = {name: rows[name].to_list() for name in ("recording", "onset_s", "offset_s", "label")}
    table = build_annotations(**columns, score=score).select(*ANNOTATION_SCHEMA)
    path = folder / f"{recording}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_own_csv(path, table, {})
