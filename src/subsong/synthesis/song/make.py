"""One recording of song, put together, with the truth about it.

Legend: T = samples, N = syllables of a phrase.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.sources.annotations.table import build_annotations
from subsong.synthesis.song.birds import Bird, draw_motif
from subsong.synthesis.song.options import SongOptions
from subsong.synthesis.song.surroundings import add_echo, make_noise
from subsong.synthesis.song.syllables import Variation, render_syllable
from subsong.synthesis.song.warps import Warp, draw_warp

_PITCH_SPREAD, _GAIN_SPREAD_DB = 0.01, 1.0
_PAUSE_S = (0.06, 0.14)
_INTRODUCTIONS = (1, 4)
_DIRECTED_VARIABILITY = 0.5


class Song(NamedTuple):
    """One recording.

    Attributes
    ----------
    samples
        In units of full scale, float32, shape (T,).
    sample_rate_hz
        Samples a second.
    annotations
        One row a syllable, in the schema of all annotations; exact to the sample.
    syllables
        The same rows with the truth: ``kind``, ``individual``, ``day``, ``song``, ``context`` (directed or
        undirected), ``rendition`` (which phrase of the song), ``phrase`` (introduction, motif or variant),
        ``position`` within it, ``pitch_factor`` and ``gain_db`` relative to the type.
    renditions
        One row a phrase: ``labels`` in order, onset and offset, ``start_s`` (where it would begin without its shift),
        and the knots of its warp, ``template_s`` and ``recording_s`` (lists of seconds; the first counts from the
        start of the template).
    """

    samples: np.ndarray
    sample_rate_hz: int
    annotations: pl.DataFrame
    syllables: pl.DataFrame
    renditions: pl.DataFrame


class _Phrase(NamedTuple):
    """What is sung in one go: its name, the types in order, and its place in time."""

    name: str
    types: tuple[int, ...]
    onset_N: np.ndarray
    offset_N: np.ndarray
    start_s: float
    warp: Warp


def make_song(bird: Bird, day: int = 1, number: int = 1, options: SongOptions | None = None) -> Song:
    """Let a bird sing.

    Parameters
    ----------
    bird
        Who sings, made with the same `options`.
    day, number
        Which song, both from 1. Equal birds, days, numbers and options give equal songs, whatever was sung before.
    options
        None takes the usual ones.

    Raises
    ------
    SubsongError
        When day or number is below 1.
    """
    if day < 1 or number < 1:
        raise SubsongError(f"days and songs are numbered from 1: there is no song {number} of day {day}")
    options = options or SongOptions()
    rng = numpy_generator(bird.seed, "song", bird.name, day, number)
    is_directed = bool(rng.random() < options.directed_share)
    variability = _DIRECTED_VARIABILITY if is_directed else 1.0
    phrases = _place_phrases(bird, options, variability, rng)
    rows = _describe_syllables(bird, phrases, day, options, variability, rng)
    end_s = max(phrases[-1].warp.recording_s[-1], rows["offset_s"][-1]) + options.margin_s
    samples_T = _render(bird, phrases, rows, round(end_s * options.rate_hz), options, rng)
    whose = {
        "recording": f"{bird.name}/day{day:02d}/{bird.name}_day{day:02d}_song{number:03d}.wav",
        "individual": bird.name,
        "day": day,
        "song": number,
        "context": "directed" if is_directed else "undirected",
    }
    literals = [pl.lit(value).alias(name) for name, value in whose.items()]
    syllables = rows.drop("type").select(*literals, pl.all())
    renditions = _describe_renditions(bird, phrases, rows).select(*literals, pl.all())
    times = {name: syllables[name] for name in ("recording", "onset_s", "offset_s", "label")}
    return Song(samples_T, options.rate_hz, build_annotations(**times, annotator="synthesis"), syllables, renditions)


def _place_phrases(bird: Bird, options: SongOptions, variability: float, rng: np.random.Generator) -> list[_Phrase]:
    """Return the phrases of a song in order: introductory notes, then motifs."""
    plan = [(0,) * int(rng.integers(_INTRODUCTIONS[0], _INTRODUCTIONS[1] + 1))]
    num_motifs = int(rng.integers(options.num_motifs[0], options.num_motifs[1] + 1))
    plan += [draw_motif(bird, options.motif_fidelity, rng) for _ in range(num_motifs)]
    # Room for the largest shifts of two phrases towards each other.
    room_s = 4 * options.shift_spread_s
    start_s = options.margin_s + room_s
    phrases: list[_Phrase] = []
    for types in plan:
        onset_N, offset_N = _lay_out(bird, types)
        warp = draw_warp(float(offset_N[-1]), start_s, options, variability, rng)
        name = "introduction" if types[0] == 0 else "motif" if types == bird.motif else "variant"
        phrases.append(_Phrase(name, types, onset_N, offset_N, start_s, warp))
        start_s = float(warp.recording_s[-1]) + room_s + rng.uniform(*_PAUSE_S)
    return phrases


def _lay_out(bird: Bird, types: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return onsets and offsets of syllables at the usual tempo, from 0, shape (N,) each."""
    duration_N = np.array([bird.types[index].duration_s for index in types])
    gap_N = bird.gaps_s[list(types)]
    onset_N = np.concatenate([[0.0], np.cumsum(duration_N + gap_N)[:-1]])
    return onset_N, onset_N + duration_N


