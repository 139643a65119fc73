"""In which directions the knots of a warp may move, and how far.

Legend: N = renditions, K = knots, P = proposals, Q = free directions, R = moves tried together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.datasets.warps.config import WarpConfig, WarpKind

_ALMOST_ALL = 1 - 1e-9
"""Share of the way to the edge of what is allowed that a move goes at most: rounding may not lead beyond it."""


class Moves(NamedTuple):
    """The free directions of a kind of warp, and some combinations of them worth trying.

    Attributes
    ----------
    x_QK, y_QK
        How far each knot moves along each free direction.
    pattern_RQ
        Moves in units of the free directions, each with its opposite.
    """

    x_QK: np.ndarray
    y_QK: np.ndarray
    pattern_RQ: np.ndarray


class Limits(NamedTuple):
    """What warps are allowed; every limit is linear in the knots, so that what lies between two warps is allowed too.

    Attributes
    ----------
    min_gap
        Least distance of neighbouring knots in x.
    max_shift, max_stretch
        As of `WarpConfig`.
    """

    min_gap: float
    max_shift: float
    max_stretch: float

    def compute_slack(self, x_K: np.ndarray, y_K: np.ndarray) -> np.ndarray:
        """Return how far warps are from each limit, below 0 beyond it, shape (..., limits) for knots (..., K)."""
        gap_x, gap_y, moved = np.diff(x_K), np.diff(y_K), y_K - x_K
        parts = (
            gap_x - self.min_gap,
            gap_y - gap_x / self.max_stretch,
            self.max_stretch * gap_x - gap_y,
            self.max_shift - moved,
            self.max_shift + moved,
        )
        return np.concatenate(parts, axis=-1)

    def shorten(
        self, x_NK: np.ndarray, y_NK: np.ndarray, dx_NPK: np.ndarray, dy_NPK: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the knots after moves, each as far as allowed, shape (N, P, K) each."""
        x_N1K, y_N1K = x_NK[:, None], y_NK[:, None]
        before = np.maximum(self.compute_slack(x_N1K, y_N1K), 0.0)
        after = self.compute_slack(x_N1K + dx_NPK, y_N1K + dy_NPK)
        before = np.broadcast_to(before, after.shape)
        share = np.divide(before, before - after, out=np.ones_like(after), where=after < 0)
        share_NP1 = np.where(after < 0, share * _ALMOST_ALL, 1.0).min(axis=-1, keepdims=True)
        return x_N1K + share_NP1 * dx_NPK, y_N1K + share_NP1 * dy_NPK


def build_limits(config: WarpConfig, num_time_bins: int) -> Limits:
    """Return the limits of a configuration; knots are a frame apart at least."""
    return Limits(1.0 / (num_time_bins - 1), config.max_shift, config.max_stretch)


def build_moves(kind: WarpKind, num_knots: int) -> Moves:
    """Return the moves of a kind of warp.

    Parameters
    ----------
    kind
        shift: both ends together; linear: each end; piecewise: each knot in y, and inner ones in x.
    num_knots
        K.
    """
    if kind == "shift":
        return Moves(np.zeros((1, 2)), np.ones((1, 2)), np.array([[1.0], [-1.0]]))
    ends = np.eye(num_knots)
    inner = ends[1:-1]
    x_QK, y_QK = np.concatenate([np.zeros_like(ends), inner]), np.concatenate([ends, np.zeros_like(inner)])
    num_inner = len(inner)
    together = np.concatenate([np.ones(num_knots), np.zeros(num_inner)])
    tilt = np.concatenate([np.linspace(-1.0, 1.0, num_knots), np.zeros(num_inner)])
    # An inner knot slides along its warp: it changes where the tempo changes and little else.
    slide = np.concatenate([ends[1:-1], np.eye(num_inner)], axis=1)
    # All from an inner knot on are shifted: one piece becomes longer or shorter.
    later = np.concatenate([np.triu(np.ones_like(ends))[1:-1], np.zeros((num_inner, num_inner))], axis=1)
    pattern = np.concatenate([np.eye(len(x_QK)), together[None], tilt[None], slide, later])
    return Moves(x_QK, y_QK, np.concatenate([pattern, -pattern]))
