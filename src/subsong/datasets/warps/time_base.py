"""Fractions of the time base of renditions, and the seconds they stand for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class TimeBase(NamedTuple):
    """The frames all renditions are sampled at: frame j is at ``start_s + j * dt_s`` from a rendition's own zero.

    Attributes
    ----------
    start_s
        Of the first frame, from the rendition's zero (such as the onset of its motif); negative within the margin.
    dt_s
        Seconds from one frame to the next.
    num_time_bins
        T.

    Notes
    -----
    Fraction 1 is the last frame, T - 1 steps after the first; with T steps every time would come out too late by a
    factor T / (T - 1).
    """

    start_s: float
    dt_s: float
    num_time_bins: int

    @property
    def duration_s(self) -> float:
        """Seconds from fraction 0 to fraction 1."""
        return (self.num_time_bins - 1) * self.dt_s

    def to_seconds(self, fraction: np.ndarray) -> np.ndarray:
        """Return seconds from the rendition's zero, any shape."""
        return self.start_s + np.asarray(fraction) * self.duration_s

    def to_fraction(self, seconds: np.ndarray) -> np.ndarray:
        """Return fractions of the time base, any shape."""
        return (np.asarray(seconds) - self.start_s) / self.duration_s
