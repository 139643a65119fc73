import numpy as np
import pytest

from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.warps.warp import Warp, check_warp, evaluate_on_frames, null_warp

WARP = Warp(np.array([[0.0, 0.5, 1.0], [0.0, 0.2, 1.0]]), np.array([[0.1, 0.4, 1.4], [-0.2, 0.3, 0.7]]))


def test_between_knots_a_warp_is_straight() -> None:
    assert WARP.to_template(np.array([0, 1]), np.array([0.25, 0.6])).tolist() == pytest.approx([0.25, 0.5])


def test_beyond_the_outer_knots_the_outer_slopes_go_on() -> None:
    found = WARP.to_template(np.array([0, 0]), np.array([-0.5, 1.5]))
    assert found.tolist() == pytest.approx([0.1 - 0.5 * 0.6, 1.4 + 0.5 * 2.0])


def test_to_recording_undoes_to_template_inside_and_outside() -> None:
    times = np.tile(np.linspace(-0.5, 1.5, 41), (3, 1))
    trial_M = np.array([1, 0, 1])
    np.testing.assert_allclose(WARP.to_recording(trial_M, WARP.to_template(trial_M, times)), times, atol=1e-12)


def test_the_frames_of_a_warp_are_what_to_template_says() -> None:
    frames = np.tile(np.linspace(0.0, 1.0, 13), (2, 1))
    np.testing.assert_allclose(evaluate_on_frames(*WARP, 13), WARP.to_template(np.arange(2), frames), atol=1e-12)


def test_the_null_warp_changes_nothing() -> None:
    warp = null_warp(2, 5)
    assert warp.to_template(np.array([0, 1]), np.array([-0.3, 0.77])).tolist() == pytest.approx([-0.3, 0.77])


@pytest.mark.parametrize("y", [[0.0, 0.5, 0.5], [0.0, 0.7, 0.6], [0.0, 0.5, np.inf]])
def test_a_warp_that_does_not_rise_is_refused_by_its_row(y: list[float]) -> None:
    with pytest.raises(ValueError, match="rendition 1"):
        check_warp(Warp(np.tile([0.0, 0.5, 1.0], (2, 1)), np.array([[0.0, 0.5, 1.0], y])))


def test_fraction_one_is_the_last_frame_and_not_the_one_after() -> None:
    base = TimeBase(start_s=-0.05, dt_s=0.004, num_time_bins=101)
    assert base.to_seconds(np.array([0.0, 1.0])).tolist() == pytest.approx([-0.05, -0.05 + 100 * 0.004])
    assert base.to_fraction(np.array([-0.05, 0.15])).tolist() == pytest.approx([0.0, 0.5])
