"""The numbers of an evaluation, each with its unit, its baselines and how to read it; kept as ``results.json``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json

FORMAT, VERSION = "subsong-results", 1
RESULTS_NAME = "results.json"


class Metric(NamedTuple):
    """One number.

    Attributes
    ----------
    value
        The model's.
    unit
        Such as ``nats per picture``.
    note
        How to read it: which way is better, what it was computed on.
    baselines
        What simple methods reach, by name.
    interval
        Ends of the 95 % interval; None where there is none, NaN where it cannot be computed.
    """

    value: float
    unit: str = ""
    note: str = ""
    baselines: Mapping[str, float] = {}
    interval: tuple[float, float] | None = None


class Results(NamedTuple):
    """All numbers about one split.

    Attributes
    ----------
    split
        Which part of the data: ``test``, ``validation`` or a name.
    num_items
        Examples in it.
    metrics
        By name.
    kl_per_dimension
        Mean KL of each latent dimension, nats.
    active
        Which dimensions are active.
    """

    split: str
    num_items: int
    metrics: dict[str, Metric]
    kl_per_dimension: list[float]
    active: list[bool]

    def values(self) -> dict[str, float]:
        """Return the numbers alone, by name."""
        return {name: metric.value for name, metric in self.metrics.items()}


def write_results(path: Path, results: Results) -> None:
    """Write results as JSON; what is not finite becomes null."""
    metrics = {
        name: {
            **metric._asdict(),
            "value": _finite(metric.value),
            "baselines": _all_finite(metric.baselines),
            "interval": None if metric.interval is None else [_finite(end) for end in metric.interval],
        }
        for name, metric in results.metrics.items()
    }
    write_json(path, {"format": FORMAT, "version": VERSION, **results._asdict(), "metrics": metrics})


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises
    ------
    SubsongError
        When the file is missing, damaged or of another version.
    """
    content: Any = read_json(path)
    is_ours = isinstance(content, dict) and content.pop("format", None) == FORMAT
    if not is_ours or content.pop("version", None) != VERSION:
        raise SubsongError(f"{path} holds no results of this version: evaluate again")
    metrics = {
        name: Metric(
            **{
                **metric,
                "value": _number(metric["value"]),
                "baselines": {method: _number(value) for method, value in metric["baselines"].items()},
                "interval": _read_interval(metric.get("interval")),
            }
        )
        for name, metric in content["metrics"].items()
    }
    return Results(**{**content, "metrics": metrics})


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _all_finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in values.items()}


def _read_interval(ends: list[float | None] | None) -> tuple[float, float] | None:
    return None if ends is None else (_number(ends[0]), _number(ends[1]))


def _number(value: float | None) -> float:
    return math.nan if value is None else value
