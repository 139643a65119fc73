"""Schedules: a number as a pure function of the step.

Points in time are given in steps or as a fraction of the run. One that would not be over when the run is over is an
error, for a warm-up that never finishes trains another model than the config says.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError


class _Ramp(ConfigBase):
    start_value: float = Field(0.0, description="Value up to the start.")
    end_value: float = Field(1.0, description="Value from the end on.")
    start_step: int | None = Field(None, ge=0, description="Where the change starts, in steps (default 0).")
    end_step: int | None = Field(None, ge=0, description="Where it ends, in steps.")
    start_fraction: float | None = Field(None, ge=0, le=1, description="The start as a fraction of the run.")
    end_fraction: float | None = Field(None, ge=0, le=1, description="The end as a fraction of the run.")

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if self.start_step is not None and self.start_fraction is not None:
            raise ValueError("give start_step or start_fraction, not both")
        if (self.end_step is None) == (self.end_fraction is None):
            raise ValueError("give either end_step or end_fraction")
        return self

    def span(self, num_steps: int) -> tuple[float, float]:
        """Return start and end in steps of a run of `num_steps`."""
        start = self.start_step if self.start_fraction is None else self.start_fraction * num_steps
        end = self.end_step if self.end_fraction is None else self.end_fraction * num_steps
        assert end is not None
        return float(start or 0), float(end)

    def progress(self, step: int, num_steps: int) -> float:
        """Return how much of the change is done at `step`, in [0, 1]."""
        start, end = self.span(num_steps)
        if step >= end:
            return 1.0
        return 0.0 if step <= start else (step - start) / (end - start)

    def check(self, num_steps: int) -> None:
        """Raise SubsongError when the change would not be over at the end of the run."""
        start, end = self.span(num_steps)
        if end > num_steps or start > end:
            raise SubsongError(
                f"a schedule from step {start:g} to {end:g} cannot finish within the run of {num_steps} steps: "
                "use end_fraction, an earlier end, or more epochs"
            )


class LinearConfig(_Ramp):
    """Straight from one value to another, then constant."""

    kind: Literal["linear"] = "linear"

    def value(self, step: int, num_steps: int) -> float:
        """Return the value at `step` of a run of `num_steps`."""
        return self.start_value + self.progress(step, num_steps) * (self.end_value - self.start_value)


class CosineConfig(_Ramp):
    """From one value to another along half a cosine, then constant."""

    kind: Literal["cosine"] = "cosine"

    def value(self, step: int, num_steps: int) -> float:
        """Return the value at `step` of a run of `num_steps`."""
        done = 0.5 * (1.0 - math.cos(math.pi * self.progress(step, num_steps)))
        return self.start_value + done * (self.end_value - self.start_value)


class CyclicConfig(ConfigBase):
    """Rises linearly and holds, again and again (Fu et al. 2019, against a vanishing KL)."""

    kind: Literal["cyclic"] = "cyclic"
    start_value: float = Field(0.0, description="Value at the start of each cycle.")
    end_value: float = Field(1.0, description="Value each cycle rises to and holds.")
    num_cycles: int | None = Field(None, ge=1, description="Cycles in the run.")
    period_steps: int | None = Field(None, ge=1, description="Or the length of a cycle, in steps.")
    rise_fraction: float = Field(0.5, gt=0, le=1, description="Share of a cycle spent rising.")

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if (self.num_cycles is None) == (self.period_steps is None):
            raise ValueError("give either num_cycles or period_steps")
        return self

    def value(self, step: int, num_steps: int) -> float:
        """Return the value at `step` of a run of `num_steps`; the last cycle's end value holds after the run."""
        period = self.period_steps or num_steps / (self.num_cycles or 1)
        position = 1.0 if step >= num_steps else math.fmod(step, period) / period
        return self.start_value + min(1.0, position / self.rise_fraction) * (self.end_value - self.start_value)

    def check(self, num_steps: int) -> None:
        """Raise SubsongError when not even the first rise ends within the run."""
        if self.period_steps is not None and self.period_steps * self.rise_fraction > num_steps:
            raise SubsongError(
                f"a cycle of {self.period_steps} steps does not rise to its end within the run of {num_steps} steps: "
                "use num_cycles, a shorter period, or more epochs"
            )


ScheduleConfig = Annotated[LinearConfig | CosineConfig | CyclicConfig, Field(discriminator="kind")]
Schedule = float | ScheduleConfig
"""A constant, or a schedule of one of the kinds ``linear``, ``cosine``, ``cyclic``."""


def schedule_value(schedule: float | LinearConfig | CosineConfig | CyclicConfig, step: int, num_steps: int) -> float:
    """Return the value of a constant or scheduled number at `step` of a run of `num_steps`."""
    return float(schedule) if isinstance(schedule, int | float) else schedule.value(step, num_steps)


def check_schedule(schedule: float | LinearConfig | CosineConfig | CyclicConfig, num_steps: int) -> None:
    """Raise SubsongError when a schedule cannot finish within `num_steps`."""
    if not isinstance(schedule, int | float):
        schedule.check(num_steps)
