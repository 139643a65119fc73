"""The figures that a run of a segmenter adds to its page, from the folder of its results; no data are needed."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.reports.annotation_scores.confusion import plot_confusion
from subsong.reports.annotation_scores.curves import plot_curves
from subsong.reports.content import ReportFigure
from subsong.reports.style import figure_to_svg

_SECTION = "Annotations"
_ALT = "Spectrogram above true annotations, found annotations and the probability of each label"


def build_segmenter_figures(folder: Path) -> tuple[ReportFigure, ...]:
    """Return the examples, F1 along tolerances and the confusions of the results in a folder."""
    examples = [
        ReportFigure(
            path.stem.replace("_", "-"),
            f"Example {number}",
            "From above: the spectrogram; true annotations and those found, coloured by what became of them; the "
            "probability of each label.",
            path.read_text(encoding="utf-8"),
            _SECTION,
            _ALT,
        )
        for number, path in enumerate(sorted(folder.glob("example_*.svg")), start=1)
    ]
    curves, confusion = (
        pl.read_csv(folder / f"{name}.csv", schema_overrides={"truth": pl.String, "found": pl.String})
        for name in ("curves", "confusion")
    )
    curves = curves.with_columns(pl.col("f1", "f1_low", "f1_high").cast(pl.Float64))
    return (
        *examples,
        ReportFigure(
            "tolerance",
            "How F1 grows with the tolerance",
            "Labels compared. Shaded: 95 % intervals.",
            figure_to_svg(plot_curves(curves)),
            _SECTION,
        ),
        ReportFigure(
            "confusion",
            "What was taken for what",
            "Each row is a true label; annotations are paired by overlap, whatever their labels.",
            figure_to_svg(plot_confusion(confusion)),
            _SECTION,
        ),
    )
