"""Where windows begin: at every hop, to the sample, on one grid where time is warped."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.windows.axes import PlainTimes
from subsong.inference.sequence_plan import check_hop, plan_sequences

RATE_HZ = 32_000


def build_axis(*spans: tuple[float, float], window_s: float = 0.1) -> PlainTimes:
    return PlainTimes(pl.DataFrame(spans, ["onset_s", "offset_s"], orient="row"), window_s, 8)


class TemplateTime:
    """Starts in a template's time, from and to which is given."""

    start_column = "template_start_s"
    window_s, num_time_bins = 0.1, 8

    def __init__(self, first_s: list[float], last_s: list[float]) -> None:
        self._first, self._last = np.array(first_s), np.array(last_s)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return self._first, self._last

    def times(self, region_N: np.ndarray, start_N: np.ndarray) -> np.ndarray:
        return start_N[:, None] + np.linspace(0.0, self.window_s, self.num_time_bins)


def test_the_first_window_begins_with_its_region_and_the_others_hop_to_the_sample() -> None:
    onset_s = 12_345 / RATE_HZ
    plan = plan_sequences(build_axis((onset_s, onset_s + 0.35)), 160 / RATE_HZ)
    step_N, windows = plan.locate(np.arange(plan.num_windows))
    assert plan.num_windows == 51
    np.testing.assert_array_equal(step_N, np.arange(51))
    np.testing.assert_allclose(windows.start_N * RATE_HZ, 12_345 + 160 * np.arange(51), atol=1e-6)


def test_no_window_reaches_beyond_its_region_and_none_more_would_fit() -> None:
    ends = np.random.default_rng(0).uniform(0.1, 2.0, 50)
    axis = build_axis(*((0.0, end) for end in ends))
    plan = plan_sequences(axis, 0.007)
    start_N = plan.locate(np.cumsum(plan.num_windows_M) - 1)[1].start_N
    assert (start_N + 0.1 <= ends + 1e-9).all()
    assert (start_N + 0.1 + 0.007 > ends - 1e-6).all()


def test_a_region_exactly_as_long_as_a_window_has_one_and_shorter_ones_none() -> None:
    plan = plan_sequences(build_axis((0.7, 0.8), (1.0, 1.09), (2.3, 2.4)), 0.005)
    assert plan.region_M.tolist() == [0, 2]
    assert plan.num_windows_M.tolist() == [1, 1]


def test_steps_of_warped_motifs_are_the_same_moments_in_every_rendition() -> None:
    plan = plan_sequences(TemplateTime([-0.031, -0.018], [0.031, 0.04]), 0.01)
    assert plan.first_step_M.tolist() == [-3, -1]
    step_N, windows = plan.locate(np.arange(plan.num_windows))
    assert step_N.tolist() == [*range(-3, 4), *range(-1, 5)]
    np.testing.assert_array_equal(windows.start_N, step_N * 0.01)
    np.testing.assert_array_equal(windows.region_N, [0] * 7 + [1] * 6)


@pytest.mark.parametrize("part_size", [1, 7, 1000])
def test_parts_of_any_size_hold_the_same_windows(part_size: int) -> None:
    plan = plan_sequences(build_axis((0.0, 0.5), (1.0, 1.3)), 0.013)
    whole = plan.locate(np.arange(plan.num_windows))[1]
    parts = [windows for _, windows in plan.iterate_parts(part_size)]
    for number in range(2):
        np.testing.assert_array_equal(np.concatenate([part[number] for part in parts]), whole[number])


def test_sequences_can_be_picked() -> None:
    plan = plan_sequences(build_axis((0.0, 0.5), (1.0, 1.3), (2.0, 2.2)), 0.01)
    picked = plan.pick(np.array([2, 0]))
    assert picked.region_M.tolist() == [2, 0]
    assert picked.locate(np.array([0]))[1].start_N == pytest.approx([2.0])


@pytest.mark.parametrize("hop_s", [0.0, -0.01, float("nan"), float("inf")])
def test_a_hop_that_is_no_step_is_refused(hop_s: float) -> None:
    with pytest.raises(SubsongError, match="expected more than 0"):
        plan_sequences(build_axis((0.0, 1.0)), hop_s)


def test_regions_without_room_for_a_window_are_refused_with_what_to_do() -> None:
    with pytest.raises(SubsongError, match=r"no region holds a window of 0\.1 s"):
        plan_sequences(build_axis((0.0, 0.05)), 0.01)


def test_a_hop_of_less_than_a_sample_is_refused() -> None:
    check_hop(1e-4, sample_s=1 / 32_000)
    with pytest.raises(SubsongError, match="no less than from one sample"):
        check_hop(1e-6, sample_s=1 / 32_000)
