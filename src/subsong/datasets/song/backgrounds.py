"""Stretches of background to mix into song: of the training sound, between annotations, or of any recordings.

Legend: R = channels, S = samples, N = gaps.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.places import Places
from subsong.datasets.song.store import SongStore
from subsong.datasets.song.stretches import join_stretches
from subsong.sources.audio import find_audio, open_audio, read_audio_info
from subsong.sources.audio.rates import count_samples, read_at_rate

_NUM_STRETCHES, _MOST_SAMPLES = 64, 1 << 23
_SHORTEST_S, _MARGIN_S = 0.05, 0.01


class Backgrounds:
    """Some stretches of background, held in memory.

    Parameters
    ----------
    stretches
        Samples in units of full scale, float32, each of one or more, shape (S,), or (R, S) of channels together.
    """

    def __init__(self, stretches: list[np.ndarray]) -> None:
        self._stretches = stretches

    def draw(self, num_samples: int, rng: np.random.Generator) -> np.ndarray:
        """Return so much of one of them, from anywhere in it, shape (S,) or (R, S).

        A shorter one goes back and forth.
        """
        stretch_S = self._stretches[rng.integers(len(self._stretches))]
        size = stretch_S.shape[-1]
        start = rng.integers(max(1, size - num_samples + 1))
        if size >= num_samples:
            return stretch_S[..., start : start + num_samples]
        to_and_fro_S = np.concatenate([stretch_S, stretch_S[..., ::-1]], axis=-1)
        return to_and_fro_S[..., np.arange(num_samples) % (2 * size)]


def find_own_backgrounds(store: SongStore, places: Places, num_samples: int, seed: int) -> Backgrounds:
    """Return stretches of at most `num_samples` between the annotations of a split.

    Raises
    ------
    SubsongError
        When it has none of 0.05 s.
    """
    gaps_N3 = _find_gaps(store, places)
    if len(gaps_N3) == 0:
        raise SubsongError(
            f"{store.path} has no {_SHORTEST_S:g} s of training sound without annotations to mix in as background: "
            "leave the augmentation 'background' out, or name a folder of recordings for it"
        )
    rng = numpy_generator(seed, "song backgrounds")
    size_N = gaps_N3[:, 2] - gaps_N3[:, 1]
    stretches = []
    for number in rng.choice(len(gaps_N3), _count_stretches(num_samples), p=size_N / size_N.sum()).tolist():
        recording, start, stop = gaps_N3[number].tolist()
        start = int(rng.integers(start, max(start, stop - num_samples) + 1))
        stretches.append(store.read(recording, start, min(stop, start + num_samples)))
    return Backgrounds(stretches)


def read_backgrounds(folder: Path, sample_rate_hz: int, num_samples: int, seed: int) -> Backgrounds:
    """Return stretches of at most `num_samples` of the recordings in a folder, at a sample rate.

    Raises
    ------
    SubsongError
        When there are none, or one cannot be read.
    """
    paths = find_audio(folder.expanduser())
    size_N = np.array([count_samples(read_audio_info(path), sample_rate_hz) for path in paths])
    if not size_N.any():
        raise SubsongError(f"the recordings in {folder} are empty: they are to be mixed in as background")
    rng = numpy_generator(seed, "song backgrounds")
    stretches = []
    for number in rng.choice(len(paths), _count_stretches(num_samples), p=size_N / size_N.sum()).tolist():
        start = int(rng.integers(max(0, size_N[number] - num_samples) + 1))
        with open_audio(paths[number], "mean") as reader:
            stretches.append(read_at_rate(reader, sample_rate_hz, start, min(int(size_N[number]), start + num_samples)))
    return Backgrounds(stretches)


def _count_stretches(num_samples: int) -> int:
    return int(np.clip(_MOST_SAMPLES // num_samples, 1, _NUM_STRETCHES))


def _find_gaps(store: SongStore, places: Places) -> np.ndarray:
    """Return recording, first sample and the one after the last of what is labelled but not annotated, (N, 3)."""
    rate, found = store.sample_rate_hz, [np.empty((0, 3), np.int64)]
    stretches = zip(places.part_L.tolist(), places.start_L.tolist(), places.end_L.tolist(), strict=True)
    for part, start, end in stretches:
        recording = int(places.recording_P[part])
        intervals = store.find_intervals(recording, start / rate - _MARGIN_S, end / rate + _MARGIN_S)
        busy_s = np.column_stack([intervals.onset_s - _MARGIN_S, intervals.offset_s + _MARGIN_S])
        busy_N2 = join_stretches(np.rint(busy_s * rate).astype(np.int64).clip(start, end))
        begin_N, stop_N = np.append(start, busy_N2[:, 1]), np.append(busy_N2[:, 0], end)
        is_long_N = stop_N - begin_N >= _SHORTEST_S * rate
        begin_N, stop_N = begin_N[is_long_N], stop_N[is_long_N]
        found.append(np.column_stack([np.full(len(begin_N), recording), begin_N, stop_N]))
    return np.concatenate(found)
