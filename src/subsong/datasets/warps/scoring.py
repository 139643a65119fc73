"""How much of renditions a warped template explains.

Legend: N = renditions, T = frames, F = frequencies.
"""

from __future__ import annotations

import numpy as np

from subsong.datasets.warps.objective import iterate_blocks, warp_template
from subsong.datasets.warps.warp import Warp


def score_warp(
    spec_NTF: np.ndarray, template_TF: np.ndarray, warp: Warp, baseline_F: np.ndarray | None = None
) -> float:
    """Return R^2: 1 less the squared error of the warped template over that of a constant.

    Parameters
    ----------
    spec_NTF
        What is to be explained: for an honest score, renditions and frequencies that nothing was fitted to.
    template_TF, warp
        The template at the same frequencies, and the warps of the same renditions.
    baseline_F
        The constant of each frequency; None takes its mean over `spec_NTF`.

    Returns
    -------
    float
        1 at best; 0 for what explains no more than a constant; NaN where renditions are constant.
    """
    if baseline_F is None:
        baseline_F = spec_NTF.mean(axis=(0, 1), dtype=np.float64)
    error = baseline_error = 0.0
    for block in iterate_blocks(len(spec_NTF), spec_NTF[0].size):
        error += np.square(warp_template(template_TF, warp.select(block)) - spec_NTF[block]).sum()
        baseline_error += np.square(spec_NTF[block] - baseline_F).sum()
    return float(1.0 - error / baseline_error) if baseline_error > 0 else float("nan")
