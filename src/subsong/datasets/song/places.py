"""The sound of a split that a network may be shown: its parts, where they are labelled, and a fraction of that.

Legend: P = parts, L = labelled stretches in them, A = annotations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.store import SongStore
from subsong.datasets.song.stretches import intersect_stretches

_NUM_TRIES, _POOREST_SHARE = 100, 0.5


class DataFraction(NamedTuple):
    """How much of a split is used.

    Attributes
    ----------
    share
        Of what is labelled; None: all of it, or `duration_s`.
    duration_s
        The same in seconds; None: all of it, or `share`.
    seed
        Of where the fraction lies.
    """

    share: float | None = None
    duration_s: float | None = None
    seed: int = 0

    def count_samples(self, num_samples: int, sample_rate_hz: int) -> int:
        """Return how many of `num_samples` are used, 1 at least."""
        wanted = num_samples if self.duration_s is None else round(self.duration_s * sample_rate_hz)
        if self.share is not None:
            wanted = min(wanted, round(self.share * num_samples))
        return int(np.clip(wanted, 1, num_samples))


ALL = DataFraction()


class Places(NamedTuple):
    """Sound in parts, none of which reaches into another split.

    Attributes
    ----------
    recording_P, first_P, stop_P
        Recording and channel, first sample and the one after the last of each part, int64.
    part_L, start_L, end_L
        The part that each labelled stretch lies in, its first sample and the one after its last, int64; in order.
    """

    recording_P: np.ndarray
    first_P: np.ndarray
    stop_P: np.ndarray
    part_L: np.ndarray
    start_L: np.ndarray
    end_L: np.ndarray

    @property
    def num_labelled(self) -> int:
        """Samples whose annotations are complete."""
        return int((self.end_L - self.start_L).sum())


def find_places(store: SongStore, split: str, fraction: DataFraction = ALL) -> Places:
    """Return the sound of a split that is used; see `take_fraction`.

    Raises
    ------
    SubsongError
        When it has none, or nobody looked at any of it.
    """
    parts = store.parts.filter(store.parts["split"] == split)
    if parts.is_empty():
        found = ", ".join(store.parts["split"].unique().sort())
        raise SubsongError(f"{store.path} has no sound for {split}, only for {found}: prepare it with such a split")
    bounds = [parts[name].to_numpy().astype(np.int64) for name in ("recording", "first_sample", "stop_sample")]
    rows = [np.empty((0, 3), np.int64)]
    for part, (recording, first, stop) in enumerate(zip(*(column.tolist() for column in bounds), strict=True)):
        found_L2 = intersect_stretches(np.array([[first, stop]]), store.find_labelled(recording))
        rows.append(np.column_stack([np.full(len(found_L2), part), found_L2]))
    places = Places(*bounds, *np.concatenate(rows).T)
    if places.num_labelled == 0:
        raise SubsongError(
            f"{store.path} has no labelled stretch in {split}: mark more with --within, or prepare it with another "
            "split_by or seed"
        )
    return take_fraction(places, store, fraction, split)


def take_fraction(places: Places, store: SongStore, fraction: DataFraction, split: str) -> Places:
    """Return a contiguous range of labelled sound, drawn by the seed, that holds annotations.

    Parameters
    ----------
    places
        The split, in the order of its recordings.
    store
        Of the sound.
    fraction
        How much of it.
    split
        Its name: each one's range is drawn by itself.

    Notes
    -----
    Ranges are drawn until one has half as many annotations as its length lets expect; where none of a hundred has,
    the one with the most is taken.
    """
    size_L = places.end_L - places.start_L
    until_L = np.cumsum(size_L)
    total = int(until_L[-1])
    wanted = fraction.count_samples(total, store.sample_rate_hz)
    if wanted == total:
        return places
    rng = numpy_generator(fraction.seed, "data fraction", split)
    place_A = np.sort(_place_annotations(places, store, until_L - size_L))
    tried = rng.integers(0, total - wanted + 1, size=_NUM_TRIES)
    num_annotations = np.searchsorted(place_A, tried + wanted) - np.searchsorted(place_A, tried)
    is_good = num_annotations >= max(1.0, _POOREST_SHARE * len(place_A) * wanted / total)
    start = int(tried[is_good.argmax() if is_good.any() else num_annotations.argmax()])
    if not num_annotations.any() and len(place_A):
        start = int(np.clip(place_A[rng.integers(len(place_A))] - wanted // 2, 0, total - wanted))
    return _cut_out(places, until_L - size_L, start, start + wanted)


def _place_annotations(places: Places, store: SongStore, from_L: np.ndarray) -> np.ndarray:
    """Return the middle of each annotation in samples of the labelled sound joined end to end, shape (A,)."""
    found = []
    stretches = zip(places.part_L.tolist(), places.start_L.tolist(), places.end_L.tolist(), strict=True)
    for (part, start, end), before in zip(stretches, from_L.tolist(), strict=True):
        rate = store.sample_rate_hz
        intervals = store.find_intervals(int(places.recording_P[part]), start / rate, end / rate)
        middle_A = np.rint(0.5 * (intervals.onset_s + intervals.offset_s) * rate).astype(np.int64)
        found.append(before + middle_A[(middle_A >= start) & (middle_A < end)] - start)
    return np.concatenate(found)


def _cut_out(places: Places, from_L: np.ndarray, start: int, stop: int) -> Places:
    """Return what lies from `start` to before `stop` in the labelled sound joined end to end."""
    start_L = places.start_L + np.clip(start - from_L, 0, None)
    end_L = np.minimum(places.end_L, places.start_L + stop - from_L)
    is_in_L = start_L < end_L
    part_L, start_L, end_L = places.part_L[is_in_L], start_L[is_in_L], end_L[is_in_L]
    used_P, first_L = np.unique(part_L, return_index=True)
    last_L = np.append(first_L[1:], len(part_L)) - 1
    return Places(
        places.recording_P[used_P],
        start_L[first_L],
        end_L[last_L],
        np.searchsorted(used_P, part_L),
        start_L,
        end_L,
    )
