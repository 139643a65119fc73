import numpy as np
import pytest

from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.objective import (
    compute_area,
    compute_frame_distances,
    compute_objective,
    compute_total,
    score_proposals,
)
from subsong.datasets.warps.warp import Warp, null_warp


def draw_warps(num: int, num_knots: int, seed: int = 0) -> Warp:
    rng = np.random.default_rng(seed)
    x_NK = np.cumsum(rng.uniform(0.2, 1.0, (num, num_knots)), axis=1)
    x_NK = (x_NK - x_NK[:, :1]) / (x_NK[:, -1:] - x_NK[:, :1])
    return Warp(x_NK, np.sort(rng.uniform(-0.2, 1.2, (num, num_knots)), axis=1))


def objective_by_loops(spec_TF: np.ndarray, template_TF: np.ndarray, x_K, y_K, warp_penalty: float) -> float:
    """The definition, one frame at a time; the area by a fine sum."""
    num_bins, num_freq_bins = spec_TF.shape
    error = 0.0
    for t in range(num_bins):
        place = min(max(np.interp(t / (num_bins - 1), x_K, y_K), 0.0), 1.0) * (num_bins - 1)
        before = min(int(place), num_bins - 2)
        share = place - before
        for f in range(num_freq_bins):
            model = (1 - share) * template_TF[before, f] + share * template_TF[before + 1, f]
            error += (spec_TF[t, f] - model) ** 2
    fine = (np.arange(200_000) + 0.5) / 200_000
    return error / (num_bins * num_freq_bins) + warp_penalty * np.abs(np.interp(fine, x_K, y_K) - fine).mean()


@pytest.mark.parametrize("num_knots", [2, 3, 6])
def test_the_objective_is_that_of_the_plain_loops(num_knots: int) -> None:
    rng = np.random.default_rng(1)
    spec_NTF, template_TF = rng.random((4, 23, 5)), rng.random((23, 5))
    warp = draw_warps(4, num_knots)
    found_N = compute_objective(spec_NTF, template_TF, warp, 0.3)
    for found, spec_TF, x_K, y_K in zip(found_N, spec_NTF, *warp, strict=True):
        assert found == pytest.approx(objective_by_loops(spec_TF, template_TF, x_K, y_K, 0.3), abs=1e-8)


def test_proposals_are_scored_from_distances_as_from_the_spectrograms_themselves() -> None:
    rng = np.random.default_rng(2)
    spec_NTF, template_TF = rng.random((3, 31, 7)), rng.random((31, 7))
    proposals = [draw_warps(3, 4, seed) for seed in range(5)]
    x_NPK, y_NPK = (np.stack([warp[axis] for warp in proposals], axis=1) for axis in (0, 1))
    found_NP = score_proposals(compute_frame_distances(spec_NTF, template_TF), x_NPK, y_NPK, 0.2)
    expected_NP = np.stack([compute_objective(spec_NTF, template_TF, warp, 0.2) for warp in proposals], axis=1)
    np.testing.assert_allclose(found_NP, expected_NP, rtol=1e-12)


def test_the_area_of_a_warp_that_crosses_the_identity_is_that_of_two_triangles() -> None:
    assert compute_area(np.array([0.0, 1.0]), np.array([-0.1, 1.3])) == pytest.approx((0.25 * 0.1 + 0.75 * 0.3) / 2)


def test_the_area_of_a_shift_is_the_shift_and_of_no_warp_nothing() -> None:
    assert compute_area(np.array([0.0, 1.0]), np.array([0.2, 1.2])) == pytest.approx(0.2)
    assert compute_area(*null_warp(2, 4)).tolist() == [0.0, 0.0]


def test_the_total_adds_the_penalties_of_the_template_to_the_mean_objective() -> None:
    template_TF = np.array([[0.0], [1.0], [0.0], [2.0]])
    config = WarpConfig(smoothness=0.5, l2=0.1)
    assert compute_total(np.array([1.0, 3.0]), template_TF, config) == pytest.approx(2 + (0.5 * 13 + 0.1 * 5) / 4)
