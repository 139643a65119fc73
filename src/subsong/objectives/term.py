"""What every term of a loss has: a function to compute it and a weight.

Legend: B = examples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator
from torch import Tensor

from subsong.core.config import ConfigBase
from subsong.objectives.schedules import LinearConfig, Schedule

TermFunction = Callable[[Any, Any, int, int], Tensor]
"""``(output, batch, step, num_steps) -> (B,)``; the step is for terms whose own settings are scheduled."""


_RAMP = ("start_ramp_it", "start_ramp_val", "end_ramp_it", "end_ramp_val")


class TermConfig(ConfigBase):
    """What every entry of the loss table has: a weight, a number or a schedule. The number 0 skips the computation."""

    weight: Schedule = Field(1.0, description="Factor of this term in the loss: a number or a schedule. 0 skips it.")
    start_ramp_it: int | None = Field(None, ge=0, description="edflow's linear ramp of the weight: its first step.")
    start_ramp_val: float | None = Field(None, description="Its value up to there.")
    end_ramp_it: int | None = Field(None, ge=0, description="Its last step.")
    end_ramp_val: float | None = Field(None, description="Its value from there on.")

    @model_validator(mode="after")
    def _whole_ramp(self) -> Self:
        ramp = [getattr(self, name) for name in _RAMP]
        if any(part is not None for part in ramp):
            if any(part is None for part in ramp):
                raise ValueError("a ramp needs all of start_ramp_it, start_ramp_val, end_ramp_it, end_ramp_val")
            # A preset's 1.0 stands below the ramp keys a user adds; any other weight is a contradiction.
            if self.weight != 1.0:
                raise ValueError("give weight or the four ramp keys, not both")
        return self

    @model_serializer(mode="wrap")
    def _leave_out_ramp(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write weight or ramp, whichever was given, so that what is written can be read again."""
        left_out = {name for name in _RAMP if getattr(self, name) is None} or {"weight"}
        return {name: value for name, value in serialize(self).items() if name not in left_out}

    @property
    def weight_schedule(self) -> Schedule:
        """The weight, with edflow's four ramp keys read as a linear schedule."""
        if self.start_ramp_it is None:
            return self.weight
        assert self.start_ramp_val is not None
        assert self.end_ramp_val is not None
        return LinearConfig(
            start_step=self.start_ramp_it,
            start_value=self.start_ramp_val,
            end_step=self.end_ramp_it,
            end_value=self.end_ramp_val,
        )
