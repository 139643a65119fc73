"""Time warps: rising maps between the time of renditions and that of a template, straight between knots.

Legend: N = renditions, K = knots (the two ends among them), M = times asked for, ... = any further shape.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Warp(NamedTuple):
    """The warps of a set of renditions, in fractions of the time base (0 its first frame, 1 its last).

    Attributes
    ----------
    x_knots_NK
        Times of the rendition, strictly ascending from 0 to 1, float64.
    y_knots_NK
        Times of the template at the same moments, strictly ascending; they may lie outside [0, 1].

    Notes
    -----
    Beyond the outer knots the outer slopes go on, so that both directions are defined for every time, and each undoes
    the other.
    """

    x_knots_NK: np.ndarray
    y_knots_NK: np.ndarray

    def to_template(self, trial_M: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return which moment of the template is sung at times of renditions.

        Parameters
        ----------
        trial_M
            Row of each rendition asked about, int, shape (M,).
        x
            Fractions, shape (M,) or (M, ...): one or several times of each.
        """
        return _follow(x, self.x_knots_NK[trial_M], self.y_knots_NK[trial_M])

    def to_recording(self, trial_M: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return when moments of the template are sung in renditions; arguments as of `to_template`."""
        return _follow(y, self.y_knots_NK[trial_M], self.x_knots_NK[trial_M])

    def select(self, trial_M: np.ndarray | slice) -> Warp:
        """Return the warps of some renditions, chosen by row or by a mask."""
        return Warp(self.x_knots_NK[trial_M], self.y_knots_NK[trial_M])


def null_warp(num: int, num_knots: int = 2) -> Warp:
    """Return warps that change nothing, with knots at equal distances.

    Parameters
    ----------
    num
        N.
    num_knots
        K, the two ends among them.
    """
    knots_NK = np.tile(np.linspace(0.0, 1.0, num_knots), (num, 1))
    return Warp(knots_NK, knots_NK.copy())


def check_warp(warp: Warp) -> None:
    """Check that warps can be followed in both directions.

    Raises
    ------
    ValueError
        When shapes differ, knots are not finite, do not rise, or x does not go from 0 to 1.
    """
    x_NK, y_NK = warp
    if x_NK.shape != y_NK.shape or x_NK.ndim != 2 or x_NK.shape[1] < 2:
        raise ValueError(f"knots should have one shape (renditions, 2 or more), not {x_NK.shape} and {y_NK.shape}")
    rises_N = (np.diff(x_NK) > 0).all(axis=1) & (np.diff(y_NK) > 0).all(axis=1) & np.isfinite(y_NK).all(axis=1)
    if not rises_N.all():
        raise ValueError(f"the knots of rendition {np.flatnonzero(~rises_N)[0]} do not rise: a warp never goes back")
    if not ((x_NK[:, 0] == 0) & (x_NK[:, -1] == 1)).all():
        raise ValueError("x_knots should go from 0, the first frame, to 1, the last")


def evaluate_on_frames(x_K: np.ndarray, y_K: np.ndarray, num_time_bins: int) -> np.ndarray:
    """Return the template time of every frame, not clamped, shape (..., T).

    Parameters
    ----------
    x_K, y_K
        Knots of any number of warps, shape (..., K); x goes from 0 to 1.
    num_time_bins
        T.
    """
    frame_T = np.linspace(0.0, 1.0, num_time_bins)
    gap_x, slope = np.diff(x_K), np.diff(y_K) / np.diff(x_K)
    template_T = np.repeat(y_K[..., :1], num_time_bins, axis=-1)
    # Each piece adds what is sung within it: no search for the piece that a frame is in.
    for piece in range(gap_x.shape[-1]):
        within_T = frame_T - x_K[..., piece, None]
        np.maximum(within_T, 0.0, out=within_T)
        np.minimum(within_T, gap_x[..., piece, None], out=within_T)
        within_T *= slope[..., piece, None]
        template_T += within_T
    return template_T


def _follow(x: np.ndarray, known_x_MK: np.ndarray, known_y_MK: np.ndarray) -> np.ndarray:
    """Interpolate between knots and go on with the outer slopes beyond them, shape of `x`."""
    x = np.asarray(x, dtype=np.float64)
    flat_MP = x.reshape(len(x), -1)
    inner_M1K = known_x_MK[:, None, 1:-1]
    piece_MP = (flat_MP[..., None] >= inner_M1K).sum(axis=-1)
    slope_MK = np.diff(known_y_MK) / np.diff(known_x_MK)
    from_x, from_y, slope = (np.take_along_axis(values, piece_MP, 1) for values in (known_x_MK, known_y_MK, slope_MK))
    followed: np.ndarray = (from_y + slope * (flat_MP - from_x)).reshape(x.shape)
    return followed
