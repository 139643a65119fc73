"""Listening to a stream: samples come, annotations go."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from subsong.inference.annotating.decoding import DecodedAnnotations
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.listening.arriving import open_grid, stream_arriving, stream_frames
from subsong.inference.listening.early import decode_early
from subsong.inference.listening.latency import Listening, find_latency
from subsong.sources.audio.resampling import resample_stream

if TYPE_CHECKING:
    from subsong.inference.segmenter import TrainedSegmenter


class Heard(NamedTuple):
    """One annotation of a stream, told while the stream goes on.

    Attributes
    ----------
    onset_s, offset_s
        Seconds from the start of the stream; equal for events.
    label
        What it is.
    score
        Confidence, 0 to 1.
    latency_s
        Seconds of sound that had come after its end when it was told.
    """

    onset_s: float
    offset_s: float
    label: str
    score: float
    latency_s: float


class _Counted:
    """Blocks passed on, and how many samples they had."""

    def __init__(self, blocks: Iterator[np.ndarray]) -> None:
        self.num_samples, self._blocks = 0, blocks

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self._blocks:
            self.num_samples += len(block)
            yield block


def listen(
    model: TrainedSegmenter, blocks: Iterator[np.ndarray], how: Listening, decoding: DecodingOptions | None = None
) -> Iterator[Heard]:
    """Yield the annotations of one channel of sound that is still coming, in order of their ends, as they are known.

    Parameters
    ----------
    model
        Tells what it hears.
    blocks
        The sound, blocks of any length in units of full scale; waited for.
    how
        Its rate, and how long an annotation may take.
    decoding
        In place of the model's own.

    Raises
    ------
    SubsongError
        When `max_latency_s` cannot be kept.

    Notes
    -----
    Without `max_latency_s` the annotations are those that `annotate` gives of the same sound, as far as rounding of
    floats goes: a ten-thousandth of a frame. Memory is that of the longest stretch of sound without a silence.
    """
    decoding = decoding or model.decoding
    latency, grid, layout = find_latency(model, decoding, how), open_grid(model), model.module.layout
    counted = _Counted(blocks)
    ratio = Fraction(model.sample_rate_hz, how.sample_rate_hz)
    at_rate = iter(counted) if ratio == 1 else resample_stream(iter(counted), ratio, min_samples=1)
    runs = stream_arriving(model.module, stream_frames(model, at_rate), how.block_frames)
    if how.max_latency_s is None:
        found = decode_stream(runs, layout, grid, decoding)
    else:
        patience = max(1, int(latency.decision_s / grid.hop_s))
        found = decode_early(runs, layout, grid, decoding, patience)
    for part in found:
        # The end of the stream ends what goes on; before it, nothing lies beyond what came.
        yield from _tell(model, part, counted.num_samples / how.sample_rate_hz)


def _tell(model: TrainedSegmenter, found: DecodedAnnotations, now_s: float) -> Iterator[Heard]:
    for onset_s, offset_s, number, score in zip(*(values_N.tolist() for values_N in found), strict=True):
        end_s = min(offset_s, now_s)
        yield Heard(onset_s, end_s, model.classes[number].name, score, now_s - end_s)
