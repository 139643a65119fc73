"""Covariates: effort by ratio, time on a circle, gaps said aloud."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.covariates import encode_covariates, fit_covariates

TABLE = pl.DataFrame({"duration_min": [10.0, 60.0, None], "hour": [0.0, 6.0, 24.0], "elev": [0.0, 500.0, 1000.0]})


def encode(names: list[str], table: pl.DataFrame = TABLE) -> np.ndarray:
    return encode_covariates(table, fit_covariates(TABLE, names), table.height)


def test_time_comes_round_again() -> None:
    encoded = encode(["hour"])
    assert encoded[0] == pytest.approx(encoded[2], abs=1e-6)
    assert encoded[1] == pytest.approx([1, 0], abs=1e-6)


def test_effort_counts_by_its_ratio_and_a_gap_is_marked_at_the_mean() -> None:
    encoded = encode(["duration_min"])
    assert encoded[:, 1].tolist() == [0, 0, 1]
    assert encoded[2, 0] == 0
    assert encoded[:2, 0].mean() == pytest.approx(0, abs=1e-6)
    names = [column for encoder in fit_covariates(TABLE, ["duration_min"]) for column in encoder.columns]
    assert names == ["duration_min", "duration_min_unknown"]


def test_other_numbers_are_standardised_by_the_training_lists() -> None:
    elsewhere = pl.DataFrame({"elev": [500.0, 2000.0]})
    encoded = encode(["elev"], elsewhere)
    assert encoded[0, 0] == pytest.approx(0, abs=1e-6)
    assert encoded[1, 0] == pytest.approx(1500 / np.std([0, 500, 1000]))


def test_a_table_without_the_covariate_is_unknown_everywhere() -> None:
    encoded = encode(["duration_min", "elev"], pl.DataFrame({"other": [1.0]}))
    assert encoded.tolist() == [[0, 1, 0]]


def test_a_constant_covariate_does_not_divide_by_zero() -> None:
    constant = pl.DataFrame({"elev": [3.0, 3.0]})
    encoders = fit_covariates(constant, ["elev"])
    assert encode_covariates(constant, encoders, 2).tolist() == [[0], [0]]


@pytest.mark.parametrize(
    ("names", "message"), [(["duraton_min"], "duration_min"), (["nothing"], "unknown on all training lists")]
)
def test_a_covariate_that_is_not_there_is_named(names: list[str], message: str) -> None:
    table = TABLE.with_columns(nothing=pl.lit(None, pl.Float64))
    with pytest.raises(SubsongError, match=message):
        fit_covariates(table, names)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("hour", 99.0, "hour is 99: expected a number from 0 to 24"),
        ("hour", -1.0, "hour is -1: expected"),
        ("duration_min", -5.0, "duration_min is -5: expected a number from 0 or more"),
        ("elev", float("nan"), "elev is nan: expected a number"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: float, message: str) -> None:
    (encoder,) = fit_covariates(TABLE, [name])
    with pytest.raises(SubsongError, match=message):
        encoder.check_value(value)


def test_an_encoder_knows_the_range_it_was_fitted_to() -> None:
    (encoder,) = fit_covariates(TABLE, ["duration_min"])
    assert [encoder.has_seen(value) for value in (9.0, 10.0, 60.0, 61.0)] == [False, True, True, False]
    encoder.check_value(1000.0)
    old = encoder.model_copy(update={"low": None, "high": None})
    assert old.has_seen(1e9)
