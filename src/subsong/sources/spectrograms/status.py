"""What became of each segment: shown whole, shown in part, or not shown, and why.

Legend: N = segments.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from subsong.sources.spectrograms.config import SpectrogramConfig

_DURATION_TOLERANCE_S = 1e-4


class SegmentStatus(IntEnum):
    """Up to `PARTLY_OUTSIDE` there is an image; after that it is black and is no picture of the segment."""

    SHOWN = 0
    CROPPED = 1
    PARTLY_OUTSIDE = 2
    EMPTY = 3
    OUTSIDE = 4
    TOO_SHORT = 5
    NOT_FINITE = 6

    @property
    def has_image(self) -> bool:
        """Whether the image shows the segment, or a part of it."""
        return self <= SegmentStatus.PARTLY_OUTSIDE

    @property
    def reason(self) -> str:
        """What to tell the user, to be put after the name of the segment."""
        return _REASONS[self]


_REASONS = {
    SegmentStatus.SHOWN: "shown whole",
    SegmentStatus.CROPPED: "longer than max_duration_s: its ends may be cut off",
    SegmentStatus.PARTLY_OUTSIDE: "reaches beyond the recording: only the part inside is shown",
    SegmentStatus.EMPTY: "has no duration: its onset is not before its offset",
    SegmentStatus.OUTSIDE: "lies outside the recording",
    SegmentStatus.TOO_SHORT: "has fewer samples than one STFT window, which edges: silence needs",
    SegmentStatus.NOT_FINITE: "has samples that are not numbers (NaN or infinite), in it or in what is shown around it",
}


class SampleSpan(NamedTuple):
    """The samples that are at hand: a recording, or a part of one."""

    num_samples: int
    sample_rate_hz: int
    start_s: float = 0.0

    @property
    def stop_s(self) -> float:
        """Time at which the samples end."""
        return self.start_s + self.num_samples / self.sample_rate_hz

    def find_samples(self, times_s: np.ndarray) -> np.ndarray:
        """Return the sample nearest to each time, counted from the first at hand; any integers, same shape."""
        first = round(self.start_s * self.sample_rate_hz)
        samples: np.ndarray = np.rint(times_s * self.sample_rate_hz).astype(np.int64) - first
        return samples


def find_status(segments_s: np.ndarray, span: SampleSpan, config: SpectrogramConfig) -> np.ndarray:
    """Return the `SegmentStatus` of each segment as far as its times tell, shape (N,), int8."""
    status_N = np.full(len(segments_s), SegmentStatus.EMPTY, dtype=np.int8)
    timed_N = np.isfinite(segments_s).all(axis=1) & (segments_s[:, 0] < segments_s[:, 1])
    samples_N2 = span.find_samples(segments_s[timed_N])
    status_N[timed_N] = _find_timed_status(segments_s[timed_N], samples_N2, span, config)
    return status_N


def _find_timed_status(
    segments_s: np.ndarray, samples_N2: np.ndarray, span: SampleSpan, config: SpectrogramConfig
) -> np.ndarray:
    num_inside_N = np.diff(samples_N2.clip(0, span.num_samples), axis=1)[:, 0]
    too_short = config.window_size if config.edges == "silence" else 1
    duration_N = segments_s[:, 1] - segments_s[:, 0]
    # The first that holds decides.
    rules = [
        (samples_N2[:, 0] >= samples_N2[:, 1], SegmentStatus.EMPTY),
        (num_inside_N == 0, SegmentStatus.OUTSIDE),
        (num_inside_N < too_short, SegmentStatus.TOO_SHORT),
        (num_inside_N < samples_N2[:, 1] - samples_N2[:, 0], SegmentStatus.PARTLY_OUTSIDE),
        (duration_N > config.max_duration_s + _DURATION_TOLERANCE_S, SegmentStatus.CROPPED),
    ]
    return np.select([rule for rule, _ in rules], [int(status) for _, status in rules], SegmentStatus.SHOWN)
