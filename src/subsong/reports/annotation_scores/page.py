"""The page of a comparison: scores with their intervals, figures, labels, recordings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from subsong.core.files import atomic_file
from subsong.core.words import count_noun
from subsong.evaluation.annotations.outcomes import CONFUSED, EXTRA, MISSED, UNJUDGED
from subsong.evaluation.annotations.scores import AnnotationScores
from subsong.reports.annotation_scores.confusion import plot_confusion
from subsong.reports.annotation_scores.curves import plot_curves, plot_errors
from subsong.reports.annotation_scores.strips import choose_strips, plot_strips
from subsong.reports.annotation_scores.words import describe_criterion, describe_score, list_headlines
from subsong.reports.content import KeyFigure, ReportContent, ReportFigure
from subsong.reports.page import render_page
from subsong.reports.sections import Section, build_sections
from subsong.reports.style import figure_to_svg
from subsong.reports.tables import Value, build_table

_MAX_ROWS = 60


def write_scores_page(
    path: Path, scores: AnnotationScores, title: str, described: Mapping[str, object], files: Mapping[str, str]
) -> None:
    """Write the page as one HTML file that opens offline, whole or not at all.

    Parameters
    ----------
    path
        Of the page.
    scores
        What it shows.
    title
        Names the two sets.
    described
        Settings and versions, for the page's foot.
    files
        What lies beside the page -> what it is.
    """
    content = ReportContent(
        title=title,
        subtitle=describe_amounts(scores),
        summary=(_explain(scores),),
        key_figures=_list_keys(scores),
        figures=tuple(_draw(scores)),
        warnings=scores.warnings,
        environment=described,
        files=files,
    )
    first, *others = build_sections(content)
    tables = [
        Section("scores", "Scores", _build_scores(scores)),
        Section("labels", "Labels", _build_classes(scores)),
        Section("recordings", "Recordings", _build_recordings(scores)),
    ]
    figures = [section for section in others if section.section_id.startswith("section-")]
    rest = [section for section in others if section not in figures]
    sections = [first, tables[0], *figures, *tables[1:], *rest]
    with atomic_file(path, "w") as file:
        file.write(render_page([section for section in sections if section.body], content.title, content.subtitle))


def describe_amounts(scores: AnnotationScores) -> str:
    """Return how much was compared, in one line."""
    num_true, num_found = (int(scores.per_recording[name].sum()) for name in ("num_truth", "num_found"))
    labels = "labels compared" if scores.uses_labels else "labels not compared"
    recordings = count_noun(len(scores.per_recording), "recording")
    return f"{recordings}, {num_true:,} true and {count_noun(num_found, 'found annotation')}, {labels}"


def _explain(scores: AnnotationScores) -> str:
    outcomes = dict(scores.matches["outcome"].value_counts().iter_rows())
    parts = [f"{outcomes.get(name, 0):,} {name}" for name in (MISSED, EXTRA, CONFUSED)]
    unjudged = outcomes.get(UNJUDGED, 0)
    more = (
        f" {unjudged:,} found annotations lie where the truth is not complete, and are not judged." if unjudged else ""
    )
    return (
        f"By overlap, whatever the label: {', '.join(parts)}.{more} Every score counts pairs of one true and one found "
        f"annotation; intervals hold 95 % of bootstrap resamples of {scores.interval_units}."
    )


def _list_keys(scores: AnnotationScores) -> tuple[KeyFigure, ...]:
    keys = []
    for row in scores.summary.filter(pl.col("score").is_in(list_headlines(scores))).iter_rows(named=True):
        name, unit = describe_score(row["score"], scores.options)
        scale = 100 if unit else 1
        low, high = scale * row["low"], scale * row["high"]
        keys.append(KeyFigure(name, scale * row["value"], unit, f"{low:.3g} to {high:.3g}" if low == low else ""))
    return tuple(keys)


def _build_scores(scores: AnnotationScores) -> str:
    rows: list[list[Value]] = []
    for score, value, low, high, numerator, denominator in scores.summary.iter_rows():
        name, unit = describe_score(score, scores.options)
        scale = 100 if unit else 1
        counted = f"{numerator:,} of {denominator:,}"
        rows.append([f"{name} ({unit})" if unit else name, scale * value, scale * low, scale * high, counted])
    timing = [[row["edge"], *list(row.values())[1:]] for row in scores.timing.iter_rows(named=True)]
    header = [name.removesuffix("_ms").replace("_", " ") for name in scores.timing.columns]
    table = build_table(["score", "value", "low", "high", "counted"], rows)
    if not timing:
        return table
    note = f"Errors of edges in milliseconds, found minus true, of pairs that overlap by {scores.options.min_iou:g}:"
    return f"{table}<p>{note}</p>{build_table(header, timing)}"


def _build_classes(scores: AnnotationScores) -> str:
    if not scores.uses_labels or not scores.per_class.height:
        return ""
    rows: list[list[Value]] = [
        [row["label"], describe_criterion(row["criterion"], scores.options)]
        + [row[name] for name in ("num_truth", "num_found", "precision", "recall", "f1", "f1_low", "f1_high")]
        for row in scores.per_class.head(4 * _MAX_ROWS).iter_rows(named=True)
    ]
    header = ["label", "agrees", "true", "found", "precision", "recall", "F1", "low", "high"]
    return build_table(header, rows, text_columns=(0, 1))


def _build_recordings(scores: AnnotationScores) -> str:
    shown = [name for name in list_headlines(scores) if name in scores.per_recording.columns]
    table = scores.per_recording
    table = table.sort(shown[0], "recording", nulls_last=True) if shown else table
    rows: list[list[Value]] = [
        list(row) for row in table.select("recording", "num_truth", "num_found", *shown).head(_MAX_ROWS).iter_rows()
    ]
    header = ["recording", "true", "found", *(describe_score(name, scores.options)[0] for name in shown)]
    more = f"<p>The {_MAX_ROWS} lowest of {table.height:,}; all are in per_recording.csv.</p>"
    return build_table(header, rows) + (more if table.height > _MAX_ROWS else "")


def _draw(scores: AnnotationScores) -> list[ReportFigure]:
    drawn = []
    if scores.curves.height:
        drawn.append(
            ReportFigure(
                "curves",
                "How F1 grows with the tolerance",
                "Shaded: 95 % intervals. The number of pairs is the largest possible at every limit, so that curves "
                "never fall as limits loosen.",
                figure_to_svg(plot_curves(scores.curves)),
            )
        )
    if scores.timing.height:
        drawn.append(
            ReportFigure(
                "errors",
                "How far edges lie apart",
                "Dashed: the median. Right of 0: found too late. The outermost bars hold all that lies beyond.",
                figure_to_svg(plot_errors(scores.errors_s)),
            )
        )
    strips = choose_strips(scores.matches)
    if strips:
        drawn.append(
            ReportFigure(
                "strips",
                "Where the two differ most",
                "The stretches with most mistakes, of the recordings with the largest share of mistakes. All pairs, "
                "misses and extras are in matches.csv.",
                figure_to_svg(plot_strips(strips)),
            )
        )
    if scores.confusion.height:
        drawn.append(
            ReportFigure(
                "confusion",
                "What was taken for what",
                "Each row is a true label; annotations are paired by overlap, whatever their labels.",
                figure_to_svg(plot_confusion(scores.confusion)),
            )
        )
    return drawn
