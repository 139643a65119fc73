"""Schedules: a number as a function of the step."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.objectives.schedules import CosineConfig, CyclicConfig, LinearConfig, check_schedule, schedule_value


def values(schedule, steps, num_steps=100):
    return [schedule_value(schedule, step, num_steps) for step in steps]


@pytest.mark.parametrize("constant", [0, 0.5, 3])
def test_a_constant_stays(constant):
    assert values(constant, [0, 50, 1000]) == [constant] * 3
    check_schedule(constant, 1)


@pytest.mark.parametrize(
    "schedule",
    [
        LinearConfig(start_step=20, end_step=60, start_value=1.0, end_value=3.0),
        LinearConfig(start_fraction=0.2, end_fraction=0.6, start_value=1.0, end_value=3.0),
        LinearConfig(start_step=20, end_fraction=0.6, start_value=1.0, end_value=3.0),
    ],
)
def test_a_line_in_steps_or_fractions(schedule):
    assert values(schedule, [0, 20, 30, 40, 60, 99]) == pytest.approx([1, 1, 1.5, 2, 3, 3])


def test_a_line_starts_at_once_by_default():
    assert values(LinearConfig(end_step=10), [0, 5, 10, 11]) == [0, 0.5, 1, 1]


def test_half_a_cosine():
    cosine = CosineConfig(end_step=100, start_value=2.0, end_value=4.0)
    assert values(cosine, [0, 25, 50, 75, 100, 101]) == pytest.approx([2, 2.2928932, 3, 3.7071068, 4, 4])


@pytest.mark.parametrize("cycle", [CyclicConfig(num_cycles=4), CyclicConfig(period_steps=25)])
def test_a_cycle_rises_holds_and_starts_again(cycle):
    assert values(cycle, [0, 5, 12.5, 20, 24.9, 25, 30]) == pytest.approx([0, 0.4, 1, 1, 1, 0, 0.4])
    assert values(cycle, [100, 101]) == [1, 1]


@pytest.mark.parametrize("kind", [LinearConfig, CosineConfig])
@pytest.mark.parametrize("end", [0, 7])
def test_a_ramp_of_no_length_is_a_jump(kind, end):
    jump = kind(start_step=end, end_step=end)
    assert values(jump, range(end)) == [0.0] * end
    assert values(jump, [end, end + 1]) == [1, 1]
    check_schedule(jump, 100)


@pytest.mark.parametrize(
    "schedule",
    [
        LinearConfig(end_step=101),
        CosineConfig(start_step=60, end_fraction=0.5),
        LinearConfig(start_step=90, end_step=80),
        CyclicConfig(period_steps=202, rise_fraction=0.5),
    ],
)
def test_a_schedule_that_cannot_finish_is_an_error(schedule):
    with pytest.raises(SubsongError, match="within the run of 100 steps"):
        check_schedule(schedule, 100)


@pytest.mark.parametrize(
    "schedule",
    [
        LinearConfig(end_step=100),
        CosineConfig(end_fraction=1.0),
        CyclicConfig(period_steps=200, rise_fraction=0.5),
        CyclicConfig(num_cycles=3),
    ],
)
def test_a_schedule_that_finishes_at_the_very_end_is_none(schedule):
    check_schedule(schedule, 100)
    assert schedule_value(schedule, 100, 100) == 1.0


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (LinearConfig, {}),
        (LinearConfig, {"end_step": 1, "end_fraction": 0.5}),
        (CosineConfig, {"start_step": 1, "start_fraction": 0.5, "end_step": 3}),
        (CyclicConfig, {}),
        (CyclicConfig, {"num_cycles": 1, "period_steps": 10}),
        (LinearConfig, {"end_fraction": 1.1}),
    ],
)
def test_units_that_contradict_are_refused(kind, settings):
    with pytest.raises(ValidationError):
        kind(**settings)
