"""Stretches of a recording that were looked at: one more, or one less; apart from each other and in order."""

from __future__ import annotations

import numpy as np

from subsong.datasets.song.stretches import join_stretches
from subsong.projects.documents.document import Stretches


def add_stretch(stretches: Stretches, start_s: float, stop_s: float) -> Stretches:
    """Return stretches with one more, joined with those it touches."""
    joined = join_stretches(np.array([*stretches, (start_s, stop_s)], np.float64))
    return tuple((start, stop) for start, stop in joined.tolist())


def take_stretch(stretches: Stretches, start_s: float, stop_s: float) -> Stretches:
    """Return what is left of stretches outside of one."""
    sides = [side for start, stop in stretches for side in ((start, min(stop, start_s)), (max(start, stop_s), stop))]
    return tuple(dict.fromkeys((start, stop) for start, stop in sides if start < stop))


def is_inside(stretches: Stretches, start_s: float, stop_s: float) -> bool:
    """Tell whether a stretch, or a point, lies within one of others."""
    return any(start <= start_s and stop_s <= stop for start, stop in stretches)
