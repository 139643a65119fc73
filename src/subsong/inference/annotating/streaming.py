"""A network over a recording of any length, in blocks, as if it had been computed whole.

Legend: B = 1 example, K = frames, F = rows, C = classes, P = kinds of sound with borders of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from subsong.models.segmenter import Segmenter, SegmenterOutput
from subsong.models.tcn import Reach
from subsong.sources.spectrograms.recording_frames import FrameSource

PROBABILITY_STEP = 1e-4
DEFAULT_BLOCK = 2048


class FramePredictions(NamedTuple):
    """What a network says of a run of frames, rounded to steps of 1e-4; float32.

    Attributes
    ----------
    first_frame
        Its number on the grid of the recording.
    probabilities_KC
        Of each class, in the order of the classes.
    borders_KP
        How near a border is, 1 where it is in the frame, shape (K, 2 P): onsets, then offsets.
    """

    first_frame: int
    probabilities_KC: np.ndarray
    borders_KP: np.ndarray

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.probabilities_KC)

    def cut(self, start: int, stop: int | None = None) -> FramePredictions:
        """Return the frames `start` to `stop`, counted within this run."""
        arrays = (array[start:stop] for array in self[1:])
        return FramePredictions(self.first_frame + start, *arrays)


def join_predictions(runs: Iterable[FramePredictions]) -> FramePredictions:
    """Return runs that follow each other as one; at least one run."""
    runs = list(runs)
    arrays = (np.concatenate(parts) for parts in zip(*(run[1:] for run in runs), strict=True))
    return FramePredictions(runs[0].first_frame, *arrays)


def stream_probabilities(
    module: Segmenter, source: FrameSource, context: Reach | None = None, block: int = DEFAULT_BLOCK
) -> Iterator[FramePredictions]:
    """Yield the predictions of a recording, run by run; memory is that of a block.

    Parameters
    ----------
    module
        The network, in evaluation mode.
    source
        The frames of the recording.
    context
        Frames before and after a block that are computed along; by default those the network looks at, which makes
        the result that of the whole recording.
    block
        Frames of a run. Leave it as it is where results are to be compared to the last bit.

    Raises
    ------
    ValueError
        When `block` is below 1.

    Notes
    -----
    Blocks of one length are computed the same way whatever was read before them, so that results are the same to the
    last bit. In blocks of another length sums are rounded in another order, which moves a probability by 1e-7 to 1e-6.
    Rounding to 1e-4, far below what a probability means and far above that, makes most values the same again; the few
    that lie on the edge between two steps fall to either side, and move the end of a sound by a ten-thousandth of a
    frame.
    """
    if block < 1:
        raise ValueError(f"block must be 1 frame or more, found {block}")
    reach = module.receptive_frames if context is None else context
    num_frames, device = source.grid.num_frames, next(module.parameters()).device
    for first in range(0, num_frames, block):
        stop = min(first + block, num_frames)
        low, high = max(0, first - reach.left), min(num_frames, stop + reach.right)
        with torch.inference_mode():
            output: SegmenterOutput = module(source.read(low, high).T.unsqueeze(0).to(device))
            yield _round_predictions(output, first, slice(first - low, stop - low))


def _round_predictions(output: SegmenterOutput, first: int, core: slice) -> FramePredictions:
    parts = (output.compute_probabilities(), output.border_logits_BPK.sigmoid())
    return FramePredictions(first, *(_round(part[0, :, core]) for part in parts))


def _round(values_CK: Tensor) -> np.ndarray:
    steps_KC = (values_CK.T.float().cpu().double() / PROBABILITY_STEP).round()
    rounded: np.ndarray = (steps_KC * PROBABILITY_STEP).float().numpy()
    return rounded
