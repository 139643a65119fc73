"""One fold: recordings are prepared, a network is trained, other recordings are annotated."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from benchmarks.segmenting.sets import DATA, Fold, SongSet
from subsong.core.seeds import numpy_generator
from subsong.inference.load import load_model
from subsong.inference.segmenter import TrainedSegmenter
from subsong.recipes import run as recipes
from subsong.recipes.preparing_song import prepare_song
from subsong.sources.annotations import write_annotations
from subsong.sources.audio import read_audio
from subsong.sources.audio.write import write_audio

CLEAN = "clean"


class Trained(NamedTuple):
    """A trained network and the seconds its training took."""

    model: TrainedSegmenter
    train_s: float


def train_fold(song_set: SongSet, names: Sequence[str], folder: Path, overrides: dict[str, Any]) -> Trained:
    """Train on the recordings `names` of a set, in `folder`."""
    _lay_out(song_set, names, folder / "songs")
    with contextlib.redirect_stderr(io.StringIO()):
        reading = {"fractions.train": 0.85, "fractions.validation": 0.15, **song_set.prepare}
        prepare_song(folder / "songs", folder / "song", {**reading, "within": _mark(song_set, names, folder)})
        settings = {"training.figure_epochs": None, **song_set.train, **overrides}
        start_s = time.perf_counter()
        run = recipes.train("song-segmenter", folder / "song", settings, root=folder / "runs")
    model = load_model(run.path)
    assert isinstance(model, TrainedSegmenter)
    return Trained(model, time.perf_counter() - start_s)


def _mark(song_set: SongSet, names: Sequence[str], folder: Path) -> list[str]:
    """Return what says where annotations are complete: labels, and a file of marks."""
    marks, labels = song_set.list_complete(names), set(song_set.read_segments().filter(of_recordings(names))["label"])
    within = [label for label in song_set.within if label in labels]
    if marks is not None and marks.height:
        write_annotations(folder / "complete.csv", marks)
        within.append(str(folder / "complete.csv"))
    return within


def of_recordings(names: Sequence[str]) -> pl.Expr:
    """Return what is true of the rows of these recordings."""
    return pl.col("recording").is_in(list(names))


def _lay_out(song_set: SongSet, names: Sequence[str], folder: Path) -> None:
    """Lay recordings, their annotations and what is known of them into a folder, as a user has them."""
    source = DATA / song_set.folder
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to((source / name).resolve())
    segments, files = song_set.read_segments().rename({"recording": "audio_file"}), song_set.read_files()
    segments.filter(pl.col("audio_file").is_in(list(names))).write_csv(folder / "segments.csv")
    files.filter(pl.col("audio_file").is_in(list(names))).write_csv(folder / "files.csv")


def annotate(
    model: TrainedSegmenter, song_set: SongSet, fold: Fold, noise_db: float | None, scratch: Path
) -> pl.DataFrame:
    """Return what is found in the recordings to score, with noise of this level below the song, or none."""
    tables = []
    for name in dict.fromkeys(name for names in fold.tests.values() for name in names):
        path = DATA / song_set.folder / name
        tables.append(model.annotate(path if noise_db is None else _add_noise(song_set, name, noise_db, scratch), name))
    return pl.concat(tables)


def _add_noise(song_set: SongSet, name: str, noise_db: float, scratch: Path) -> Path:
    """Write a recording with white noise that is `noise_db` below the mean power of its annotated sounds."""
    sound = read_audio(DATA / song_set.folder / name)
    samples_S, rate = sound.samples, sound.sample_rate_hz
    rows = song_set.read_segments().filter(pl.col("recording") == name)
    if song_set.labels is not None:
        rows = rows.filter(pl.col("label").is_in(list(song_set.labels)))
    sum_squares, num = 0.0, 0
    for onset_s, offset_s in rows.select("onset_s", "offset_s").iter_rows():
        # A pulse has no duration: 10 ms around it are its sound.
        beside_s = 0.005 if onset_s == offset_s else 0.0
        part = samples_S[max(0, int((onset_s - beside_s) * rate)) : int((offset_s + beside_s) * rate) + 1]
        sum_squares, num = sum_squares + float((part.astype("float64") ** 2).sum()), num + len(part)
    level = (sum_squares / max(num, 1)) ** 0.5 * 10 ** (-noise_db / 20)
    noise_S = numpy_generator(0, "noise", name).standard_normal(len(samples_S))
    path = scratch / f"{Path(name).stem}.wav"
    write_audio(path, (samples_S + level * noise_S).astype("float32"), rate, "float32")
    return path
