"""What the segmenters of a project reached on sound they were not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError

_SCORES = {
    "onset_f1": "F1, onset within 10 ms",
    "iou_f1": "F1, overlap at least 0.5",
    "frame_error": "frame error (%)",
    "syllable_error_rate": "syllable error rate (%)",
}


def read_segmenters(runs: Mapping[str, Path]) -> pl.DataFrame:
    """Return one row a bird whose segmenter was scored: ``bird``, ``split``, then a column a score; null where none is.

    Parameters
    ----------
    runs
        Bird -> run folder.
    """
    from subsong.inference.results import RESULTS_NAME, read_results
    from subsong.training.run_folder import RunFolder

    rows = []
    for bird, path in sorted(runs.items()):
        try:
            results = read_results(RunFolder(path).evaluation_dir / "final" / RESULTS_NAME)
        except SubsongError:  # trained without sound to be scored on
            continue
        values = [metric.value if (metric := results.metrics.get(score)) else None for score in _SCORES]
        rows.append((bird, results.split, *values))
    schema: dict[str, type[pl.DataType]] = {"bird": pl.String, "scored on": pl.String}
    return pl.DataFrame(rows, {**schema, **dict.fromkeys(_SCORES.values(), pl.Float64)}, orient="row")
