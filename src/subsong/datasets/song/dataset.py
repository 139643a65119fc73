"""Chunks of annotated song as a dataset: frames, and what a network should say of each.

Legend: N = chunks, B = rows of a batch, F = rows (frequencies, or samples of a frame), K = frames of a chunk,
C = classes, S = samples.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import polars as pl
import torch

from subsong.datasets.song.augmenting import Augmenter, ChunkChange
from subsong.datasets.song.chunks import ChunkPlan, Chunks
from subsong.datasets.song.store import SongStore
from subsong.datasets.song.targets import compute_targets, find_carved
from subsong.datasets.types import Batch
from subsong.sources.spectrograms import FrameSettings, build_frame_opener, count_rows, find_value_range


class TargetOptions(NamedTuple):
    """What a network is taught of annotations.

    Attributes
    ----------
    event_width_s
        Standard deviation of the bump that an event is; None: as the store was prepared.
    gap_s
        Least gap between segments; None: as the store was prepared.
    gaps_count
        Whether gaps that were carved are taught as nothing; else frames in them count nothing.
    """

    event_width_s: float | None = None
    gap_s: float | None = None
    gaps_count: bool = True


class ChunkMaker(NamedTuple):
    """How chunks of a store become frames and targets.

    Attributes
    ----------
    store
        Sound and annotations.
    frames
        What a frame is: grey, with its range, or samples.
    num_frames
        K, frames of every chunk; of a shorter one the rest is masked.
    options
        What targets are.
    """

    store: SongStore
    frames: FrameSettings
    num_frames: int
    options: TargetOptions = TargetOptions()

    @property
    def event_width_s(self) -> float:
        """Standard deviation of an event's bump, but never so narrow that frames miss it."""
        wanted_s = self.options.event_width_s
        wanted_s = self.store.reading.event_width_s if wanted_s is None else wanted_s
        return max(wanted_s, 0.5 * self.frames.hop_size / self.store.sample_rate_hz)

    @property
    def gap_s(self) -> float:
        """Least gap between segments in the targets."""
        return self.store.reading.gap_s if self.options.gap_s is None else self.options.gap_s


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
        Smallest and largest value of a frame; None: samples have none.
    """

    def __init__(self, maker: ChunkMaker, chunks: Chunks) -> None:
        self.maker, self.chunks = maker, chunks
        self.item_shape: tuple[int, ...] = (count_rows(maker.frames), maker.num_frames)
        self.value_range = find_value_range(maker.frames)
        self._open = build_frame_opener(maker.frames, maker.store.sample_rate_hz)

    def __len__(self) -> int:
        return len(self.chunks.recording_N)

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the chunks `index`, shape (B,): input (B, F, K), target (B, K, C), mask (B, K).

        The mask is True for frames that are centred within the chunk, where annotations are complete.
        """
        input_BFK = torch.zeros(len(index), *self.item_shape)
        target_BKC = torch.zeros(len(index), self.maker.num_frames, len(self.maker.store.classes))
        mask_BK = torch.zeros(len(index), self.maker.num_frames, dtype=torch.bool)
        for place, row in enumerate(index.tolist()):
            recording, first_sample, num_samples = (int(values_N[row]) for values_N in self.chunks)
            change = self._draw_change(row)
            shift, hop = change.shift if change else 0, self.maker.frames.hop_size
            first, stop = -(-(first_sample - shift) // hop), -(-(first_sample + num_samples - shift) // hop)
            stop = min(stop, first + self.maker.num_frames)
            if stop > first:
                times_s = self._time_frames(first, stop, shift)
                input_BFK[place, :, : stop - first] = self._compute_frames(recording, first, stop, change).T
                target_KC, mask_K = self._compute_targets(recording, times_s)
                target_BKC[place, : stop - first] = torch.from_numpy(target_KC[: stop - first])
                mask_BK[place, : stop - first] = torch.from_numpy(mask_K[: stop - first])
        return Batch(torch.tensor(index, dtype=torch.int64), input_BFK, target_BKC, mask_BK)

    def _draw_change(self, row: int) -> ChunkChange | None:
        """Return what is done to a chunk in training; None: nothing."""
        return None

    def _compute_frames(self, recording: int, first: int, stop: int, change: ChunkChange | None) -> torch.Tensor:
        store = self.maker.store
        shift = change.shift if change else 0

        def read(low: int, high: int) -> np.ndarray:
            samples_S = store.read(recording, low + shift, high + shift)
            return change.change_sound(samples_S) if change else samples_S

        # Frames that are shifted are those of a recording that begins later.
        num_samples = int(store.recordings["num_samples"][recording]) - shift
        frames_KF = self._open(num_samples, read).read(first, stop)
        return change.change_frames(frames_KF) if change else frames_KF

    def _time_frames(self, first: int, stop: int, shift: int) -> np.ndarray:
        """Return the centres of frames in seconds of the recording: one more than asked for where that is one."""
        numbers = np.arange(first, max(stop, first + 2))  # a hop is told from two
        times_s: np.ndarray = (numbers * self.maker.frames.hop_size + shift) / self.maker.store.sample_rate_hz
        return times_s

    def _compute_targets(self, recording: int, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the targets of frames, shape (K, C), and whether they count, shape (K,)."""
        store, width_s, gap_s = self.maker.store, self.maker.event_width_s, self.maker.gap_s
        beyond_s = 5 * width_s + gap_s
        found = store.find_intervals(recording, times_s[0] - beyond_s, times_s[-1] + beyond_s)
        target_KC = compute_targets(*found, store.classes, times_s, width_s, gap_s)
        labelled_s = store.find_labelled(recording) / store.sample_rate_hz
        mask_K = _is_within(times_s, labelled_s)
        if not self.maker.options.gaps_count:
            mask_K &= ~_is_within(times_s, find_carved(*found, store.classes, gap_s))
        return target_KC, mask_K

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
    augmenter
        What is done to chunks, by the epoch and their number in it; None: nothing.
    """

    def __init__(
        self,
        maker: ChunkMaker,
        plan: ChunkPlan,
        num_chunks: int,
        uniform_share: float,
        seed: int,
        augmenter: Augmenter | None = None,
    ) -> None:
        self._plan, self._num_chunks, self._uniform_share, self._seed = plan, num_chunks, uniform_share, seed
        self._augmenter, self._epoch = augmenter, 0
        super().__init__(maker, self._draw(0))

    def start_epoch(self, epoch: int) -> None:
        """Draw the chunks of an epoch, counted from 0."""
        self.chunks, self._epoch = self._draw(epoch), epoch

    def _draw_change(self, row: int) -> ChunkChange | None:
        return self._augmenter.draw(self._epoch, row) if self._augmenter else None

    def _draw(self, epoch: int) -> Chunks:
        return self._plan.draw(self._num_chunks, self._seed, epoch, self._uniform_share)


def _is_within(times_s: np.ndarray, stretches_L2: np.ndarray) -> np.ndarray:
    """Return whether each time lies within one of some stretches, which are apart and in order, shape (K,)."""
    # Whole samples in both, but for rounding.
    number_K = np.searchsorted(stretches_L2[:, 0], times_s + 1e-9, side="right") - 1
    within_K: np.ndarray = (number_K >= 0) & (times_s + 1e-9 < np.append(stretches_L2[:, 1], -np.inf)[number_K])
    return within_K
