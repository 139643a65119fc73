"""How long after its end an annotation can be known: what adds up to it."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from subsong.core.errors import SubsongError
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.silences import count_silent_frames
from subsong.inference.listening.arriving import find_frame_span, open_grid
from subsong.sources.audio.resampling import Resampler

if TYPE_CHECKING:
    from subsong.inference.segmenter import TrainedSegmenter

# Ends are moved by up to a frame and a half to a border, and lie up to a frame before the first frame of silence.
_END_FRAMES = 2.5


class Latency(NamedTuple):
    """Seconds of sound that must have come after the end of a segment until it is told.

    Attributes
    ----------
    network_s
        Frames after its own that the network looks at.
    frame_s
        Samples after its centre that a frame looks at, and between frames.
    block_s
        Frames computed at a time.
    input_s
        Sound read at a time, and what resampling looks ahead.
    decision_s
        Until the segment is certain, where silence follows it; or until it is told all the same.
    """

    network_s: float
    frame_s: float
    block_s: float
    input_s: float
    decision_s: float

    @property
    def total_s(self) -> float:
        """All together; computing comes on top."""
        return sum(self)

    def describe(self) -> str:
        """Return it in words."""
        parts = (
            f"{name} {1000 * value:.0f}"
            for name, value in zip(("network", "frames", "block", "input", "decision"), self, strict=True)
        )
        return f"{1000 * self.total_s:.0f} ms ({', '.join(parts)})"


class Listening(NamedTuple):
    """How a stream is listened to.

    Attributes
    ----------
    sample_rate_hz
        Of the stream.
    read_samples
        Samples of it that come at a time.
    block_frames
        Frames that the network computes at a time.
    max_latency_s
        After which an annotation is told, certain or not; None: when it is certain.
    """

    sample_rate_hz: int
    read_samples: int
    block_frames: int = 8
    max_latency_s: float | None = None


def find_latency(model: TrainedSegmenter, decoding: DecodingOptions, how: Listening) -> Latency:
    """Return the latency of listening; with `max_latency_s` at most that.

    Raises
    ------
    SubsongError
        When `max_latency_s` is less than network, frames and input need.
    """
    rate, hop_s = model.sample_rate_hz, open_grid(model).hop_s
    ratio = Fraction(rate, how.sample_rate_hz)
    ahead = 0 if ratio == 1 else ratio.denominator - Resampler(ratio).find_reach(range(0)).start
    latency = Latency(
        model.module.receptive_frames.right * hop_s,
        find_frame_span(model).stop / rate + _END_FRAMES * hop_s,
        (how.block_frames - 1) * hop_s,
        (ahead + how.read_samples) / how.sample_rate_hz,
        (count_silent_frames(decoding, hop_s) - 1) * hop_s,
    )
    if how.max_latency_s is None:
        return latency
    least_s = latency.total_s - latency.decision_s + hop_s
    if how.max_latency_s < least_s:
        raise SubsongError(
            f"a latency of {1000 * how.max_latency_s:.0f} ms cannot be kept, this model needs "
            f"{math.ceil(1000 * least_s)} ms: it looks {1000 * latency.network_s:.0f} ms ahead (train one with "
            "model.tcn.causal for less), and blocks and input take the rest"
        )
    return latency._replace(decision_s=how.max_latency_s - (least_s - hop_s))
