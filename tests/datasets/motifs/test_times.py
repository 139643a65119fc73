"""Windows in the time of a motif: to recordings and back, and never beyond what is stored."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.datasets.motifs.times import WarpedTimes, compute_template_onset
from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.warps.warp import Warp, null_warp

MARGIN_S, DURATION_S = 0.1, 0.6
BASE = TimeBase(-MARGIN_S, 0.008, 101)
KNOTS_X = np.array([[0.0, 0.4, 1.0], [0.0, 0.5, 1.0]])
KNOTS_Y = np.array([[0.02, 0.5, 0.95], [-0.03, 0.45, 1.1]])
WARP = Warp(KNOTS_X, KNOTS_Y)


def describe(num: int = 2, margin_s: float = MARGIN_S) -> pl.DataFrame:
    onset_s = 2.0 + np.arange(num)
    return pl.DataFrame(
        {"motif_onset_s": onset_s, "onset_s": onset_s - margin_s, "offset_s": onset_s + DURATION_S + margin_s}
    )


def build(warp: Warp = WARP, window_s: float = 0.08, **settings: float) -> WarpedTimes:
    regions = describe(len(warp.x_knots_NK), **settings)
    return WarpedTimes(regions, BASE, warp, compute_template_onset(BASE, warp), window_s, 16)


def test_without_a_warp_template_time_is_seconds_from_the_onset() -> None:
    axis = build(null_warp(2))
    times_NT = axis.times(np.array([0, 1]), np.array([0.0, 0.2]))
    np.testing.assert_allclose(times_NT[:, 0], [2.0, 3.2])
    np.testing.assert_allclose(times_NT[:, -1], [2.08, 3.28])


def test_knots_are_fractions_of_one_step_less_than_there_are_frames() -> None:
    warp = null_warp(1)._replace(y_knots_NK=np.array([[0.0, 0.5]]))  # sung twice as slowly as the template
    axis = WarpedTimes(describe(1), BASE, warp, compute_template_onset(BASE, warp), 0.08, 16)
    times_NT = axis.times(np.array([0]), np.array([0.0]))
    np.testing.assert_allclose(np.diff(times_NT[0, [0, -1]]), 2 * 0.08)
    template_s = axis.to_template(np.array([0]), np.array([[2.0 - MARGIN_S + 100 * 0.008]]))
    np.testing.assert_allclose(template_s, (100 * 0.008 - MARGIN_S) / 2)


def test_times_are_the_inverse_of_the_warp_also_beyond_its_knots() -> None:
    axis = build()
    region_N = np.array([0, 1])
    template_NT = np.tile(np.linspace(-0.5, 1.5, 41), (2, 1))
    np.testing.assert_allclose(
        axis.to_template(region_N, axis.to_recording(region_N, template_NT)), template_NT, atol=1e-12
    )


def test_template_time_0_is_the_mean_onset_of_the_motif() -> None:
    axis = build()
    template_N1 = axis.to_template(np.array([0, 1]), np.array([[2.0], [3.0]]))
    assert template_N1.mean() == pytest.approx(0, abs=1e-12)
    assert np.ptp(template_N1) > 0.01


@pytest.mark.parametrize("margin_s", [0.1, 0.0, 0.03])
def test_windows_at_the_bounds_show_just_what_is_stored(margin_s: float) -> None:
    axis = build(margin_s=margin_s)
    low_R, high_R = axis.bounds()
    regions = describe(margin_s=margin_s)
    first_RT, last_RT = (axis.times(np.array([0, 1]), start_R) for start_R in (low_R, high_R))
    np.testing.assert_allclose(first_RT[:, 0], regions["onset_s"])
    np.testing.assert_allclose(last_RT[:, -1], regions["offset_s"])
    for times_RT in (first_RT, last_RT):
        assert (times_RT >= regions["onset_s"].to_numpy()[:, None]).all()
        assert (times_RT <= regions["offset_s"].to_numpy()[:, None]).all()
        assert (np.diff(times_RT) > 0).all()


@pytest.mark.parametrize("beyond_s", [-0.01, 0.01])
def test_a_window_beyond_the_bounds_is_refused(beyond_s: float) -> None:
    axis = build()
    start_R = axis.bounds()[0 if beyond_s < 0 else 1] + beyond_s
    with pytest.raises(ValueError, match="reach beyond what is stored"):
        axis.times(np.array([0, 1]), start_R)


def test_a_window_longer_than_a_rendition_has_no_place_in_it() -> None:
    low_R, high_R = build(window_s=2.0).bounds()
    assert (high_R < low_R).all()
