import numpy as np
import pytest

from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.moves import build_limits, build_moves
from subsong.datasets.warps.warp import null_warp


@pytest.mark.parametrize(("kind", "num_knots", "num_free"), [("shift", 2, 1), ("linear", 2, 2), ("piecewise", 5, 8)])
def test_a_kind_of_warp_has_as_many_free_directions_as_numbers(kind: str, num_knots: int, num_free: int) -> None:
    moves = build_moves(kind, num_knots)
    directions = np.concatenate([moves.x_QK, moves.y_QK], axis=1)
    assert np.linalg.matrix_rank(directions) == len(directions) == num_free


def test_the_ends_of_a_rendition_stay_its_ends() -> None:
    assert not build_moves("piecewise", 5).x_QK[:, [0, -1]].any()


def test_moves_that_lead_too_far_end_at_the_limit() -> None:
    limits = build_limits(WarpConfig(max_shift=0.2), 50)
    warp = null_warp(1)
    x_NPK, y_NPK = limits.shorten(*warp, np.zeros((1, 1, 2)), np.full((1, 1, 2), 0.7))
    assert y_NPK[0, 0].tolist() == pytest.approx([0.2, 1.2])
    assert x_NPK[0, 0].tolist() == [0.0, 1.0]


def test_any_moves_keep_warps_within_all_limits() -> None:
    rng = np.random.default_rng(0)
    limits = build_limits(WarpConfig(max_shift=0.2, max_stretch=2.0), 50)
    warp = null_warp(3, 6)
    for _ in range(20):
        dx_NPK = rng.normal(size=(3, 1, 6)) * [0, 1, 1, 1, 1, 0]
        x_NPK, y_NPK = limits.shorten(*warp, dx_NPK, rng.normal(size=(3, 1, 6)))
        warp = type(warp)(x_NPK[:, 0], y_NPK[:, 0])
        assert limits.compute_slack(*warp).min() > -1e-12
