"""Which stretches of sound a network is shown: drawn afresh for each epoch so that classes are balanced, or tiles.

Legend: N = chunks, P = parts of a split, A = annotations in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.store import SongStore


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

    Attributes
    ----------
    chunk_samples
        The same in samples.

    Raises
    ------
    SubsongError
        When the split has no sound.
    """

    def __init__(self, store: SongStore, split: str, chunk_s: float) -> None:
        self.chunk_samples = round(chunk_s * store.sample_rate_hz)
        if self.chunk_samples < 1:
            raise SubsongError(f"chunks of {chunk_s:g} s hold no sample at {store.sample_rate_hz} Hz: make them longer")
        parts = store.parts.filter(store.parts["split"] == split)
        if parts.is_empty():
            found = ", ".join(store.parts["split"].unique().sort())
            raise SubsongError(f"{store.path} has no sound for {split}, only for {found}: prepare it with such a split")
        self._recording_P, self._first_P, self._stop_P = (
            parts[name].to_numpy().astype(np.int64) for name in ("recording", "first_sample", "stop_sample")
        )
        self._examples = self._find_examples(store)

    def tile(self) -> Chunks:
        """Return chunks that cover every sample of the split once, in order; the last one of a part may be shorter."""
        size_P = self._stop_P - self._first_P
        num_P = -(-size_P // self.chunk_samples)
        part_N = np.repeat(np.arange(len(num_P)), num_P)
        number_N = np.arange(len(part_N)) - np.repeat(np.cumsum(num_P) - num_P, num_P)
        first_N = self._first_P[part_N] + number_N * self.chunk_samples
        num_samples_N = np.minimum(self.chunk_samples, self._stop_P[part_N] - first_N)
        return Chunks(self._recording_P[part_N], first_N, num_samples_N)

    def draw(self, num_chunks: int, seed: int, epoch: int, uniform_share: float = 0.25) -> Chunks:
        """Return the chunks of an epoch.

        Parameters
        ----------
        num_chunks
            N.
        seed, epoch
            All that the chunks follow from, beside the store.
        uniform_share
            Share of the chunks that lie anywhere, every sample being as likely as any other. For each of the others a
            class is drawn, each as likely as any other, then an annotation of it, then a place that shows a moment of
            it.

        Notes
        -----
        A class of one annotation is seen as often as one of a thousand: with few examples of a class, the same ones
        come again and again.
        """
        rng = numpy_generator(seed, "song chunks", epoch)
        is_anywhere_N = rng.random(num_chunks) < uniform_share
        if len(self._examples.count_C) == 0:
            is_anywhere_N[:] = True
        anywhere_N, (around_N, moment_N) = self._draw_anywhere(num_chunks, rng), self._draw_around(num_chunks, rng)
        part_N = np.where(is_anywhere_N, anywhere_N, around_N)
        size_N = np.minimum(self.chunk_samples, self._stop_P[part_N] - self._first_P[part_N])
        free_N = self._stop_P[part_N] - size_N - self._first_P[part_N]
        share_N = rng.random(num_chunks)
        uniform_N = self._first_P[part_N] + np.floor(share_N * (free_N + 1)).astype(np.int64)
        near_N = moment_N - np.floor(share_N * size_N).astype(np.int64)
        first_N = np.where(is_anywhere_N, uniform_N, near_N)
        first_N = np.clip(first_N, self._first_P[part_N], self._first_P[part_N] + free_N)
        return Chunks(self._recording_P[part_N], first_N, size_N)

    def _draw_anywhere(self, num_chunks: int, rng: np.random.Generator) -> np.ndarray:
        """Return parts, each drawn as often as it has places for a chunk."""
        places_P = np.maximum(1, self._stop_P - self._first_P - self.chunk_samples + 1)
        drawn_N: np.ndarray = np.searchsorted(
            np.cumsum(places_P), rng.integers(places_P.sum(), size=num_chunks), "right"
        )
        return drawn_N

    def _draw_around(self, num_chunks: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each chunk, the part of an annotation and a sample of it."""
        examples = self._examples
        if len(examples.count_C) == 0:
            return np.zeros(num_chunks, np.int64), np.zeros(num_chunks, np.int64)
        class_N = rng.integers(len(examples.count_C), size=num_chunks)
        share_N = rng.random(num_chunks)
        chosen_N = examples.start_C[class_N] + np.floor(share_N * examples.count_C[class_N]).astype(np.int64)
        first_N, last_N = examples.first_A[chosen_N], examples.last_A[chosen_N]
        return examples.part_A[chosen_N], rng.integers(first_N, last_N + 1)

    def _find_examples(self, store: SongStore) -> _Examples:
        rate, rows = store.sample_rate_hz, []
        bounds = zip(self._recording_P.tolist(), self._first_P.tolist(), self._stop_P.tolist(), strict=True)
        for part, (recording, first, stop) in enumerate(bounds):
            found = store.find_intervals(recording, first / rate, (stop - 1) / rate)
            first_A = np.rint(found.onset_s * rate).astype(np.int64).clip(first, stop - 1)
            last_A = np.rint(found.offset_s * rate).astype(np.int64).clip(first, stop - 1)
            rows.append(np.stack([found.class_number, first_A, last_A, np.full(len(first_A), part)]))
        table = np.concatenate(rows, axis=1)
        class_A, first_A, last_A, part_A = table[:, np.argsort(table[0], kind="stable")]
        _, start_C, count_C = np.unique(class_A, return_index=True, return_counts=True)
        return _Examples(first_A, last_A, part_A, start_C, count_C)
