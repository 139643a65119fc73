"""Covariates as numbers a network can use: effort on a log scale, hour and season on a circle, gaps marked.

Legend: N = lists, C = encoded columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError, did_you_mean

PERIODS = {"hour": 24.0, "day_of_year": 365.25, "week": 52.18, "month": 12.0}
"""Covariates that come round again, and after how many of their units."""

EFFORT = frozenset({"duration_min", "duration_h", "distance_km", "num_observers", "area_ha", "speed_km_h"})
"""Amounts that act by their ratio: 1 to 2 hours as 2 to 4."""

Transform = Literal["standard", "log", "circle"]


class EncodedCovariate(ConfigBase):
    """How one covariate is encoded, as fitted to the training lists.

    Attributes
    ----------
    name
        Column of the table of covariates.
    transform
        ``standard``: centred and scaled; ``log``: ``log(1 + x)`` first; ``circle``: sine and cosine.
    mean, scale
        Of the training lists, after the logarithm.
    has_gaps
        Whether a column says where the value is unknown; the value itself is then 0, the mean.
    low, high
        Smallest and largest value of the training lists; None where nobody noted them.
    """

    name: str
    transform: Transform
    mean: float = 0.0
    scale: float = 1.0
    has_gaps: bool = False
    low: float | None = None
    high: float | None = None

    def check_value(self, value: float) -> None:
        """Raise a `SubsongError` for a value that cannot be, such as hour 99 or a duration below 0."""
        highest = float(np.ceil(PERIODS[self.name])) if self.transform == "circle" else np.inf
        lowest = -np.inf if self.transform == "standard" else 0.0
        if not (np.isfinite(value) and lowest <= value <= highest):
            expected = f"{lowest:g} or more" if np.isinf(highest) else f"{lowest:g} to {highest:g}"
            what = "a number" if np.isinf(lowest) else f"a number from {expected}"
            raise SubsongError(f"covariate {self.name} is {value:g}: expected {what}")

    def has_seen(self, value: float) -> bool:
        """Tell whether a value lies within those of the training lists, as far as is known."""
        return self.low is None or self.high is None or self.low <= value <= self.high

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        values = (f"{self.name}_sin", f"{self.name}_cos") if self.transform == "circle" else (self.name,)
        return (*values, f"{self.name}_unknown") if self.has_gaps else values


def fit_covariates(covariates: pl.DataFrame, names: Sequence[str]) -> list[EncodedCovariate]:
    """Return how the covariates `names` are encoded, from the training lists.

    Raises
    ------
    SubsongError
        When there is no such covariate, or it is unknown on all lists.
    """
    return [_fit_one(_get_column(covariates, name), name) for name in names]


def _get_column(covariates: pl.DataFrame, name: str) -> np.ndarray:
    if name not in covariates.columns:
        known = did_you_mean(name, covariates.columns) if covariates.columns else "these lists come without covariates"
        raise SubsongError(f"no covariate {name!r} in the data: {known}")
    return covariates[name].cast(pl.Float64).fill_null(np.nan).to_numpy()


def _fit_one(values_N: np.ndarray, name: str) -> EncodedCovariate:
    known = values_N[np.isfinite(values_N)]
    if known.size == 0:
        raise SubsongError(f"covariate {name!r} is unknown on all training lists: leave it out of data.covariates")
    has_gaps = known.size < values_N.size
    low, high = float(known.min()), float(known.max())
    if name in PERIODS:
        return EncodedCovariate(name=name, transform="circle", has_gaps=has_gaps, low=low, high=high)
    transform: Transform = "log" if name in EFFORT and low >= 0 else "standard"
    known = np.log1p(known) if transform == "log" else known
    scale = float(known.std())
    mean, scale = float(known.mean()), scale if scale > 0 else 1.0
    return EncodedCovariate(
        name=name, transform=transform, mean=mean, scale=scale, has_gaps=has_gaps, low=low, high=high
    )


def encode_covariates(covariates: pl.DataFrame, encoders: Sequence[EncodedCovariate], num_lists: int) -> np.ndarray:
    """Return the encoded covariates, float32, shape (N, C).

    A covariate that the table lacks, or a value it lacks, counts as unknown. `num_lists` is N, which a table without
    columns does not know.
    """
    columns = [np.zeros((num_lists, 0))]
    for encoder in encoders:
        if encoder.name in covariates.columns:
            values_N = _get_column(covariates, encoder.name)
        else:
            values_N = np.full(num_lists, np.nan)
        columns.append(_encode_one(values_N, encoder))
    return np.concatenate(columns, axis=1).astype(np.float32)


def _encode_one(values_N: np.ndarray, encoder: EncodedCovariate) -> np.ndarray:
    is_unknown = ~np.isfinite(values_N)
    if encoder.transform == "circle":
        angle_N = 2 * np.pi * values_N / PERIODS[encoder.name]
        encoded = np.stack([np.sin(angle_N), np.cos(angle_N)], axis=1)
    else:
        values_N = np.log1p(np.maximum(values_N, 0)) if encoder.transform == "log" else values_N
        encoded = ((values_N - encoder.mean) / encoder.scale)[:, None]
    encoded[is_unknown] = 0.0
    return np.concatenate([encoded, is_unknown[:, None]], axis=1) if encoder.has_gaps else encoded
