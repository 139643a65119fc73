"""The parts of a report's page: each turns one part of its content into HTML, and escapes every text on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from subsong.reports.content import KeyFigure, MetricRow, ReportContent, ReportFigure, RunDifferences
from subsong.reports.inline import build_inline_image
from subsong.reports.tables import NOT_COMPUTED, Value, build_table, format_number


class Section(NamedTuple):
    """A part of a page.

    Attributes
    ----------
    section_id
        Address within the page.
    title
        Heading, plain text.
    body
        HTML in which every text is escaped.
    parts
        (address, heading) of what the table of contents lists below the section.
    """

    section_id: str
    title: str
    body: str
    parts: tuple[tuple[str, str], ...] = ()


def build_sections(content: ReportContent) -> list[Section]:
    """Return the sections of a report in reading order; what has no content has no section.

    Raises
    ------
    SubsongError
        When a figure cannot stand on a page that fetches and runs nothing.
    """
    overview = _build_warnings(content.warnings) + _build_paragraphs(content.summary) + _build_keys(content.key_figures)
    sections = [
        Section("summary", "Summary", overview),
        Section("metrics", "Metrics", _build_metrics(content.metrics)),
        *_build_figure_sections(content.figures),
        Section("configuration", "Configuration", _build_config(content.config_yaml)),
        Section("differences", "Difference to another run", _build_differences(content.differences)),
        Section("environment", "Environment", _build_environment(content.environment)),
        Section("files", "Files", _build_files(content.files)),
    ]
    return [section for section in sections if section.body]


def make_address(text: str) -> str:
    """Return a text as an address within a page: letters, digits and hyphens.

    Examples
    --------
    >>> make_address("Latent space (PCA)")
    'latent-space-pca'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "part"


def _build_warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return '<div class="notice"><p>There were no warnings.</p></div>'
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    word = "warning" if len(warnings) == 1 else "warnings"
    return (
        f'<div class="notice warning" role="note"><p><strong>{len(warnings)} {word}</strong></p><ul>{items}</ul></div>'
    )


def _build_paragraphs(sentences: Sequence[str]) -> str:
    return f"<p>{escape(' '.join(sentences))}</p>" if sentences else ""


def _build_keys(keys: Sequence[KeyFigure]) -> str:
    return f'<dl class="keys">{"".join(map(_build_key, keys))}</dl>' if keys else ""


def _build_key(key: KeyFigure) -> str:
    value = format_number(key.value)
    missing = value == NOT_COMPUTED
    unit = f' <span class="unit">{escape(key.unit)}</span>' if key.unit and not missing else ""
    why = f'<dd class="why">{escape(key.explanation)}</dd>' if key.explanation else ""
    return (
        f'<div class="key"><dt>{escape(key.name)}</dt>'
        f'<dd class="value{" missing" if missing else ""}">{escape(value)}{unit}</dd>{why}</div>'
    )


def _build_metrics(rows: Sequence[MetricRow]) -> str:
    if not rows:
        return ""
    baselines = list(dict.fromkeys(name for row in rows for name in row.baselines))
    header = ["metric", "this run", *baselines]
    cells: list[list[Value]] = [
        [row.metric, row.value, *(row.baselines.get(name, "") for name in baselines)] for row in rows
    ]
    return build_table(header, cells) + _build_notes(rows)


def _build_notes(rows: Sequence[MetricRow]) -> str:
    """Return how to read each metric, below the table: beside it, many baselines would leave them no room."""
    metrics: dict[str, list[str]] = {}
    for row in rows:
        metrics.setdefault(row.note, []).append(row.metric)
    notes = [f"<dt>{escape(', '.join(names))}</dt><dd>{escape(note)}</dd>" for note, names in metrics.items() if note]
    return f'<dl class="notes">{"".join(notes)}</dl>' if notes else ""


def _build_figure_sections(figures: Sequence[ReportFigure]) -> Iterator[Section]:
    numbered = list(enumerate(figures, start=1))
    for title in dict.fromkeys(figure.section for figure in figures):
        members = [(number, figure) for number, figure in numbered if figure.section == title]
        body = "\n".join(_build_figure(number, figure) for number, figure in members)
        body = f'<div class="figures">\n{body}\n</div>'
        parts = tuple((_get_figure_address(number, figure), figure.title) for number, figure in members)
        yield Section(f"section-{make_address(title)}", title, body, parts)


def _get_figure_address(number: int, figure: ReportFigure) -> str:
    return f"figure-{number}-{make_address(figure.figure_id)}"


def _build_figure(number: int, figure: ReportFigure) -> str:
    address = _get_figure_address(number, figure)
    image = build_inline_image(figure.image, address, figure.alt or figure.title)
    return (
        f'<figure id="{address}">\n<h3>{escape(figure.title)}</h3>\n<div class="frame">{image}</div>\n'
        f"<figcaption><span><b>Figure {number}.</b> {escape(figure.caption)}</span></figcaption>\n</figure>"
    )


def _build_config(config_yaml: str) -> str:
    if not config_yaml:
        return ""
    return f"<details><summary>The resolved configuration, as YAML</summary><pre>{escape(config_yaml)}</pre></details>"


def _build_differences(differences: RunDifferences | None) -> str:
    if differences is None:
        return ""
    if not differences.rows:
        return f"<p>No setting differs from {escape(differences.other)}.</p>"
    # The cells are text as it stands in the configurations: no number among them is to be rounded.
    rows: list[list[Value]] = [list(row) for row in differences.rows]
    return build_table(["setting", f"this run: {differences.this}", differences.other], rows, text_columns=(0, 1, 2))


def _build_environment(environment: Mapping[str, object]) -> str:
    rows: list[list[Value]] = [[name, _to_text(value)] for name, value in _flatten(environment)]
    return build_table(["part", "value"], rows, text_columns=(0, 1)) if rows else ""


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _to_text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)


def _build_files(files: Mapping[str, str]) -> str:
    rows: list[list[Value]] = [[path, purpose] for path, purpose in files.items()]
    return build_table(["file in the folder", "what it is"], rows, text_columns=(0, 1)) if rows else ""
