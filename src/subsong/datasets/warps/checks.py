"""Renditions as they come from a caller, checked before anything is fitted to them.

Legend: N = renditions, T = frames, F = frequencies.
"""

from __future__ import annotations

import numpy as np

from subsong.core.errors import SubsongError
from subsong.datasets.warps.config import WarpConfig


def check_renditions(spec_NTF: np.ndarray, config: WarpConfig) -> np.ndarray:
    """Return renditions as an array of floating-point numbers.

    Raises
    ------
    SubsongError
        When they are not three-dimensional and finite, or shorter than the warp's pieces need.
    """
    spec_NTF = np.asarray(spec_NTF)
    if spec_NTF.ndim != 3 or 0 in spec_NTF.shape:
        raise SubsongError(f"expected renditions of shape (number, frames, frequencies), found {spec_NTF.shape}")
    least = max(3, 2 * config.num_outer_and_inner_knots)
    if spec_NTF.shape[1] < least:
        raise SubsongError(
            f"the renditions have {spec_NTF.shape[1]} frames, and this warp needs {least}: use a smaller hop or fewer "
            "knots"
        )
    finite_N = np.array([np.isfinite(spec_TF).all() for spec_TF in spec_NTF])
    if not finite_N.all():
        raise SubsongError(
            f"rendition {np.flatnonzero(~finite_N)[0]} holds a value that is not a finite number: leave it out, or "
            "repair its recording"
        )
    return spec_NTF if np.issubdtype(spec_NTF.dtype, np.floating) else spec_NTF.astype(np.float64)


def check_trained(trained_N: np.ndarray | None, num: int) -> np.ndarray:
    """Return the mask of renditions that the template is fitted to; None stands for all.

    Raises
    ------
    SubsongError
        When it is not a mask of `num` renditions, or holds none.
    """
    trained_N = np.ones(num, bool) if trained_N is None else np.asarray(trained_N)
    if trained_N.dtype != bool or trained_N.shape != (num,):
        raise SubsongError(
            f"trained_N should hold true or false for each of {num} renditions, found {trained_N.dtype} of shape "
            f"{trained_N.shape}"
        )
    if not trained_N.any():
        raise SubsongError("no rendition is left to fit the template to: mark one in trained_N at least")
    return trained_N