def _describe_syllables(
    bird: Bird, phrases: list[_Phrase], day: int, options: SongOptions, variability: float, rng: np.random.Generator
) -> pl.DataFrame:
    """Return one row a syllable: when it is sung, of which type, and how."""
    index_N = np.concatenate([phrase.types for phrase in phrases])
    rendition_N = np.repeat(np.arange(len(phrases)), [len(phrase.types) for phrase in phrases])
    num, spread = len(index_N), options.variability * variability
    drift_S = _draw_drift(bird, day, options)
    times = [
        np.concatenate([phrase.warp.to_recording(edge) for phrase, edge in zip(phrases, edges, strict=True)])
        for edges in ([phrase.onset_N for phrase in phrases], [phrase.offset_N for phrase in phrases])
    ]
    onset_N, offset_N = (np.rint(time_N * options.rate_hz) / options.rate_hz for time_N in times)
    return pl.DataFrame(
        {
            "onset_s": onset_N,
            "offset_s": offset_N,
            "label": [bird.types[index].label for index in index_N],
            "kind": [bird.types[index].kind for index in index_N],
            "type": index_N,
            "rendition": rendition_N,
            "phrase": [phrases[rendition].name for rendition in rendition_N],
            "position": np.concatenate([np.arange(len(phrase.types)) for phrase in phrases]),
            "pitch_factor": np.exp(drift_S[index_N] + _PITCH_SPREAD * spread * rng.normal(size=num)),
            "gain_db": _GAIN_SPREAD_DB * spread * rng.normal(size=num),
        }
    )


def _draw_drift(bird: Bird, day: int, options: SongOptions) -> np.ndarray:
    """Return how far the log pitch of each type has wandered since day 1, shape (S,)."""
    rng = numpy_generator(bird.seed, "drift", bird.name)
    steps = rng.normal(size=(day, len(bird.types)))
    return np.asarray(options.day_drift * steps[1:].sum(axis=0))


def _render(
    bird: Bird, phrases: list[_Phrase], rows: pl.DataFrame, num: int, options: SongOptions, rng: np.random.Generator
) -> np.ndarray:
    """Return the sound of a song, float32, shape (T,)."""
    rate_hz, song_T, is_song_T = options.rate_hz, np.zeros(num), np.zeros(num, bool)
    for row in rows.iter_rows(named=True):
        phrase = phrases[row["rendition"]]
        start, stop = round(row["onset_s"] * rate_hz), round(row["offset_s"] * rate_hz)
        within_s = phrase.warp.to_template((np.arange(start, stop) + 0.5) / rate_hz) - phrase.onset_N[row["position"]]
        syllable = bird.types[row["type"]]
        variation = Variation(row["pitch_factor"], bird.gain * 10 ** (row["gain_db"] / 20))
        phase_T = np.clip(within_s / syllable.duration_s, 0, 1)
        song_T[start:stop] = render_syllable(syllable, phase_T, variation, rate_hz, rng)
        is_song_T[start:stop] = True
    song_rms = np.sqrt(np.mean(song_T[is_song_T] ** 2))
    room = numpy_generator(bird.seed, "room", bird.name)
    heard_T = add_echo(song_T, rate_hz, options.reverberation_s, options.reverberation_db, room)
    if options.snr_db is not None:
        heard_T = heard_T + song_rms * 10 ** (-options.snr_db / 20) * make_noise(num, rate_hz, rng)
    return heard_T.astype(np.float32)


def _describe_renditions(bird: Bird, phrases: list[_Phrase], rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row a phrase, with the knots of its warp."""
    spans = rows.group_by("rendition", maintain_order=True).agg(
        pl.col("phrase").first(), pl.col("onset_s").first(), pl.col("offset_s").last()
    )
    return spans.with_columns(
        labels=pl.Series(["".join(bird.types[index].label for index in phrase.types) for phrase in phrases]),
        start_s=pl.Series([phrase.start_s for phrase in phrases]),
        template_s=pl.Series([phrase.warp.template_s.tolist() for phrase in phrases]),
        recording_s=pl.Series([phrase.warp.recording_s.tolist() for phrase in phrases]),
    )
