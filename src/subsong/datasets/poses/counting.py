"""What a source of posed pictures holds, in numbers."""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.datasets.poses.drawing import PoseSource


def count_poses(source: PoseSource) -> int:
    """Return how many poses are named, or, where none is, how many different ones there are."""
    named = source.items["pose"].drop_nulls().n_unique()
    if named:
        return named
    if source.keypoints_NK2 is not None:
        return len(np.unique(np.nan_to_num(source.keypoints_NK2, nan=-1.0), axis=0))
    assert source.stickman_N is not None
    return len(np.unique(source.stickman_N))


def count_missing(source: PoseSource) -> pl.DataFrame | None:
    """Return ``joint`` and ``num_missing``, how many pictures lack it; None where there are no keypoints."""
    if source.keypoints_NK2 is None or source.skeleton is None:
        return None
    num_missing_K = np.isnan(source.keypoints_NK2).any(axis=2).sum(axis=0)
    return pl.DataFrame({"joint": list(source.skeleton.names), "num_missing": num_missing_K})
