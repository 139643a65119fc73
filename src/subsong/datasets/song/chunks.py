"""Which stretches of sound a network is shown: drawn afresh for each epoch so that classes are balanced, or tiles.

Legend: N = chunks, P = parts of a split, L = labelled stretches and A = annotations in them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.places import ALL, DataFraction, find_places
from subsong.datasets.song.store import SongStore

_FEW = 5


class Chunks(NamedTuple):
    """Places of chunks.

    Attributes
    ----------
    recording_N
        Which recording and channel of the store each is of, int64.
    first_sample_N
        Where it begins, int64.
    num_samples_N
        How long it is, int64: shorter than asked for only where its part is, or at the end of a part that is tiled.
    """

    recording_N: np.ndarray
    first_sample_N: np.ndarray
    num_samples_N: np.ndarray


class _Examples(NamedTuple):
    """Annotations of a split, by class.

    Attributes
    ----------
    first_A, last_A
        First and last sample of what lies in the part.
    part_A
        Which part it lies in.
    start_C, count_C
        Where the annotations of each class that has some begin, and how many there are.
    """

    first_A: np.ndarray
    last_A: np.ndarray
    part_A: np.ndarray
    start_C: np.ndarray
    count_C: np.ndarray


class ChunkPlan:
    """Chunks of one split of a store; none reaches into another split.

    Parameters
    ----------
    store
        The sound.
    split
        ``"train"``, ``"validation"`` or ``"test"``.
    chunk_s
        How long a chunk is, in seconds.
    fraction
        How much of the split is used.

    Attributes
    ----------
    chunk_samples
        The same in samples.
    places
        The sound it takes chunks from.

    Raises
    ------
    SubsongError
        When the split has no sound, or none that is labelled.
    """

    def __init__(self, store: SongStore, split: str, chunk_s: float, fraction: DataFraction = ALL) -> None:
        self.chunk_samples = round(chunk_s * store.sample_rate_hz)
        if self.chunk_samples < 1:
            raise SubsongError(f"chunks of {chunk_s:g} s hold no sample at {store.sample_rate_hz} Hz: make them longer")
        self.places = find_places(store, split, fraction)
        self._examples = self._find_examples(store)

    def tile(self) -> Chunks:
        """Return chunks that cover every labelled sample of the split once, in order.

        The last one of a part may be shorter; where nobody looked there is none.
        """
        recording_P, first_P, stop_P, part_L, start_L, end_L = self.places
        size_P = stop_P - first_P
        num_P = -(-size_P // self.chunk_samples)
        part_N = np.repeat(np.arange(len(num_P)), num_P)
        number_N = np.arange(len(part_N)) - np.repeat(np.cumsum(num_P) - num_P, num_P)
        first_N = first_P[part_N] + number_N * self.chunk_samples
        num_samples_N = np.minimum(self.chunk_samples, stop_P[part_N] - first_N)
        # Numbers of the chunks that each labelled stretch begins and ends in.
        before_P = np.cumsum(num_P) - num_P
        low_L = before_P[part_L] + (start_L - first_P[part_L]) // self.chunk_samples
        high_L = before_P[part_L] + (end_L - 1 - first_P[part_L]) // self.chunk_samples
        steps = np.bincount(low_L, minlength=len(part_N) + 1) - np.bincount(high_L + 1, minlength=len(part_N) + 1)
        is_labelled_N = np.cumsum(steps)[:-1] > 0
        return Chunks(*(values_N[is_labelled_N] for values_N in (recording_P[part_N], first_N, num_samples_N)))

    def draw(self, num_chunks: int, seed: int, epoch: int, uniform_share: float = 0.25) -> Chunks:
        """Return the chunks of an epoch.

        Parameters
        ----------
        num_chunks
            N.
        seed, epoch
            All that the chunks follow from, beside the store.
        uniform_share
            Share of the chunks that show a moment drawn from all that is labelled, each as likely as any other. For
            each of the others a class is drawn, each with enough annotations as likely as any other, then an annotation
            of it, then a moment of that.

        Notes
        -----
        A class of five annotations is seen as often as one of a thousand; rarer ones in proportion, as a slip of the
        annotator would else be taught again and again.
        """
        rng = numpy_generator(seed, "song chunks", epoch)
        is_anywhere_N = rng.random(num_chunks) < uniform_share
        if len(self._examples.count_C) == 0:
            is_anywhere_N[:] = True
        anywhere, around = self._draw_anywhere(num_chunks, rng), self._draw_around(num_chunks, rng)
        part_N, moment_N = (np.where(is_anywhere_N, *drawn) for drawn in zip(anywhere, around, strict=True))
        first_N, stop_N = self.places.first_P[part_N], self.places.stop_P[part_N]
        size_N = np.minimum(self.chunk_samples, stop_N - first_N)
        begin_N = moment_N - np.floor(rng.random(num_chunks) * size_N).astype(np.int64)
        return Chunks(self.places.recording_P[part_N], np.clip(begin_N, first_N, stop_N - size_N), size_N)

    def _draw_anywhere(self, num_chunks: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each chunk, a part and a labelled sample of it."""
        places = self.places
        until_L = np.cumsum(places.end_L - places.start_L)
        drawn_N = rng.integers(until_L[-1], size=num_chunks)
        stretch_N = np.searchsorted(until_L, drawn_N, side="right")
        return places.part_L[stretch_N], places.end_L[stretch_N] - until_L[stretch_N] + drawn_N

    def _draw_around(self, num_chunks: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each chunk, the part of an annotation and a sample of it."""
        examples = self._examples
        if len(examples.count_C) == 0:
            return np.zeros(num_chunks, np.int64), np.zeros(num_chunks, np.int64)
        weight_C = np.minimum(examples.count_C, _FEW).cumsum()
        class_N = np.searchsorted(weight_C, rng.integers(weight_C[-1], size=num_chunks), "right")
        share_N = rng.random(num_chunks)
        chosen_N = examples.start_C[class_N] + np.floor(share_N * examples.count_C[class_N]).astype(np.int64)
        first_N, last_N = examples.first_A[chosen_N], examples.last_A[chosen_N]
        return examples.part_A[chosen_N], rng.integers(first_N, last_N + 1)

    def _find_examples(self, store: SongStore) -> _Examples:
        rate, rows = store.sample_rate_hz, []
        bounds = zip(*(values_P.tolist() for values_P in self.places[:3]), strict=True)
        for part, (recording, first, stop) in enumerate(bounds):
            found = store.find_intervals(recording, first / rate, (stop - 1) / rate)
            first_A = np.rint(found.onset_s * rate).astype(np.int64).clip(first, stop - 1)
            last_A = np.rint(found.offset_s * rate).astype(np.int64).clip(first, stop - 1)
            rows.append(np.stack([found.class_number, first_A, last_A, np.full(len(first_A), part)]))
        table = np.concatenate(rows, axis=1)
        class_A, first_A, last_A, part_A = table[:, np.argsort(table[0], kind="stable")]
        _, start_C, count_C = np.unique(class_A, return_index=True, return_counts=True)
        return _Examples(first_A, last_A, part_A, start_C, count_C)
