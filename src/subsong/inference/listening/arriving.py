"""A network over sound that is still coming: each frame once, each block as soon as its context is there.

Legend: S = samples, K = frames, F = rows, C = classes, P = kinds of sound with borders of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from subsong.inference.annotating.streaming import FramePredictions, find_block_size, round_predictions
from subsong.models.segmenter import FrameNetwork, SegmenterOutput
from subsong.sources.spectrograms.recording_frames import FrameGrid

if TYPE_CHECKING:
    from subsong.inference.segmenter import TrainedSegmenter

ENDLESS_SAMPLES = 1 << 60
"""Samples of a recording whose end nobody knows yet."""
_PROBED_FRAME = 1 << 20


class ArrivingSamples:
    """The last samples of a sound that is still coming.

    Attributes
    ----------
    num_samples
        How many came so far.
    """

    def __init__(self) -> None:
        self.num_samples = 0
        self._held_S = np.zeros(0, dtype=np.float32)

    def add(self, samples_S: np.ndarray) -> None:
        """Take in the next samples, in units of full scale, shape (S,); what is not finite becomes silence."""
        self._held_S = np.concatenate([self._held_S, np.nan_to_num(samples_S, posinf=0.0, neginf=0.0)])
        self.num_samples += len(samples_S)

    def forget(self, before: int) -> None:
        """Let go of the samples before number `before`."""
        first = self.num_samples - len(self._held_S)
        self._held_S = self._held_S[max(0, before - first) :]

    def read(self, first: int, stop: int) -> np.ndarray:
        """Return samples that came and were not forgotten, shape (S,)."""
        held_from = self.num_samples - len(self._held_S)
        assert held_from <= first <= stop <= self.num_samples
        return self._held_S[first - held_from : stop - held_from]


def find_frame_span(model: TrainedSegmenter) -> range:
    """Return the samples a frame looks at, counted from the sample it is centred on."""
    asked: list[range] = []

    def read(first: int, stop: int) -> np.ndarray:
        asked.append(range(first, stop))
        return np.zeros(stop - first, dtype=np.float32)

    frames = model.open_frames(ENDLESS_SAMPLES, read)
    frames.read(_PROBED_FRAME, _PROBED_FRAME + 1)
    centre = _PROBED_FRAME * frames.grid.hop_size
    return range(min(one.start for one in asked) - centre, max(one.stop for one in asked) - centre)


def stream_frames(model: TrainedSegmenter, blocks: Iterator[np.ndarray]) -> Iterator[Tensor]:
    """Yield the frames of a sound as they can be known, in order, each once, shape (K, F).

    Parameters
    ----------
    model
        Whose frames.
    blocks
        The sound at the model's rate, blocks of any length, shape (S,).
    """
    span, arrived, num_done = find_frame_span(model), ArrivingSamples(), 0
    frames = model.open_frames(ENDLESS_SAMPLES, arrived.read)
    hop = frames.grid.hop_size
    for samples_S in blocks:
        arrived.add(samples_S)
        num_ready = max(0, (arrived.num_samples - span.stop) // hop + 1)
        if num_ready > num_done:
            yield frames.read(num_done, num_ready)
            num_done = num_ready
            arrived.forget(num_done * hop + span.start)
    # Only now is it known where silence begins.
    frames = model.open_frames(arrived.num_samples, arrived.read)
    if frames.grid.num_frames > num_done:
        yield frames.read(num_done, frames.grid.num_frames)


def stream_arriving(module: FrameNetwork, frames: Iterator[Tensor], block: int) -> Iterator[FramePredictions]:
    """Yield the predictions of a sound that is still coming, a multiple of `block` frames at a time.

    Parameters
    ----------
    module
        The network, in evaluation mode.
    frames
        Its frames in order, shape (K, F) each.
    block
        As many frames make a run, as soon as they and as many after them as the network looks at are there; several
        times as many where more came at once, and what is left at the end.

    Notes
    -----
    Every run is computed with all the context the network looks at, so that the result is that of the whole recording,
    up to the rounding of floats.
    """
    reach = module.receptive_frames
    held, held_from, num_done = list[Tensor](), 0, 0
    for new_KF in frames:
        held_KF = torch.cat([*held, new_KF])
        while (num_ready := held_from + len(held_KF) - reach.right - num_done) >= block:
            num = min(num_ready, max(block, find_block_size(reach))) // block * block
            yield _predict(module, held_KF[: num_done + num + reach.right - held_from], num_done, held_from, num)
            num_done += num
            let_go = max(0, num_done - reach.left - held_from)
            held_KF, held_from = held_KF[let_go:], held_from + let_go
        held = [held_KF]
    num_left = held_from + sum(map(len, held)) - num_done
    if num_left > 0:
        yield _predict(module, held[0], num_done, held_from, num_left)


def _predict(
    module: FrameNetwork, grey_KF: Tensor, first_frame: int, held_from: int, num_frames: int
) -> FramePredictions:
    """Return the predictions of `num_frames` frames from `first_frame` on; `grey_KF` begins with `held_from`."""
    device = next(module.parameters()).device
    with torch.inference_mode():
        output: SegmenterOutput = module(grey_KF.T.unsqueeze(0).to(device))
        start = first_frame - held_from
        return round_predictions(output, first_frame, slice(start, start + num_frames))


def open_grid(model: TrainedSegmenter) -> FrameGrid:
    """Return where the frames of a sound lie whose end nobody knows yet."""
    return model.open_frames(ENDLESS_SAMPLES, ArrivingSamples().read).grid
