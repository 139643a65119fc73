"""A network over a recording of any length, in blocks, as if it had been computed whole.

Legend: B = 1 example, K = frames, F = rows, C = classes, P = kinds of sound with borders of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from subsong.models.segmenter import FrameNetwork, SegmenterOutput
from subsong.models.tcn import Reach
from subsong.sources.spectrograms.recording_frames import FrameSource

PROBABILITY_STEP = 1e-4
_SMALLEST_BLOCK, _BLOCK_REACHES = 2048, 8


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


def stream_probabilities(module: FrameNetwork, source: FrameSource) -> Iterator[FramePredictions]:
    """Yield the predictions of a recording, run by run; memory is that of a run.

    Parameters
    ----------
    module
        The network, in evaluation mode.
    source
        The frames of the recording.

    Notes
    -----
    Sums of floats depend on how they are put together, so that one frame computed in stretches of different lengths
    differs by 1e-7 to 1e-6. Here nobody chooses the stretches: run b is always the frames from ``b * block`` to
    ``(b + 1) * block`` of the recording, computed alone, together with the frames that the network looks at before and
    after them. Its bits follow from the recording and the network, not from what else is computed when. Rounding to
    1e-4, far below what a probability means, makes other processors agree in nearly all values.
    """
    reach, block = module.receptive_frames, find_block_size(module.receptive_frames)
    num_frames, device = source.grid.num_frames, next(module.parameters()).device
    for first in range(0, num_frames, block):
        stop = min(first + block, num_frames)
        low, high = max(0, first - reach.left), min(num_frames, stop + reach.right)
        with torch.inference_mode():
            output: SegmenterOutput = module(source.read(low, high).T.unsqueeze(0).to(device))
            yield round_predictions(output, first, slice(first - low, stop - low))


def find_block_size(reach: Reach) -> int:
    """Return how many frames of a recording are computed at once by a network that looks this far.

    So many that less than an eighth is computed only to be looked at, in powers of two.
    """
    block = _SMALLEST_BLOCK
    while block < _BLOCK_REACHES * sum(reach):
        block *= 2
    return block


def round_predictions(output: SegmenterOutput, first: int, core: slice) -> FramePredictions:
    """Return what a network said of the frames `core` of its input, the first of which is frame `first`."""
    parts = (output.compute_probabilities(), output.border_logits_BPK.sigmoid())
    return FramePredictions(first, *(_round(part[0, :, core]) for part in parts))


def _round(values_CK: Tensor) -> np.ndarray:
    steps_KC = (values_CK.T.float().cpu().double() / PROBABILITY_STEP).round()
    rounded: np.ndarray = (steps_KC * PROBABILITY_STEP).float().numpy()
    return rounded
