"""AVA's figures of searches for the parameters of a time warp.

Legend: C = candidates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from subsong.reports.style import BLUE, HALF_WIDTH_MM, INK, MUTED, VERMILLION, house_style, new_figure, save_figure

_ROW_MM = 45.0


@house_style()
def draw_cross_validation(result: Mapping[str, Any], path: str | Path) -> None:
    """Write a figure of the scores of candidates over their number of knots: train, validation and test.

    Parameters
    ----------
    result
        As of `cross_validation_warp_parameter_search`.
    path
        Ends in ``.pdf``, ``.png`` or ``.svg``.
    """
    figure = new_figure(HALF_WIDTH_MM, 1.5 * _ROW_MM)
    axes = figure.add_subplot()
    scores = (("train", "train_rsq", INK), ("validation", "valid_rsq", BLUE), ("test", "test_rsq", VERMILLION))
    for shift, (label, name, color) in zip((-0.1, 0.0, 0.1), scores, strict=True):
        axes.scatter(result["knots"] + shift, np.ravel(result[name]), s=9, color=color, alpha=0.6, label=label)
    axes.set(xlabel="n_knots", ylabel="R²", xticks=np.unique(result["knots"]))
    axes.legend()
    save_figure(figure, path)


@house_style()
def draw_anchor_search(
    param_history: np.ndarray, loss_history: np.ndarray, support: Sequence[np.ndarray], null_ms: float, path: str | Path
) -> None:
    """Write a figure of the error of candidates over each parameter, above the error without any warp.

    Parameters
    ----------
    param_history, loss_history, support
        As of `anchor_point_warp_parameter_search`.
    null_ms
        The error without a warp, a dashed line.
    path
        Ends in ``.pdf``, ``.png`` or ``.svg``.
    """
    figure = new_figure(HALF_WIDTH_MM, 3 * _ROW_MM)
    names = ("n_knots", "warp_reg_scale", "smoothness_reg_scale")
    for axes, name, place_C, values in zip(figure.subplots(3, 1), names, param_history.T, support, strict=True):
        axes.axhline(null_ms, color=MUTED, linestyle="--", linewidth=0.8)
        axes.scatter(place_C, loss_history, s=9, color=INK, alpha=0.6)
        axes.set(xlabel=name, ylabel="error (ms)", xticks=np.arange(len(values)))
        axes.set_xticklabels([f"{value:.3g}" for value in values])
    save_figure(figure, path)
