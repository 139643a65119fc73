"""Recordings of several sample rates at the one of the store: exact ratios, so that annotations stay where they were.

Legend: C = channels, T = samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from subsong.sources.audio.info import AudioInfo
from subsong.sources.audio.reader import AudioReader
from subsong.sources.audio.resampling import Resampler


def choose_rate(infos: Sequence[AudioInfo]) -> int:
    """Return the rate of most recordings, the highest of several that are equally common."""
    counts = Counter(info.sample_rate_hz for info in infos)
    return max(counts, key=lambda rate: (counts[rate], rate))


def count_samples(info: AudioInfo, sample_rate_hz: int) -> int:
    """Return how many samples a recording has at another rate."""
    return Resampler(Fraction(sample_rate_hz, info.sample_rate_hz)).count(info.num_samples)


def read_at_rate(reader: AudioReader, sample_rate_hz: int, start: int, stop: int) -> np.ndarray:
    """Return the samples `start` to before `stop` of an open recording at another rate, float32, shape (T,).

    Of a reader of all channels the shape is (C, T). The same samples whichever stretch they are read with, bit for bit.
    """
    ratio = Fraction(sample_rate_hz, reader.info.sample_rate_hz)
    if ratio == 1:
        return reader.read(start, stop)
    resampler, new = Resampler(ratio), range(start, stop)
    reach = resampler.find_reach(new)
    held = reader.read(reach.start, reach.stop)
    before = max(0, -reach.start)
    beyond = before, len(reach) - before - held.shape[-1]
    resampled_CT = np.stack([resampler.compute(np.pad(held_T, beyond), new) for held_T in np.atleast_2d(held)])
    return resampled_CT.reshape(*held.shape[:-1], len(new))
