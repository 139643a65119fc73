"""Whole colonies of made-up song: one recording after the other, or a folder of files with their truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.files import atomic_folder, disk_errors, write_json
from subsong.sources.audio.write import write_audio
from subsong.synthesis.song.birds import make_bird
from subsong.synthesis.song.make import Song, make_song
from subsong.synthesis.song.options import SongOptions


class WrittenSongs(NamedTuple):
    """What a folder of made-up song holds.

    Attributes
    ----------
    files
        One row a recording: audio_file, individual, session, context (directed or undirected), n_samples,
        sample_rate, duration_s, n_units.
    syllables, renditions
        The truth of all recordings; see `Song`.
    """

    files: pl.DataFrame
    syllables: pl.DataFrame
    renditions: pl.DataFrame


def make_songs(options: SongOptions | None = None, seed: int = 0) -> Iterator[Song]:
    """Make the songs of a colony, bird by bird and day by day.

    Parameters
    ----------
    options
        None takes the usual ones.
    seed
        Equal seeds and options give equal songs; more birds, days or songs leave those that were there as they are.
    """
    options = options or SongOptions()
    for number in range(1, options.num_birds + 1):
        bird = make_bird(seed, number, options)
        for day in range(1, options.num_days + 1):
            for song in range(1, options.num_songs + 1):
                yield make_song(bird, day, song, options)


def write_songs(folder: str | Path, options: SongOptions | None = None, seed: int = 0) -> WrittenSongs:
    """Write the songs of a colony as wav files with annotations and truth; the folder appears whole or not at all.

    Parameters
    ----------
    folder
        Is replaced when it exists. Holds ``bird1/day01/bird1_day01_song001.wav`` ... (16 bit), ``segments.csv``
        (audio_file, onset_s, offset_s, label), ``files.csv``, and the truth: ``syllables.parquet``,
        ``renditions.parquet`` and ``options.json``.
    options, seed
        As for `make_songs`.

    Raises
    ------
    SubsongError
        When the folder cannot be written.

    Notes
    -----
    Labels are a bird's own: ``a`` of one bird is another sound than ``a`` of the next.
    """
    options = options or SongOptions()
    with atomic_folder(Path(folder)) as partial:
        described = [
            (_write_song(partial, song), song.syllables, song.renditions) for song in make_songs(options, seed)
        ]
        files, syllables, renditions = (pl.concat(tables) for tables in zip(*described, strict=True))
        segments = syllables.select(pl.col("recording").alias("audio_file"), "onset_s", "offset_s", "label")
        with disk_errors(partial):
            segments.write_csv(partial / "segments.csv")
            files.write_csv(partial / "files.csv")
            syllables.write_parquet(partial / "syllables.parquet")
            renditions.write_parquet(partial / "renditions.parquet")
        write_json(partial / "options.json", {"seed": seed, **options.model_dump(mode="json")})
    return WrittenSongs(files, syllables, renditions)


def _write_song(folder: Path, song: Song) -> pl.DataFrame:
    """Write the sound of a song, and return its row of the table of files."""
    first = song.syllables.row(0, named=True)
    write_audio(folder / first["recording"], song.samples, song.sample_rate_hz)
    return pl.DataFrame(
        {
            "audio_file": [first["recording"]],
            "individual": [first["individual"]],
            "session": [f"day{first['day']:02d}"],
            "context": [first["context"]],
            "n_samples": [len(song.samples)],
            "sample_rate": [song.sample_rate_hz],
            "duration_s": [len(song.samples) / song.sample_rate_hz],
            "n_units": [song.syllables.height],
        }
    )
