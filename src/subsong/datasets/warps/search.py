"""Better warps for a given template: many proposals for all renditions at once, and none accepted that is worse.

Every rendition is searched on its own with the same moves, so that its warp does not depend on the others.

Legend: N = renditions, T = frames, K = knots, P = proposals, Q = free directions, R = moves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.datasets.warps.moves import Limits, Moves
from subsong.datasets.warps.objective import FrameDistances, Places, find_places, score_proposals
from subsong.datasets.warps.warp import Warp, evaluate_on_frames, null_warp

_SCALES = np.geomspace(0.1, 2e-4, 12)
"""Sizes of moves from coarse to fine, fractions of the time base."""
_NUM_DRAWN = 16
_DAMPING = (1e-3, 1e-1, 1.0, 10.0)
_PROPOSALS_A_BLOCK = 128
_NUM_TILTS, _MAX_TILT = 9, 0.16
"""Tempos tried everywhere: how far the end is moved against the beginning, halved."""
_MAX_NEWTON, _TINY = 0.1, 1e-12


class Search(NamedTuple):
    """One template's distances to some renditions, and how their warps may change."""

    distances: FrameDistances
    limits: Limits
    warp_penalty: float

    def score(self, warp: Warp) -> np.ndarray:
        """Return the objective of each rendition, shape (N,)."""
        x_NK, y_NK = warp
        score_N: np.ndarray = score_proposals(self.distances, x_NK[:, None], y_NK[:, None], self.warp_penalty)[:, 0]
        return score_N

    def try_steps(
        self, warp: Warp, score_N: np.ndarray, dx_NPK: np.ndarray, dy_NPK: np.ndarray
    ) -> tuple[Warp, np.ndarray]:
        """Return each rendition's warp after the best of some steps, where that lowers its objective, and that.

        Steps of shape (1, P, K) are tried on all renditions.
        """
        best, best_N = Warp(*(knots.copy() for knots in warp)), score_N.copy()
        rows = np.arange(len(score_N))
        for start in range(0, dx_NPK.shape[1], _PROPOSALS_A_BLOCK):
            some = slice(start, start + _PROPOSALS_A_BLOCK)
            x_NPK, y_NPK = self.limits.shorten(*warp, dx_NPK[:, some], dy_NPK[:, some])
            score_NP = score_proposals(self.distances, x_NPK, y_NPK, self.warp_penalty)
            least_N = score_NP.argmin(axis=1)
            falls = np.flatnonzero(score_NP[rows, least_N] < best_N)
            best.x_knots_NK[falls] = x_NPK[falls, least_N[falls]]
            best.y_knots_NK[falls] = y_NPK[falls, least_N[falls]]
            best_N[falls] = score_NP[falls, least_N[falls]]
        return best, best_N


def draw_moves(moves: Moves, rng: np.random.Generator) -> np.ndarray:
    """Return the moves of one pass, drawn ones among them, from coarse to fine, shape (scales, R, Q)."""
    drawn = rng.standard_normal((len(_SCALES), _NUM_DRAWN, moves.pattern_RQ.shape[1]))
    fixed = np.broadcast_to(moves.pattern_RQ, (len(_SCALES), *moves.pattern_RQ.shape))
    return np.concatenate([fixed, drawn], axis=1) * _SCALES[:, None, None]


def refine(search: Search, warp: Warp, moves: Moves, tried_SRQ: np.ndarray) -> Warp:
    """Return warps improved by one pass over the scales: moves of each size, and Newton steps."""
    score_N = search.score(warp)
    for tried_RQ in tried_SRQ:
        newton_NPQ = _find_newton_steps(search, warp, moves)
        fixed_NRQ = np.broadcast_to(tried_RQ, (len(score_N), *tried_RQ.shape))
        steps_NPQ = np.concatenate([fixed_NRQ, newton_NPQ], axis=1)
        warp, score_N = search.try_steps(warp, score_N, steps_NPQ @ moves.x_QK, steps_NPQ @ moves.y_QK)
    return warp


def search_lines(search: Search, warp: Warp, with_tempo: bool) -> Warp:
    """Return the better of each rendition's warp and of the best shift, or line, anywhere.

    Parameters
    ----------
    search
        What the warps are judged by.
    warp
        Warps with knots at the ends alone.
    with_tempo
        Try tempos too, each with every shift.
    """
    num_bins, max_shift = len(search.distances.step_S) + 1, search.limits.max_shift
    steps_a_side = int(np.ceil(max_shift * (num_bins - 1) * (1 if with_tempo else 2)))
    shift_P = np.linspace(-max_shift, max_shift, 1 + 2 * steps_a_side)
    tilt_P = np.linspace(-_MAX_TILT, _MAX_TILT, _NUM_TILTS) if with_tempo else np.zeros(1)
    dy_NPK = (shift_P[:, None, None] + tilt_P[:, None] * np.array([-1.0, 1.0])).reshape(1, -1, 2)
    null = null_warp(len(warp.x_knots_NK))
    found, found_N = search.try_steps(null, search.score(null), np.zeros_like(dy_NPK), dy_NPK)
    is_better_N1 = (found_N < search.score(warp))[:, None]
    return Warp(*(np.where(is_better_N1, new, old) for new, old in zip(found, warp, strict=True)))


