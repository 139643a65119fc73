"""Chunks of annotated song as a dataset: grey frames, and what a network should say of each.

Legend: N = chunks, B = rows of a batch, F = rows (frequencies), K = frames of a chunk, C = classes.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import polars as pl
import torch

from subsong.datasets.song.chunks import ChunkPlan, Chunks
from subsong.datasets.song.store import SongStore
from subsong.datasets.song.targets import compute_targets
from subsong.datasets.types import Batch
from subsong.sources.spectrograms import FrameMaker, RecordingFrames, SpectrogramConfig


class ChunkMaker(NamedTuple):
    """How chunks of a store become frames and targets.

    Attributes
    ----------
    store
        Sound and annotations.
    spectrogram
        What a frame is, with its grey range.
    num_frames
        K, frames of every chunk; of a shorter one the rest is masked.
    """

    store: SongStore
    spectrogram: SpectrogramConfig
    num_frames: int

    @property
    def event_width_s(self) -> float:
        """Standard deviation of an event's bump: as prepared, but never so narrow that frames miss it."""
        return max(self.store.reading.event_width_s, 0.5 * self.spectrogram.hop_size / self.store.sample_rate_hz)


class ChunkDataset:
    """Chunks at fixed places; their frames and targets are computed when they are fetched.

    Parameters
    ----------
    maker
        How.
    chunks
        Where.

    Attributes
    ----------
    item_shape
        (F, K).
    value_range
        Smallest and largest value of a frame.
    """

    value_range: tuple[float, float] = (0.0, 1.0)

    def __init__(self, maker: ChunkMaker, chunks: Chunks) -> None:
        self.maker, self.chunks = maker, chunks
        self.item_shape: tuple[int, ...] = (maker.spectrogram.num_freq_bins, maker.num_frames)
        self._frames = FrameMaker(maker.spectrogram, maker.store.sample_rate_hz)

    def __len__(self) -> int:
        return len(self.chunks.recording_N)

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the chunks `index`, shape (B,): input (B, F, K), target (B, K, C), mask (B, K).

        The mask is True for frames that are centred within the chunk.
        """
        input_BFK = torch.zeros(len(index), *self.item_shape)
        target_BKC = torch.zeros(len(index), self.maker.num_frames, len(self.maker.store.classes))
        mask_BK = torch.zeros(len(index), self.maker.num_frames, dtype=torch.bool)
        for place, row in enumerate(index.tolist()):
            recording, first_sample, num_samples = (int(values_N[row]) for values_N in self.chunks)
            hop = self.maker.spectrogram.hop_size
            first, stop = -(-first_sample // hop), -(-(first_sample + num_samples) // hop)
            stop = min(stop, first + self.maker.num_frames)
            if stop > first:
                input_BFK[place, :, : stop - first] = self._compute_frames(recording, first, stop).T
                target_BKC[place, : stop - first] = torch.from_numpy(self._compute_targets(recording, first, stop))
                mask_BK[place, : stop - first] = True
        return Batch(torch.tensor(index, dtype=torch.int64), input_BFK, target_BKC, mask_BK)

    def _compute_frames(self, recording: int, first: int, stop: int) -> torch.Tensor:
        store = self.maker.store
        num_samples = int(store.recordings["num_samples"][recording])
        frames = RecordingFrames(self._frames, num_samples, lambda low, high: store.read(recording, low, high))
        return frames.read(first, stop)

    def _compute_targets(self, recording: int, first: int, stop: int) -> np.ndarray:
        store, width_s = self.maker.store, self.maker.event_width_s
        # One frame more than asked for, as a hop is told from two.
        times_s = np.arange(first, max(stop, first + 2)) * self.maker.spectrogram.hop_size / store.sample_rate_hz
        beyond_s = 5 * width_s + store.reading.gap_s
        found = store.find_intervals(recording, times_s[0] - beyond_s, times_s[-1] + beyond_s)
        target_KC = compute_targets(*found, store.classes, times_s, width_s, store.reading.gap_s)
        return target_KC[: stop - first]

    @property
    def items(self) -> pl.DataFrame:
        """One row a chunk: ``source``, ``channel``, ``onset_s`` and ``offset_s`` in it."""
        recordings, rate = self.maker.store.recordings, self.maker.store.sample_rate_hz
        first_N, num_N = self.chunks.first_sample_N, self.chunks.num_samples_N
        return recordings[self.chunks.recording_N].select(
            "source",
            pl.Series("row", np.arange(len(self))),
            "channel",
            pl.Series("onset_s", first_N / rate),
            pl.Series("offset_s", (first_N + num_N) / rate),
        )

    def hash(self) -> str:
        """Return the SHA-256 of where the chunks lie, in hexadecimal."""
        return hashlib.sha256(self.items.write_csv().encode()).hexdigest()


class DrawnChunks(ChunkDataset):
    """Chunks that are drawn for each epoch so that classes are balanced, by the seed and the epoch alone.

    Parameters
    ----------
    maker
        How they are made.
    plan
        Of which sound.
    num_chunks
        How many make an epoch.
    uniform_share
        Share of them that lie anywhere; see `ChunkPlan.draw`.
    seed
        Of the draws.
    """

    def __init__(self, maker: ChunkMaker, plan: ChunkPlan, num_chunks: int, uniform_share: float, seed: int) -> None:
        self._plan, self._num_chunks, self._uniform_share, self._seed = plan, num_chunks, uniform_share, seed
        super().__init__(maker, self._draw(0))

    def start_epoch(self, epoch: int) -> None:
        """Draw the chunks of an epoch, counted from 0."""
        self.chunks = self._draw(epoch)

    def _draw(self, epoch: int) -> Chunks:
        return self._plan.draw(self._num_chunks, self._seed, epoch, self._uniform_share)
