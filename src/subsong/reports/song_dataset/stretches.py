"""Which stretches of a store are shown, and what is drawn of each.

Legend: T = samples, B = STFT bins, K = frames, C = classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.seeds import numpy_generator
from subsong.datasets.song.store import SongStore
from subsong.datasets.song.stretches import intersect_stretches
from subsong.datasets.song.targets import compute_targets
from subsong.sources.song_class import SongClass
from subsong.sources.spectrograms import SpectrogramConfig, compute_log_spectrogram

_SHOWN_S, _SMALLEST_WINDOW, _WINDOW_S = 1.0, 32, 0.012
_MOST_SEGMENTS = 8


class SongStretch(NamedTuple):
    """A stretch of a recording with its targets.

    Attributes
    ----------
    name
        Recording, channel and time.
    start_s
        Where it begins.
    sample_rate_hz
        Of its sound.
    samples_T
        Its sound.
    log_BK
        Its spectrogram, low to high frequency, up to half the sample rate.
    times_s_K
        Centres of the frames, in seconds of the recording.
    target_KC
        What a network should say, for the classes below.
    classes
        Those that occur in it.
    labelled_s_L2
        First and last moment of each part of it whose annotations are complete.
    """

    name: str
    start_s: float
    sample_rate_hz: int
    samples_T: np.ndarray
    log_BK: np.ndarray
    times_s_K: np.ndarray
    target_KC: np.ndarray
    classes: tuple[SongClass, ...]
    labelled_s_L2: np.ndarray


def choose_stretch(store: SongStore, label: str, seed: int = 0) -> tuple[int, float, float]:
    """Return a recording and a stretch of it around a random annotation of a class: its number, start and stop in s."""
    rows = store.annotations.filter(store.annotations["label"] == label)
    row = rows.row(int(numpy_generator(seed, "stretch", label).integers(rows.height)), named=True)
    is_it = store.recordings["source"] == row["source"]
    if row["channel"] is not None:
        is_it &= store.recordings["channel"] == row["channel"]
    recording = int(is_it.arg_true()[0])
    duration_s = store.recordings["num_samples"][recording] / store.sample_rate_hz
    shown_s = min(duration_s, max(_SHOWN_S, _MOST_SEGMENTS * (row["offset_s"] - row["onset_s"])))
    middle_s = 0.5 * (row["onset_s"] + row["offset_s"])
    start_s = float(np.clip(middle_s - shown_s / 2, 0.0, duration_s - shown_s))
    return recording, start_s, start_s + shown_s


def read_stretch(store: SongStore, recording: int, start_s: float, stop_s: float) -> SongStretch:
    """Read a stretch with its spectrogram and its targets.

    Notes
    -----
    Events are drawn at least half a hop wide, so that none falls between two frames.
    """
    rate, row = store.sample_rate_hz, store.recordings.row(recording, named=True)
    first, stop = round(start_s * rate), min(round(stop_s * rate), row["num_samples"])
    # Of channels that were joined the mean is drawn.
    samples_T = np.atleast_2d(store.read(recording, first, stop)).mean(axis=0)
    channel = "" if row["channel"] in (None, 0) else f", channel {row['channel']}"
    name = f"{row['source']}{channel}, {start_s:.2f} to {stop_s:.2f} s"
    bare = build_stretch(name, samples_T, rate, first / rate)
    found = store.find_intervals(recording, start_s, stop_s)
    hop_s = float(bare.times_s_K[1] - bare.times_s_K[0]) if len(bare.times_s_K) > 1 else 0.0
    width_s = max(store.reading.event_width_s, 0.5 * hop_s)
    target_KC = compute_targets(*found, store.classes, bare.times_s_K, width_s, store.reading.gap_s)
    shown = np.unique(found.class_number)
    return bare._replace(
        start_s=start_s,
        target_KC=target_KC[:, shown],
        classes=tuple(store.classes[number] for number in shown),
        labelled_s_L2=intersect_stretches(np.array([[first, stop]]), store.find_labelled(recording)) / rate,
    )


def build_stretch(name: str, samples_T: np.ndarray, sample_rate_hz: int, start_s: float) -> SongStretch:
    """Return a stretch of sound with its spectrogram, of which nothing is to be said.

    Parameters
    ----------
    name
        What it is called.
    samples_T
        Its sound, one channel.
    sample_rate_hz
        Of the sound.
    start_s
        Where it begins in its recording.
    """
    window = max(_SMALLEST_WINDOW, 1 << round(np.log2(_WINDOW_S * sample_rate_hz)))
    hop = max(1, window // 8)
    config = SpectrogramConfig(window_size=window, hop_size=hop, low_hz=0.0, high_hz=sample_rate_hz / 2)
    spectrogram = compute_log_spectrogram(samples_T, sample_rate_hz, config)
    times_s_K = start_s + spectrogram.times_s_K
    return SongStretch(
        name,
        start_s,
        sample_rate_hz,
        samples_T,
        spectrogram.values_BK,
        times_s_K,
        np.zeros((len(times_s_K), 0), np.float32),
        (),
        np.zeros((0, 2)),
    )
