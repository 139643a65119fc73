"""What was taken for what, as a matrix.

Legend: C = labels shown.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from subsong.evaluation.annotations.outcomes import EXTRA, MISSED
from subsong.reports.style import DENSITY_MAP, FULL_WIDTH_MM, INK, PAPER, house_style, new_figure

_MAX_LABELS = 40
_MAX_NUMBERED = 16
_OTHERS = "(others)"
_LEFT_OVER = (_OTHERS, f"({EXTRA})", f"({MISSED})")


def build_matrix(confusion: pl.DataFrame) -> tuple[list[str], list[str], np.ndarray]:
    """Return true labels, found labels and counts, shape (C, C'); rare labels beyond 40 stand together.

    Parameters
    ----------
    confusion
        As of `count_confusions`.
    """
    totals = (
        pl.concat([confusion.select(pl.col(side).alias("label"), "count") for side in ("truth", "found")])
        .filter(~pl.col("label").is_in(_LEFT_OVER))
        .group_by("label")
        .agg(pl.col("count").sum())
        .sort("count", "label", descending=[True, False])
    )
    kept = sorted(totals["label"].head(_MAX_LABELS).to_list())
    known = [*kept, *_LEFT_OVER]
    rows = confusion.with_columns(
        pl.when(pl.col(side).is_in(known)).then(pl.col(side)).otherwise(pl.lit(_OTHERS)).alias(side)
        for side in ("truth", "found")
    )
    names = [[name for name in known if name in set(rows[side])] for side in ("truth", "found")]
    counts = np.zeros([len(side) for side in names], np.int64)
    places = [
        rows[side].replace_strict(known_names, list(range(len(known_names))), return_dtype=pl.Int64).to_numpy()
        for side, known_names in zip(("truth", "found"), names, strict=True)
    ]
    np.add.at(counts, tuple(places), rows["count"].to_numpy())
    return names[0], names[1], counts


@house_style()
def plot_confusion(confusion: pl.DataFrame) -> Figure:
    """Draw the share of each true label found as each; numbers are counts. Extra ones have a row of their own."""
    truths, founds, counts = build_matrix(confusion)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    width_mm = float(np.clip(34 + 8.5 * len(founds), 70, FULL_WIDTH_MM))
    figure = new_figure(width_mm, float(np.clip(26 + (width_mm - 34) * len(truths) / len(founds), 40, 190)))
    axes = figure.add_subplot()
    picture = axes.imshow(np.where(counts, share, np.nan), cmap=DENSITY_MAP, vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(founds)), founds, rotation=90 if max(map(len, founds)) > 3 else 0)
    axes.set_yticks(range(len(truths)), truths)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("found as")
    axes.set_ylabel("truth")
    if max(counts.shape) <= _MAX_NUMBERED:
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = PAPER if share[row, column] > 0.45 else INK
            axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", color=colour, size=6)
    bar = figure.colorbar(picture, ax=axes, shrink=0.8, aspect=18, label="share of the row")
    bar.outline.set_visible(False)
    return figure
