"""How far the edges of paired annotations lie apart.

Legend: M = pairs.
"""

from __future__ import annotations

import numpy as np
import polars as pl

_PERCENTILES = (5, 25, 75, 95)


def describe_errors(errors_s: dict[str, np.ndarray]) -> pl.DataFrame:
    """Return the distribution of signed errors, ``found - truth``: above 0 means too late.

    Parameters
    ----------
    errors_s
        Edge (``onset``, ``offset``, ``event``) -> errors in seconds, shape (M,).

    Returns
    -------
    pl.DataFrame
        One row an edge: ``edge``, ``num_pairs``, then in milliseconds ``mean_ms``, ``median_ms``, ``p5_ms``,
        ``p25_ms``, ``p75_ms``, ``p95_ms`` of the signed errors and ``mean_abs_ms``, ``median_abs_ms``, ``p95_abs_ms``
        of their sizes. Edges without a pair have no row.
    """
    rows = [
        {"edge": edge, "num_pairs": len(values), **_describe(1000 * values)}
        for edge, values in errors_s.items()
        if len(values)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


_SCHEMA: dict[str, type[pl.DataType]] = {
    "edge": pl.String,
    "num_pairs": pl.Int64,
    **dict.fromkeys(("mean_ms", "median_ms", *(f"p{number}_ms" for number in _PERCENTILES)), pl.Float64),
    **dict.fromkeys(("mean_abs_ms", "median_abs_ms", "p95_abs_ms"), pl.Float64),
}


def _describe(errors_ms: np.ndarray) -> dict[str, float]:
    sizes_ms = np.abs(errors_ms)
    spread = np.percentile(errors_ms, _PERCENTILES)
    return {
        "mean_ms": float(errors_ms.mean()),
        "median_ms": float(np.median(errors_ms)),
        **{f"p{number}_ms": float(value) for number, value in zip(_PERCENTILES, spread, strict=True)},
        "mean_abs_ms": float(sizes_ms.mean()),
        "median_abs_ms": float(np.median(sizes_ms)),
        "p95_abs_ms": float(np.percentile(sizes_ms, 95)),
    }
