"""Scores of single pictures as a table: means with deviations and intervals, known and new identities apart.

Legend: N = pictures, M = columns (pairs of metric and method).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from subsong.evaluation.bootstrap import compute_bootstrap_interval

Scores = Mapping[tuple[str, str], np.ndarray]
"""(metric, method) -> one value a picture, NaN where there is none, shape (N,)."""

KNOWN, NEW, ALL = "known", "new", "all"
"""Identities met in training, others, and all together where nothing is said of that."""


def find_scopes(items: pl.DataFrame) -> dict[str, np.ndarray]:
    """Return the rows of known and of new identities, each where there are any; else all rows.

    Parameters
    ----------
    items
        One row a picture; ``is_known`` says whether its identity was met in training.
    """
    if "is_known" not in items.columns or items["is_known"].null_count():
        return {ALL: np.arange(items.height)}
    is_known_N = items["is_known"].to_numpy()
    rows = {KNOWN: np.flatnonzero(is_known_N), NEW: np.flatnonzero(~is_known_N)}
    return {name: rows_of for name, rows_of in rows.items() if len(rows_of)}


def summarise_scores(scores: Scores, items: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """Return one row for each scope, metric and method.

    Parameters
    ----------
    scores
        See `Scores`. Infinite values (PSNR of equal pictures) count as missing.
    items
        One row a picture: ``identity``, and ``is_known`` where that is told.
    seed
        Of the resampling.

    Returns
    -------
    polars.DataFrame
        ``scope``, ``metric``, ``method``, ``num_pictures``, ``num_identities``, ``mean``, ``sd`` (over pictures), and
        ``low`` and ``high``, the ends of the 95 % interval of the mean, by resampling identities: pictures of one are
        alike. Ends are null for one identity.
    """
    scopes = find_scopes(items).items()
    tables = [_summarise_scope(name, rows, scores, items, seed) for name, rows in scopes]
    return pl.concat(tables)


def _summarise_scope(scope: str, rows: np.ndarray, scores: Scores, items: pl.DataFrame, seed: int) -> pl.DataFrame:
    values_NM = np.stack([np.asarray(values[rows], dtype=np.float64) for values in scores.values()], axis=1)
    values_NM[~np.isfinite(values_NM)] = np.nan
    group_N = _number_identities(items["identity"].gather(rows))
    interval = compute_bootstrap_interval(values_NM, seed, group_N)
    records = []
    for column, (metric, method) in enumerate(scores):
        has_value_N = np.isfinite(values_NM[:, column])
        num_identities = len(np.unique(group_N[has_value_N]))
        is_sure = num_identities > 1
        records.append(
            {
                "scope": scope,
                "metric": metric,
                "method": method,
                "num_pictures": int(has_value_N.sum()),
                "num_identities": num_identities,
                "mean": _finite(interval.mean[column]),
                "sd": float(values_NM[has_value_N, column].std()) if has_value_N.any() else None,
                "low": _finite(interval.low[column]) if is_sure else None,
                "high": _finite(interval.high[column]) if is_sure else None,
            }
        )
    return pl.DataFrame(records, schema=_SCHEMA)


_SCHEMA = {
    "scope": pl.String,
    "metric": pl.String,
    "method": pl.String,
    "num_pictures": pl.Int64,
    "num_identities": pl.Int64,
    "mean": pl.Float64,
    "sd": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def _number_identities(identity: pl.Series) -> np.ndarray:
    """Return a number for each picture's identity; pictures without one stand for themselves."""
    names = identity.to_list()
    own = {name: number for number, name in enumerate(dict.fromkeys(name for name in names if name is not None))}
    return np.array([own[name] if name is not None else -1 - row for row, name in enumerate(names)], dtype=np.int64)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
