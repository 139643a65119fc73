import numpy as np
from tests.datasets.warps.test_objective import draw_warps

from subsong.datasets.warps.template import fit_template
from subsong.datasets.warps.warp import Warp, null_warp


def solve_densely(spec_NTF: np.ndarray, warp: Warp, smoothness: float, l2: float) -> np.ndarray:
    """Least squares with one row a frame of a rendition, one a second difference and one a value."""
    num, num_bins, num_freq_bins = spec_NTF.shape
    rows = []
    for x_K, y_K in zip(*warp, strict=True):
        for t in range(num_bins):
            place = np.clip(np.interp(t / (num_bins - 1), x_K, y_K), 0.0, 1.0) * (num_bins - 1)
            rows.append(np.maximum(0.0, 1.0 - np.abs(np.arange(num_bins) - place)))
    bend = np.sqrt(num * smoothness) * np.diff(np.eye(num_bins), n=2, axis=0)
    size = np.sqrt(num * l2) * np.eye(num_bins)
    target = np.concatenate([spec_NTF.reshape(-1, num_freq_bins), np.zeros((len(bend) + num_bins, num_freq_bins))])
    return np.linalg.lstsq(np.concatenate([rows, bend, size]), target, rcond=None)[0]


def test_the_template_is_the_dense_least_squares_solution() -> None:
    spec_NTF, warp = np.random.default_rng(0).random((6, 17, 3)), draw_warps(6, 4)
    found_TF = fit_template(spec_NTF, warp, smoothness=0.1, l2=1e-3)
    np.testing.assert_allclose(found_TF, solve_densely(spec_NTF, warp, 0.1, 1e-3), atol=1e-9)


def test_without_warp_and_penalty_the_template_is_the_mean() -> None:
    spec_NTF = np.random.default_rng(0).random((5, 9, 2)).astype(np.float32)
    found_TF = fit_template(spec_NTF, null_warp(5), smoothness=0.0, l2=1e-12)
    np.testing.assert_allclose(found_TF, spec_NTF.mean(axis=0, dtype=np.float64), atol=1e-9)


def test_moments_nobody_sang_stay_finite() -> None:
    late = Warp(np.array([[0.0, 1.0]]), np.array([[0.6, 1.2]]))
    assert np.isfinite(fit_template(np.ones((1, 20, 1)), late, smoothness=0.0, l2=1e-7)).all()
