"""Which warp brings moments that were marked by hand together best.

Legend: N = renditions, A = anchors: moments of the motif, such as onsets of its syllables, marked in some renditions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.cross_validation import build_candidates
from subsong.datasets.warps.fitting import fit_warp
from subsong.datasets.warps.warp import Warp, null_warp


class AnchorSearch(NamedTuple):
    """How well candidates align the anchors.

    Attributes
    ----------
    table
        One row a candidate with its settings and ``error_ms``; the first row is no warp at all.
    best
        The candidate with the least error; of equal ones the first.
    num_marks
        Marks that count.
    """

    table: pl.DataFrame
    best: WarpConfig
    num_marks: int


def search_by_anchors(
    spec_NTF: np.ndarray,
    anchors_NA: np.ndarray,
    duration_s: float,
    candidates: Sequence[WarpConfig] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AnchorSearch:
    """Fit each candidate to all renditions and score it on those with anchors.

    Parameters
    ----------
    spec_NTF
        Renditions on a common time base.
    anchors_NA
        Row n belongs to rendition n; as of `score_anchors`.
    duration_s
        Seconds from the first frame to the last.
    candidates
        None takes `build_candidates`.
    progress
        Called with the number of candidates done and of all.

    Raises
    ------
    SubsongError
        As of `score_anchors` and `fit_warp`.
    """
    candidates = build_candidates() if candidates is None else list(candidates)
    configs = [WarpConfig(kind="none"), *(config for config in candidates if config.kind != "none")]
    _check_anchors(anchors_NA, len(spec_NTF))
    error_C = [score_anchors(null_warp(len(spec_NTF)), anchors_NA, duration_s)]
    for done, config in enumerate(configs[1:], start=1):
        error_C.append(score_anchors(fit_warp(spec_NTF, config).warp, anchors_NA, duration_s))
        if progress is not None:
            progress(done, len(configs) - 1)
    table = pl.DataFrame([config.model_dump() for config in configs]).with_columns(error_ms=pl.Series(error_C))
    return AnchorSearch(table, configs[int(np.argmin(error_C))], int(_find_marks(anchors_NA).sum()))


def score_anchors(warp: Warp, anchors_NA: np.ndarray, duration_s: float) -> float:
    """Return how far apart the renditions' marks of one moment are in template time, in ms.

    Parameters
    ----------
    warp
        Of N renditions.
    anchors_NA
        When each moment happens in each rendition, as a fraction of the time base (`TimeBase.to_fraction`); NaN where
        it is not marked, so that a rendition nobody looked at is a row of NaN.
    duration_s
        Seconds from the first frame to the last.

    Raises
    ------
    SubsongError
        When the shapes differ, or fewer than 2 anchors are marked in 2 renditions or more.

    Notes
    -----
    The mean over all marks of the absolute difference to the anchor's mean over renditions, times the standard
    deviation of all marks over that of all warped marks: a warp that merely squeezes everything gains nothing. With one
    anchor alone that factor would measure the error itself. AVA scores the same way, but takes the knots of other
    renditions than those with marks.
    """
    _check_anchors(anchors_NA, len(warp.x_knots_NK))
    rows, columns = np.nonzero(_find_marks(anchors_NA))
    marks_M = anchors_NA[rows, columns]
    warped_M = warp.to_template(rows, marks_M)
    num_A = np.bincount(columns, minlength=anchors_NA.shape[1])
    mean_A = np.bincount(columns, warped_M, anchors_NA.shape[1]) / np.maximum(num_A, 1)
    error = np.abs(warped_M - mean_A[columns]).mean()
    return float(1000 * duration_s * error * marks_M.std() / warped_M.std())


def _find_marks(anchors_NA: np.ndarray) -> np.ndarray:
    """Return which marks count: those of anchors marked in more than one rendition; bool, shape (N, A)."""
    is_marked_NA = ~np.isnan(anchors_NA)
    counts_NA: np.ndarray = is_marked_NA & (is_marked_NA.sum(axis=0) > 1)
    return counts_NA


def _check_anchors(anchors_NA: np.ndarray, num: int) -> None:
    if anchors_NA.ndim != 2 or len(anchors_NA) != num:
        raise SubsongError(
            f"anchors should be an array with a row for each of {num} renditions, found shape {anchors_NA.shape}; "
            "a rendition without marks is a row of NaN"
        )
    if np.isinf(anchors_NA).any():
        raise SubsongError(f"anchors of rendition {np.argwhere(np.isinf(anchors_NA))[0, 0]} are not finite")
    num_usable = int(_find_marks(anchors_NA).any(axis=0).sum())
    if num_usable < 2:
        raise SubsongError(
            f"{num_usable} anchors are marked in two renditions or more, and 2 are needed: mark more moments"
        )
