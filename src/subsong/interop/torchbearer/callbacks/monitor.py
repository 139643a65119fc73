"""A metric that is watched for improvement."""

from __future__ import annotations

import math
from typing import Literal

from subsong.core.errors import SubsongError, did_you_mean
from subsong.interop.torchbearer.state import METRICS, State


def read_metric(state: State, name: str) -> float:
    """Return a reported metric.

    Raises
    ------
    SubsongError
        When the run does not report it; names the nearest.
    """
    metrics = state[METRICS]
    if name not in metrics:
        raise SubsongError(
            f"a callback watches {name!r}, which this run does not report; {did_you_mean(name, metrics)}"
        )
    return float(metrics[name])


class Monitor:
    """Remembers the best value of a metric.

    Parameters
    ----------
    name
        Of the metric.
    mode
        ``"min"``, ``"max"``, or ``"auto"``: larger is better where the name holds ``acc``.
    min_delta
        Smallest improvement that counts.
    """

    def __init__(self, name: str, mode: Literal["auto", "min", "max"] = "auto", min_delta: float = 0.0) -> None:
        self.name, self.min_delta = name, abs(min_delta)
        self.sign = 1.0 if mode == "max" or (mode == "auto" and "acc" in name) else -1.0
        self.best: float | None = None

    def has_improved(self, state: State) -> bool:
        """Look at the metric, and return whether it is better than ever."""
        value = read_metric(state, self.name)
        best = -math.inf if self.best is None else self.sign * self.best
        if self.sign * value <= best + (self.min_delta if self.best is not None else 0.0) or math.isnan(value):
            return False
        self.best = value
        return True