def _find_newton_steps(search: Search, warp: Warp, moves: Moves) -> np.ndarray:
    """Return the minimum of the objective's local square form, at several dampings, shape (N, P, Q)."""
    gradient_NQ, hessian_NQQ = find_derivatives(search, warp, moves)
    num_free = len(moves.x_QK)
    size_N = np.trace(hessian_NQQ, axis1=1, axis2=2) / num_free + _TINY
    damping_NPQQ = (size_N[:, None] * np.array(_DAMPING))[..., None, None] * np.eye(num_free)
    steps_NPQ1 = np.linalg.solve(hessian_NQQ[:, None] + damping_NPQQ, -gradient_NQ[:, None, :, None])
    steps_NPQ: np.ndarray = np.clip(steps_NPQ1[..., 0], -_MAX_NEWTON, _MAX_NEWTON)
    return steps_NPQ


def find_derivatives(search: Search, warp: Warp, moves: Moves) -> tuple[np.ndarray, np.ndarray]:
    """Return gradient and curvature of each rendition's objective along the free directions, (N, Q) and (N, Q, Q).

    Both are exact but for the area, whose sign is summed over frames, and for how tempos change with knots that move.
    """
    slope_NT, curve_NT = _differentiate(search, warp)
    effect_NQT = _build_effects(warp, moves, slope_NT.shape[1])
    gradient_NQ = (effect_NQT @ slope_NT[..., None])[..., 0]
    return gradient_NQ, (effect_NQT * curve_NT[:, None]) @ effect_NQT.swapaxes(1, 2)


def _differentiate(search: Search, warp: Warp) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and second derivative of the objective in the template time of each frame, shape (N, T)."""
    distances, (x_NK, y_NK) = search.distances, warp
    num_bins = distances.distance_NTT.shape[1]
    time_NT = evaluate_on_frames(x_NK, y_NK, num_bins)
    cell_NT, share_NT = places = find_places(time_NT)
    before_N1T, after_N1T = distances.look_up(Places(*(part[:, None] for part in places)))
    step_NT = distances.step_S[cell_NT]
    rate = (num_bins - 1) / (num_bins * distances.num_freq_bins)
    slope_NT = (after_N1T - before_N1T)[:, 0] - (1 - 2 * share_NT) * step_NT
    # Beyond its ends the template stands still.
    moves_NT = (time_NT > 0) & (time_NT < 1)
    pull_NT = search.warp_penalty / num_bins * np.sign(time_NT - np.linspace(0.0, 1.0, num_bins))
    return rate * slope_NT * moves_NT + pull_NT, 2 * rate * (num_bins - 1) * step_NT * moves_NT


def _build_effects(warp: Warp, moves: Moves, num_bins: int) -> np.ndarray:
    """Return how the template time of each frame changes with each free direction, shape (N, Q, T)."""
    x_NK, y_NK = warp
    num_knots = x_NK.shape[1]
    frame_T = np.linspace(0.0, 1.0, num_bins)
    hat_NKT = np.stack([_build_hat(x_NK, knot, frame_T) for knot in range(num_knots)], axis=1)
    piece_NT = (frame_T[:, None] >= x_NK[:, None, 1:-1]).sum(axis=2)
    tempo_N1T = np.take_along_axis(np.diff(y_NK) / np.diff(x_NK), piece_NT, 1)[:, None]
    # A knot that moves to the right takes its level along: what was there before lies lower by the tempo.
    effect_NQT: np.ndarray = moves.y_QK @ hat_NKT - tempo_N1T * (moves.x_QK @ hat_NKT)
    return effect_NQT


def _build_hat(x_NK: np.ndarray, knot: int, frame_T: np.ndarray) -> np.ndarray:
    """Return a function that is 1 at one knot, 0 at the others and straight between, at all frames, shape (N, T)."""
    rises_NT = fall_NT = np.ones((len(x_NK), len(frame_T)))
    if knot > 0:
        rises_NT = (frame_T - x_NK[:, knot - 1, None]) / (x_NK[:, knot] - x_NK[:, knot - 1])[:, None]
    if knot < x_NK.shape[1] - 1:
        fall_NT = (x_NK[:, knot + 1, None] - frame_T) / (x_NK[:, knot + 1] - x_NK[:, knot])[:, None]
    return np.clip(np.minimum(rises_NT, fall_NT), 0.0, 1.0)
