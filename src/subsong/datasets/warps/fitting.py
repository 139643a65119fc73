"""Fitting a template and the warps of renditions together, and aligning new renditions to a template.

The warps and the template are improved in turn, each without making the total worse. It goes in stages, each beginning
with the warps of the one before: shifts, then lines, then pieces. In the first two all shifts (and tempos) are tried.

Legend: N = renditions, T = frames, F = frequencies, K = knots.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.warps.checks import check_renditions, check_trained
from subsong.datasets.warps.config import WarpConfig, WarpKind
from subsong.datasets.warps.moves import Moves, build_limits, build_moves
from subsong.datasets.warps.objective import (
    compute_frame_distances,
    compute_objective,
    compute_total,
    iterate_blocks,
)
from subsong.datasets.warps.search import Search, draw_moves, refine, search_lines
from subsong.datasets.warps.template import fit_template
from subsong.datasets.warps.warp import Warp, null_warp

_STAGES: dict[WarpKind, tuple[WarpKind, ...]] = {
    "none": (),
    "shift": ("shift",),
    "linear": ("shift", "linear"),
    "piecewise": ("shift", "linear", "piecewise"),
}
_MIN_GAIN, _MIN_GAIN_EARLY, _SLOW_GAIN = 1e-6, 1e-3, 1e-4
"""Shares of the total: a round that gains less ends the last stage, or an earlier one, or calls for joint moves."""
_TOGETHER = (4.0, 2.0, 1.0, 0.2)
"""Joint moves in frames: whole ones keep where frames fall between those of the template."""
_NUM_ALIGNING = 3
"""Passes of each stage when the template stays as it is."""


class FittedWarp(NamedTuple):
    """Warps, and the template they align to.

    Attributes
    ----------
    warp
        Of all renditions, those not fitted to included.
    template_TF
        float64, on the frames of the time base.
    objective_N
        Mean squared error of each rendition plus the penalty of its warp.
    loss_history
        The total over the fitted renditions (`compute_total`) before, and after each round; it never rises.
    """

    warp: Warp
    template_TF: np.ndarray
    objective_N: np.ndarray
    loss_history: np.ndarray


def fit_warp(spec_NTF: np.ndarray, config: WarpConfig | None = None, trained_N: np.ndarray | None = None) -> FittedWarp:
    """Fit a template and the warp of each rendition.

    Parameters
    ----------
    spec_NTF
        Renditions on a common time base, frames before frequencies; a trace has F = 1.
    config
        None takes the usual one.
    trained_N
        Bool: the template is fitted to these renditions alone, the others are aligned to it. None: to all.

    Raises
    ------
    SubsongError
        When the renditions are not three-dimensional and finite, are fewer than 1 or shorter than the warp's pieces
        need, or none is to be fitted to.
    """
    config = config or WarpConfig()
    spec_NTF = check_renditions(spec_NTF, config)
    trained_N = check_trained(trained_N, len(spec_NTF))
    (trained, template_TF, _), history = _fit_in_stages(spec_NTF[trained_N], config)
    warp = null_warp(len(spec_NTF), trained.x_knots_NK.shape[1])
    if not trained_N.all():
        aligned = align(template_TF, spec_NTF[~trained_N], config)
        for knots_NK, new_NK in zip(warp, aligned, strict=True):
            knots_NK[~trained_N] = new_NK
    for knots_NK, new_NK in zip(warp, trained, strict=True):
        knots_NK[trained_N] = new_NK
    objective_N = compute_objective(spec_NTF, template_TF, warp, config.warp_penalty)
    return FittedWarp(warp, template_TF, objective_N, np.array(history))


def align(template_TF: np.ndarray, spec_NTF: np.ndarray, config: WarpConfig) -> Warp:
    """Return the warps of new renditions to a template that stays as it is; each is aligned on its own.

    Parameters
    ----------
    template_TF
        As fitted.
    spec_NTF
        On the same time base and frequencies.
    config
        As the template was fitted with.

    Raises
    ------
    SubsongError
        When the renditions are not finite, or not of the template's shape.
    """
    spec_NTF = check_renditions(spec_NTF, config)
    if spec_NTF.shape[1:] != template_TF.shape:
        raise SubsongError(
            f"the template has (frames, frequencies) {template_TF.shape}, the renditions have {spec_NTF.shape[1:]}: "
            "compute them on the time base and with the frequencies the template was fitted on"
        )
    warp = null_warp(len(spec_NTF))
    for kind in _STAGES[config.kind]:
        moves = _moves_of(kind, config)
        warp = _add_knots(warp, moves.x_QK.shape[1])
        for number in range(_NUM_ALIGNING):
            warp = _improve(spec_NTF, template_TF, warp, config, kind, number)
    return warp


class _Fit(NamedTuple):
    """Warps with the template that is best for them, and their total."""

    warp: Warp
    template_TF: np.ndarray
    total: float


def _fit_in_stages(spec_NTF: np.ndarray, config: WarpConfig) -> tuple[_Fit, list[float]]:
    """Return the fit of the last stage, and the totals of all rounds."""
    fit = _fit_template(spec_NTF, null_warp(len(spec_NTF)), config)
    history = [fit.total]
    for kind in _STAGES[config.kind]:
        fit = fit._replace(warp=_add_knots(fit.warp, _moves_of(kind, config).x_QK.shape[1]))
        # Stages before the last only need to come near.
        min_gain, leap = _MIN_GAIN if kind == config.kind else _MIN_GAIN_EARLY, 1.0
        for number in range(config.num_iterations):
            new, leap = _run_round(spec_NTF, fit, config, kind, number, leap)
            if new.total >= fit.total * (1 - max(min_gain, _SLOW_GAIN)):
                new = _move_together(spec_NTF, new, config)
            is_done = new.total >= fit.total * (1 - min_gain)
            if new.total < fit.total:
                fit = new
                history.append(fit.total)
            if is_done:
                break
    return fit, history


def _run_round(
    spec_NTF: np.ndarray, fit: _Fit, config: WarpConfig, kind: WarpKind, number: int, leap: float
) -> tuple[_Fit, float]:
    """Return the fit after one round, and how far the next may leap.

    Taking turns creeps where warps and template have to change together, so the warps also go on `leap` times as far
    in the direction they moved; what is better is kept.
    """
    warp = _improve(spec_NTF, fit.template_TF, fit.warp, config, kind, number)
    steps = [leap * (new - old)[:, None] for old, new in zip(fit.warp, warp, strict=True)]
    near = _fit_template(spec_NTF, warp, config)
    far = _fit_template(spec_NTF, _shorten(warp, steps[0], steps[1], fit, config), config)
    return (far, 2 * leap) if far.total < near.total else (near, 1.0)


def _move_together(spec_NTF: np.ndarray, fit: _Fit, config: WarpConfig) -> _Fit:
    """Return the best fit after shifting or tilting all warps alike, which no warp gains from by itself."""
    x_NK = fit.warp.x_knots_NK
    directions = [np.ones_like(x_NK)] + ([2 * x_NK - 1] if config.kind != "shift" else [])
    fits = [fit]
    for num_frames in (*_TOGETHER, *(-number for number in _TOGETHER)):
        for dy_NK in directions:
            step_N1K = num_frames / (spec_NTF.shape[1] - 1) * dy_NK[:, None]
            moved = _shorten(fit.warp, np.zeros_like(step_N1K), step_N1K, fit, config)
            fits.append(_fit_template(spec_NTF, moved, config))
    return min(fits, key=lambda one: one.total)


def _shorten(warp: Warp, dx_N1K: np.ndarray, dy_N1K: np.ndarray, fit: _Fit, config: WarpConfig) -> Warp:
    limits = build_limits(config, len(fit.template_TF))
    x_N1K, y_N1K = limits.shorten(*warp, dx_N1K, dy_N1K)
    return Warp(x_N1K[:, 0], y_N1K[:, 0])


def _fit_template(spec_NTF: np.ndarray, warp: Warp, config: WarpConfig) -> _Fit:
    template_TF = fit_template(spec_NTF, warp, config.smoothness, config.l2)
    objective_N = compute_objective(spec_NTF, template_TF, warp, config.warp_penalty)
    return _Fit(warp, template_TF, compute_total(objective_N, template_TF, config))


def _improve(
    spec_NTF: np.ndarray, template_TF: np.ndarray, warp: Warp, config: WarpConfig, kind: WarpKind, number: int
) -> Warp:
    """Return warps of one kind after one round; in the first of a stage all shifts or lines are tried."""
    moves = _moves_of(kind, config)
    limits = build_limits(config, len(template_TF))
    tried_SRQ = draw_moves(moves, numpy_generator(config.seed, "warp", kind, number))
    parts = []
    for block in iterate_blocks(len(spec_NTF), len(template_TF) ** 2):
        search = Search(compute_frame_distances(spec_NTF[block], template_TF), limits, config.warp_penalty)
        part = warp.select(block)
        if number == 0 and kind != "piecewise":
            part = search_lines(search, part, with_tempo=kind == "linear")
        parts.append(refine(search, part, moves, tried_SRQ))
    return Warp(*(np.concatenate(knots) for knots in zip(*parts, strict=True)))


def _moves_of(kind: WarpKind, config: WarpConfig) -> Moves:
    return build_moves(kind, config.num_outer_and_inner_knots if kind == "piecewise" else 2)


def _add_knots(warp: Warp, num_knots: int) -> Warp:
    """Return lines as warps with more knots, at equal distances; what has them already is returned as it is."""
    x_NK, y_NK = warp
    if x_NK.shape[1] == num_knots:
        return warp
    share_K = np.linspace(0.0, 1.0, num_knots)
    return Warp(np.tile(share_K, (len(x_NK), 1)), y_NK[:, :1] + share_K * (y_NK[:, 1:] - y_NK[:, :1]))
