"""What a report says, before it becomes a page: plain text, numbers and finished figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from subsong.core.differences import Difference
from subsong.reports.tables import Value


class KeyFigure(NamedTuple):
    """One number that stands large at the top of a report.

    Attributes
    ----------
    name
        What it is, in a few words.
    value
        The number; None and not-a-number read "not computed".
    unit
        Such as "nats per picture".
    explanation
        One short sentence: how to read it, or what to compare it with.
    """

    name: str
    value: Value
    unit: str = ""
    explanation: str = ""


class ReportFigure(NamedTuple):
    """One figure of a report.

    Attributes
    ----------
    figure_id
        Short name, unique in the report; part of addresses within the page.
    title
        Heading of the figure.
    caption
        What is drawn, and what to look for.
    image
        SVG text, as from `style.figure_to_svg`, or a ``data:image/...`` address, as from
        `style.figure_to_png_data_uri`.
    section
        Heading under which the figure stands; sections keep the order in which figures name them.
    alt
        What the figure shows, for readers who cannot see it; by default its title.
    """

    figure_id: str
    title: str
    caption: str
    image: str
    section: str = "Figures"
    alt: str = ""


class MetricRow(NamedTuple):
    """One metric, and what simple methods reach.

    Attributes
    ----------
    metric
        Name, with its unit.
    value
        The run's value.
    baselines
        Name of the baseline -> its value; one that has none stays empty.
    note
        Which way is better, and on what it was computed.
    """

    metric: str
    value: Value
    baselines: Mapping[str, Value] = {}
    note: str = ""


class RunDifferences(NamedTuple):
    """Where the resolved configurations of two runs differ.

    Attributes
    ----------
    this, other
        Names of the runs.
    rows
        The settings that differ.
    """

    this: str
    other: str
    rows: Sequence[Difference]


class ReportContent(NamedTuple):
    """Everything a report says.

    Attributes
    ----------
    title, subtitle
        Name of the run, and one line about it (recipe, date, data).
    summary
        Short sentences.
    key_figures, figures, metrics
        See their classes.
    warnings
        What the run's watch said; shown before everything else.
    config_yaml
        The resolved configuration.
    differences
        How the configuration differs from that of another run, or None.
    environment
        Name -> value; nested tables are flattened with dots.
    files
        Path within the run folder -> what the file is.
    """

    title: str
    subtitle: str = ""
    summary: tuple[str, ...] = ()
    key_figures: tuple[KeyFigure, ...] = ()
    figures: tuple[ReportFigure, ...] = ()
    metrics: tuple[MetricRow, ...] = ()
    warnings: tuple[str, ...] = ()
    config_yaml: str = ""
    differences: RunDifferences | None = None
    environment: Mapping[str, object] = {}
    files: Mapping[str, str] = {}
