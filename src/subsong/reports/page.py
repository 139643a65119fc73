"""One self-contained page: a single HTML file that opens offline and is the same file every time.

Style, figures and text all lie inside it; there is no script, and nothing is fetched. It follows the reader's light
or dark setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path

from subsong.core.files import atomic_file
from subsong.reports.content import ReportContent
from subsong.reports.sections import Section, build_sections

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="subsong">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<div class="layout">
<nav aria-label="Contents"><p>Contents</p>
{contents}
</nav>
<main>
<header>
<h1>{title}</h1>
{subtitle}
</header>
{sections}
<footer>Written by Subsong. This file needs nothing but itself: copy it, mail it, keep it.</footer>
</main>
</div>
</body>
</html>
"""


def render_page(sections: Sequence[Section], title: str, subtitle: str = "") -> str:
    """Return an HTML page of sections, with a table of contents."""
    return _PAGE.format(
        title=escape(title),
        subtitle=f'<p class="subtitle">{escape(subtitle)}</p>' if subtitle else "",
        style=resources.files("subsong.reports").joinpath("page.css").read_text(encoding="utf-8"),
        contents=_build_contents([(section.section_id, section.title, section.parts) for section in sections]),
        sections="\n".join(map(_build_section, sections)),
    )


def write_report(path: str | Path, content: ReportContent) -> None:
    """Write a report as one HTML file, whole or not at all.

    Raises
    ------
    SubsongError
        When a figure would run or fetch something, or the file cannot be written.
    """
    page = render_page(build_sections(content), content.title, content.subtitle)
    with atomic_file(path, "w") as file:
        file.write(page)


def _build_section(section: Section) -> str:
    address = escape(section.section_id)
    return (
        f'<section aria-labelledby="{address}">\n<h2 id="{address}">{escape(section.title)}</h2>\n'
        f"{section.body}\n</section>"
    )


def _build_contents(entries: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> str:
    items = [
        f'<li><a href="#{escape(address)}">{escape(title)}</a>'
        + (_build_contents([(part, name, ()) for part, name in parts]) if len(parts) > 1 else "")
        + "</li>"
        for address, title, parts in entries
    ]
    return f"<ul>{''.join(items)}</ul>"
