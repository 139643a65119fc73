from functools import lru_cache

import numpy as np
import pytest
from tests.datasets.warps.renditions import Renditions, make_renditions, measure_error_ms

from subsong.core.errors import SubsongError
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.fitting import FittedWarp, align, fit_warp
from subsong.datasets.warps.objective import compute_objective, compute_total
from subsong.datasets.warps.template import fit_template
from subsong.datasets.warps.warp import check_warp, null_warp

KINDS = ("shift", "linear", "piecewise")


def configure(kind: str, **settings) -> WarpConfig:
    return WarpConfig(kind=kind, num_knots=3, **settings)


@lru_cache
def fit_once(kind: str, spread: float = 1.0) -> tuple[Renditions, FittedWarp]:
    made = make_renditions(kind, num=24 if kind == "piecewise" else 40, spread=spread)
    return made, fit_warp(made.spec_NTF, configure(kind, num_iterations=15))


@pytest.mark.parametrize("kind", KINDS)
def test_known_warps_are_recovered(kind: str) -> None:
    made, fitted = fit_once(kind)
    assert measure_error_ms(made.warp, null_warp(len(made.spec_NTF))) > 4.0
    assert measure_error_ms(made.warp, fitted.warp) < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_warps_of_many_frames_are_recovered_too(kind: str) -> None:
    made = make_renditions(kind, num=20, spread=3.0, seed=1)
    fitted = fit_warp(made.spec_NTF, configure(kind, num_iterations=8))
    assert measure_error_ms(made.warp, null_warp(20)) > 14.0
    assert measure_error_ms(made.warp, fitted.warp) < 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_total_falls_in_every_round(kind: str) -> None:
    history = fit_once(kind)[1].loss_history
    assert len(history) > 2
    assert (np.diff(history) < 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_returned_belongs_together(kind: str) -> None:
    made, fitted = fit_once(kind)
    config = configure(kind)
    expected_TF = fit_template(made.spec_NTF, fitted.warp, config.smoothness, config.l2)
    np.testing.assert_array_equal(fitted.template_TF, expected_TF)
    objective_N = compute_objective(made.spec_NTF, fitted.template_TF, fitted.warp, config.warp_penalty)
    np.testing.assert_array_equal(fitted.objective_N, objective_N)
    assert compute_total(objective_N, expected_TF, config) == pytest.approx(fitted.loss_history[-1], rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_knots_rise_and_warps_can_be_undone(kind: str) -> None:
    warp = fit_once(kind)[1].warp
    check_warp(warp)
    trial_N = np.arange(len(warp.x_knots_NK))
    times = np.tile(np.linspace(-0.2, 1.2, 57), (len(trial_N), 1))
    np.testing.assert_allclose(warp.to_recording(trial_N, warp.to_template(trial_N, times)), times, atol=1e-9)


def test_a_shift_has_slope_one_and_pieces_stay_within_max_stretch() -> None:
    x_NK, y_NK = fit_once("shift")[1].warp
    np.testing.assert_allclose(np.diff(y_NK), np.diff(x_NK), atol=1e-12)
    made = make_renditions("piecewise", num=8, spread=3.0)
    x_NK, y_NK = fit_warp(made.spec_NTF, configure("piecewise", max_stretch=1.05, num_iterations=3)).warp
    slope_NK = np.diff(y_NK) / np.diff(x_NK)
    assert slope_NK.max() <= 1.05 + 1e-9
    assert slope_NK.min() >= 1 / 1.05 - 1e-9
    assert slope_NK.max() > 1.049


def test_no_warp_at_all_leaves_everything_where_it_is() -> None:
    made = make_renditions("shift", num=5)
    fitted = fit_warp(made.spec_NTF, WarpConfig(kind="none"))
    assert fitted.warp.to_template(np.array([3]), np.array([0.4])).tolist() == [0.4]
    assert len(fitted.loss_history) == 1


def test_the_same_seed_gives_the_same_numbers_bit_for_bit() -> None:
    spec_NTF = make_renditions("piecewise", num=6).spec_NTF
    first, second = (fit_warp(spec_NTF, configure("piecewise", num_iterations=3)) for _ in range(2))
    assert first.warp.y_knots_NK.tobytes() == second.warp.y_knots_NK.tobytes()
    assert first.template_TF.tobytes() == second.template_TF.tobytes()


def test_held_out_renditions_do_not_touch_the_template() -> None:
    spec_NTF = make_renditions("linear", num=12).spec_NTF
    trained_N = np.arange(12) % 3 > 0
    alone = fit_warp(spec_NTF[trained_N], configure("linear", num_iterations=4))
    beside = fit_warp(spec_NTF, configure("linear", num_iterations=4), trained_N)
    assert beside.template_TF.tobytes() == alone.template_TF.tobytes()
    np.testing.assert_array_equal(beside.warp.y_knots_NK[trained_N], alone.warp.y_knots_NK)
    np.testing.assert_array_equal(beside.loss_history, alone.loss_history)


@pytest.mark.parametrize("kind", KINDS)
def test_new_renditions_are_aligned_to_a_template_as_well_as_those_it_was_fitted_to(kind: str) -> None:
    made, fitted = fit_once(kind)
    found = align(fitted.template_TF, made.spec_NTF, configure(kind))
    assert measure_error_ms(made.warp, found) < 0.5


def test_a_rendition_is_aligned_alone_as_among_others() -> None:
    made, fitted = fit_once("piecewise")
    config = configure("piecewise")
    together = align(fitted.template_TF, made.spec_NTF[:5], config)
    alone = align(fitted.template_TF, made.spec_NTF[3:4], config)
    np.testing.assert_array_equal(alone.y_knots_NK[0], together.y_knots_NK[3])


def test_a_rendition_beyond_the_largest_shift_is_moved_that_far_and_no_further() -> None:
    made, fitted = fit_once("shift")
    late_TF = np.roll(made.spec_NTF[0], 40, axis=0)
    found = align(fitted.template_TF, late_TF[None], configure("shift", max_shift=0.1))
    assert np.abs(found.y_knots_NK - found.x_knots_NK).max() <= 0.1


def test_one_rendition_alone_is_its_own_template() -> None:
    spec_NTF = make_renditions("linear", num=1).spec_NTF
    fitted = fit_warp(spec_NTF, configure("linear", num_iterations=5))
    assert fitted.objective_N[0] < 0.01
    check_warp(fitted.warp)


@pytest.mark.parametrize("kind", KINDS)
def test_constant_renditions_are_not_warped(kind: str) -> None:
    fitted = fit_warp(np.zeros((4, 30, 3), np.float32), configure(kind, num_iterations=3))
    np.testing.assert_allclose(fitted.warp.y_knots_NK, fitted.warp.x_knots_NK, atol=1e-9)
    assert np.isfinite(fitted.template_TF).all()


def test_single_precision_and_an_amplitude_trace_are_taken() -> None:
    made = make_renditions("shift", num=20, noise=0.02)
    trace_NT1 = made.spec_NTF.sum(axis=2, keepdims=True).astype(np.float32)
    fitted = fit_warp(trace_NT1, configure("shift", num_iterations=10))
    assert measure_error_ms(made.warp, fitted.warp) < 1.0


def test_a_rendition_that_is_not_finite_is_named() -> None:
    spec_NTF = np.zeros((3, 20, 2))
    spec_NTF[1, 4, 0] = np.nan
    with pytest.raises(SubsongError, match="rendition 1 holds a value that is not a finite number"):
        fit_warp(spec_NTF)


@pytest.mark.parametrize(
    ("shape", "trained", "words"),
    [
        ((3, 20), None, "number, frames, frequencies"),
        ((0, 20, 2), None, "number, frames, frequencies"),
        ((3, 6, 2), None, "has 6 frames|have 6 frames"),
        ((3, 20, 2), [True, False], "each of 3 renditions"),
        ((3, 20, 2), [False] * 3, "no rendition is left"),
    ],
)
def test_what_cannot_be_fitted_says_why(shape: tuple[int, ...], trained: list[bool] | None, words: str) -> None:
    with pytest.raises(SubsongError, match=words):
        fit_warp(np.zeros(shape), configure("piecewise"), None if trained is None else np.array(trained))


def test_renditions_on_another_time_base_are_not_aligned() -> None:
    with pytest.raises(SubsongError, match="time base"):
        align(np.zeros((30, 2)), np.zeros((4, 31, 2)), WarpConfig())
