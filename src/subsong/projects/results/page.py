"""The page itself: numbers first, then tables and figures, what was left out, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import polars as pl

from subsong.core.words import count_noun
from subsong.projects.project import PROJECT_FILE, Project
from subsong.projects.results.contents import ProjectResults
from subsong.projects.results.scoring import ALL_BIRDS
from subsong.projects.results.segmenters import read_segmenters

if TYPE_CHECKING:
    from subsong.reports.content import KeyFigure
    from subsong.reports.drawn import Drawn
    from subsong.reports.sections import Section
    from subsong.reports.tables import Value

TABLES_DIR = "tables"
_MAX_ROWS, _MAX_UNSURE = 60, 3
_PAGE_DPI = 150


def build_page(
    project: Project, results: ProjectResults, tables: Mapping[str, pl.DataFrame], drawn: Sequence[Drawn]
) -> str:
    """Return the report as one HTML page.

    Parameters
    ----------
    project, results
        What it is about.
    tables
        By name, as they are written beside the page.
    drawn
        Figures in reading order; a section a bird.
    """
    from subsong.reports.content import ReportContent, ReportFigure
    from subsong.reports.page import render_page
    from subsong.reports.sections import Section, build_sections
    from subsong.reports.style import figure_to_svg

    content = ReportContent(
        title=project.name,
        subtitle=_describe(tables["birds"]),
        key_figures=_list_keys(results, tables),
        figures=tuple(
            ReportFigure(one.name, one.title, one.caption, figure_to_svg(one.figure, _PAGE_DPI), one.section)
            for one in drawn
        ),
        warnings=results.warnings,
        files=_list_files(project),
    )
    first, *others = build_sections(content)
    before = [
        Section("next", "What to do next", _build_next(project, results, tables)),
        Section("birds", "Birds", _build_birds(tables["birds"])),
        Section("truth", "Against the truth", _build_truth(tables)),
        Section("segmenters", "Segmenters on their test sound", _build_segmenters(results)),
        Section("types", "Types", _build_types(tables.get("types"))),
    ]
    figures = [section for section in others if section.section_id.startswith("section-")]
    rest = [section for section in others if section not in figures]
    after = [Section("left-out", "What was left out", _build_left_out(tables["recordings"]))]
    sections: list[Section] = [first, *before, *figures, *after, *rest]
    return render_page([section for section in sections if section.body], content.title, content.subtitle)


def _describe(birds: pl.DataFrame) -> str:
    minutes, num = birds["minutes"].sum(), int(birds["num_recordings"].sum())
    return f"{count_noun(len(birds), 'bird')}, {count_noun(num, 'recording')}, {minutes:,.1f} minutes"


def _list_keys(results: ProjectResults, tables: Mapping[str, pl.DataFrame]) -> tuple[KeyFigure, ...]:
    from subsong.reports.content import KeyFigure

    birds = tables["birds"]
    num, done = (int(birds[name].sum()) for name in ("num_recordings", "num_annotated"))
    corrected = int(birds["num_corrected"].sum())
    keys = [
        KeyFigure("annotated recordings", done, f"of {num:,}", f"{corrected:,} corrected in the studio"),
        KeyFigure("given sounds", int(birds["given"].sum()), "", "annotated or accepted by people"),
        KeyFigure("found sounds", int(birds["found"].sum()), "", "proposed by models, to be looked at"),
    ]
    if "types" in tables:
        keys.append(KeyFigure("types", len(tables["types"]), "", "clusters of the map, all birds"))
    if "scores" in tables:
        keys.append(KeyFigure("F1 at 10 ms", _get_last(tables["scores"], "onset_f1"), "", "onsets, against the truth"))
    if "cluster_scores" in tables:
        value = _get_last(tables["cluster_scores"], "ami")
        keys.append(KeyFigure("types and truth", value, "", "adjusted mutual information: 1 when they are one"))
    return tuple(keys)


def _get_last(table: pl.DataFrame, column: str) -> float:
    return float(table[column][-1])


def _build_birds(birds: pl.DataFrame) -> str:
    from subsong.reports.tables import build_table

    header = ["bird", "recordings", "minutes", "annotated", "corrected", "given sounds", "found sounds", "left out"]
    rows = birds.with_columns(pl.col("minutes").round(1).cast(pl.String))
    return build_table(header, [list(row) for row in rows.iter_rows()])


def _build_truth(tables: Mapping[str, pl.DataFrame]) -> str:
    from subsong.reports.tables import build_table

    body = ""
    if "scores" in tables:
        header = ["bird", "true", "found", "F1", "precision", "recall", "both edges", "with labels", "frame error"]
        said = (
            "What was found in recordings that nobody annotated. F1, precision and recall: onsets within 10 ms agree. "
            "Both edges: F1 where offsets have to agree as well; with labels: F1 where labels have to. Frame error: "
            f"share of all milliseconds in which one says sound and the other silence. {ALL_BIRDS}: all birds together."
        )
        body += f"<p>{said}</p>{build_table(header, [list(row) for row in tables['scores'].iter_rows()])}"
    if "cluster_scores" in tables:
        header = ["bird", "sounds", "true types", "types found", "adjusted mutual information"]
        said = "The types of the map against the true ones, of sounds that are true ones."
        body += f"<p>{said}</p>{build_table(header, [list(row) for row in tables['cluster_scores'].iter_rows()])}"
    return body


def _build_segmenters(results: ProjectResults) -> str:
    from subsong.reports.tables import build_table

    scores = read_segmenters(results.segmenter_runs)
    if not scores.height:
        return ""
    header = ["bird", *(name for name in scores.columns if name != "bird")]
    note = "Sound that the segmenter was not trained on, annotated by people; labels count."
    return f"<p>{note}</p>{build_table(header, [list(row) for row in scores.iter_rows()])}"


def _build_types(types: pl.DataFrame | None) -> str:
    from subsong.reports.tables import build_table

    if types is None:
        return ""
    rows: list[list[Value]] = [
        [
            *(row["bird"], row["type"], row["num_sounds"], f"{row['median_ms']:.0f}"),
            f"{row['low_ms']:.0f} to {row['high_ms']:.0f}",
            "" if row["label"] is None else f"{row['label']} ({100 * row['label_share']:.0f} %)",
        ]
        for row in types.head(_MAX_ROWS).iter_rows(named=True)
    ]
    header = ["bird", "type", "sounds", "median (ms)", "half of them (ms)", "most frequent label"]
    more = (
        f"<p>The first {_MAX_ROWS} of {len(types)}; all are in tables/types.csv.</p>" if len(types) > _MAX_ROWS else ""
    )
    return build_table(header, rows, text_columns=(0, 1, 5)) + more


def _build_left_out(described: pl.DataFrame) -> str:
    from subsong.reports.tables import build_table

    lost = described.filter(pl.col("left_out").is_not_null())
    if not lost.height:
        return "<p>Nothing: every recording was used.</p>"
    rows: list[list[Value]] = [list(row) for row in lost.select("recording", "left_out").head(_MAX_ROWS).iter_rows()]
    more = f"<p>{lost.height - _MAX_ROWS} more are in tables/recordings.csv.</p>" if lost.height > _MAX_ROWS else ""
    return build_table(["recording", "why"], rows, text_columns=(0, 1)) + more


def _build_next(project: Project, results: ProjectResults, tables: Mapping[str, pl.DataFrame]) -> str:
    """Return what brings the project on: commands, and which bird needs most."""
    shown = project.path if project.file.name == PROJECT_FILE else project.file
    items = [
        f"Look, listen and correct: <code>subsong studio {escape(str(shown))}</code>",
        f"After corrections, everything that depends on them again: <code>subsong run {escape(str(shown))}</code>",
    ]
    for row in tables["birds"].iter_rows(named=True):
        if not row["given"]:
            items.insert(0, f"Nobody annotated {escape(row['bird'])}: a minute of song, wholly annotated, is a start.")
    if results.found.height:
        items.insert(1, f"{results.found.height:,} proposals wait to be accepted or rejected{_name_unsure(results)}.")
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _name_unsure(results: ProjectResults) -> str:
    """Return the recordings of whose proposals the models are least sure, in words; nothing where nobody knows."""
    scores = results.found.drop_nulls("score").group_by("recording").agg(pl.col("score").mean())
    least = scores.sort("score", "recording").head(_MAX_UNSURE)["recording"].to_list()
    return f"; the models are least sure of {escape(', '.join(least))}" if least else ""


def _list_files(project: Project) -> dict[str, str]:
    places = {
        project.annotations_dir: "what people say: a CSV a recording",
        project.proposals_dir: "what models say, with scores",
        project.embeddings_dir: "the latent codes of the sounds, with their types",
        project.maps_dir: "maps, for the studio",
        project.figures_dir: "every figure of this page, as PNG and PDF",
        project.path / TABLES_DIR: "every table of this page, as CSV",
        project.runs_dir: "training runs",
    }
    return {f"{path.name}/": what for path, what in places.items() if path.is_dir()}
