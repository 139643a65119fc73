import numpy as np
from tests.datasets.warps.renditions import make_renditions

from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.moves import build_limits, build_moves
from subsong.datasets.warps.objective import compute_frame_distances, score_proposals
from subsong.datasets.warps.search import Search, draw_moves, find_derivatives, refine, search_lines
from subsong.datasets.warps.warp import Warp, null_warp


def build_search(warp_penalty: float = 0.01) -> Search:
    spec_NTF = make_renditions("piecewise", num=4, noise=0.1).spec_NTF
    limits = build_limits(WarpConfig(kind="piecewise", num_knots=2), spec_NTF.shape[1])
    return Search(compute_frame_distances(spec_NTF, spec_NTF[0]), limits, warp_penalty)


def test_the_gradient_of_newton_steps_is_that_of_the_objective() -> None:
    search, moves = build_search(warp_penalty=0.0), build_moves("piecewise", 4)
    warp = null_warp(4, 4)
    warp = Warp(warp.x_knots_NK, warp.y_knots_NK * 0.97 + 0.0137)
    gradient_NQ, _ = find_derivatives(search, warp, moves)
    size = 1e-6
    for number, (dx_K, dy_K) in enumerate(zip(moves.x_QK, moves.y_QK, strict=True)):
        ends = [
            score_proposals(
                search.distances, (warp[0] + sign * size * dx_K)[:, None], (warp[1] + sign * size * dy_K)[:, None], 0.0
            )[:, 0]
            for sign in (1, -1)
        ]
        np.testing.assert_allclose(gradient_NQ[:, number], (ends[0] - ends[1]) / (2 * size), rtol=1e-3, atol=1e-5)


def test_no_pass_makes_any_rendition_worse() -> None:
    search, moves = build_search(), build_moves("piecewise", 4)
    warp, rng = null_warp(4, 4), np.random.default_rng(0)
    for _ in range(3):
        new = refine(search, warp, moves, draw_moves(moves, rng))
        assert (search.score(new) <= search.score(warp)).all()
        warp = new
    assert (search.score(warp) < search.score(null_warp(4, 4)))[1:].all()


def test_searching_all_shifts_finds_the_best_one() -> None:
    search = build_search()
    found = search_lines(search, null_warp(4), with_tempo=False)
    for shift in np.linspace(-0.2, 0.2, 81):
        trial = Warp(found.x_knots_NK, found.x_knots_NK + shift)
        assert (search.score(found) <= search.score(trial) + 2e-3).all()


def test_a_better_warp_than_any_line_tried_is_kept() -> None:
    search = build_search(warp_penalty=0.0)
    best = refine(
        search, null_warp(4), build_moves("linear", 2), draw_moves(build_moves("linear", 2), np.random.default_rng(0))
    )
    kept = search_lines(search, best, with_tempo=True)
    assert (search.score(kept) <= search.score(best)).all()
