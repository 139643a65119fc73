"""The report as one page: whole, offline, safe, and readable by machines."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.reports.content import KeyFigure, MetricRow, ReportContent, ReportFigure
from subsong.reports.curves import plot_training_curves
from subsong.reports.page import render_page, write_report
from subsong.reports.pictures import plot_samples
from subsong.reports.sections import Section, build_sections, make_address
from subsong.reports.style import figure_to_png_data_uri, figure_to_svg

HOSTILE = "<script src='http://example.org/x.js'></script>\"'&<img src=x onerror=alert(1)>"
VOID = {"meta", "link", "img", "br", "hr"}


class PageReader(HTMLParser):
    """Collects what the assertions ask about, and fails on tags that are not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] = (self.open[-1], self.headings[-1][1] + data)


def build_content(word: str = "words") -> ReportContent:
    images = np.random.default_rng(0).random((4, 1, 8, 8))
    curves = figure_to_svg(plot_training_curves({word: {word: ([1, 2], [2.0, 1.0])}}, best_epoch=2))
    samples = figure_to_png_data_uri(plot_samples(images))
    return ReportContent(
        title=f"run {word}",
        subtitle=word,
        summary=(word, "Two sentences."),
        key_figures=(KeyFigure(word, 104.56, word, word), KeyFigure("missing", None, "nats")),
        figures=(
            ReportFigure("curves", "Curves", word, curves, "Training"),
            ReportFigure("curves", word, "caption", curves, word, alt=word),
            ReportFigure("samples", "Samples", "caption", samples, word),
        ),
        metrics=(MetricRow(word, 1.0, {word: 2.0}, word), MetricRow("other", float("nan"), {"mean": 3.0})),
        warnings=(word,),
        config_yaml=f"recipe: {word}\n",
        environment={word: word, "device": {"kind": "cpu", "threads": [1, 2]}, "commit": None},
        files={word: word},
    )


def read_report(tmp_path, content: ReportContent) -> tuple[str, PageReader]:
    write_report(tmp_path / "report.html", content)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    return page, PageReader(page)


@pytest.mark.parametrize("word", ["words", HOSTILE])
def test_the_page_runs_and_fetches_nothing(tmp_path, word) -> None:
    page, reader = read_report(tmp_path, build_content(word))
    names = [tag for tag, _ in reader.tags]
    assert not {"script", "iframe", "object", "embed", "base", "form"} & set(names)
    for tag, attributes in reader.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("src", "href", "xlink:href", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    assert "@import" not in page
    assert "url(http" not in page


def test_hostile_text_is_read_as_text(tmp_path) -> None:
    _, reader = read_report(tmp_path, build_content(HOSTILE))
    assert reader.text.count(HOSTILE) >= 12
    assert HOSTILE in [attributes.get("aria-label") for _, attributes in reader.tags]


def test_every_heading_is_there_and_in_order(tmp_path) -> None:
    _, reader = read_report(tmp_path, build_content())
    assert reader.headings == [
        ("h1", "run words"),
        ("h2", "Summary"),
        ("h2", "Metrics"),
        ("h2", "Training"),
        ("h3", "Curves"),
        ("h2", "words"),
        ("h3", "words"),
        ("h3", "Samples"),
        ("h2", "Configuration"),
        ("h2", "Environment"),
        ("h2", "Files"),
    ]


def test_identifiers_are_unique_and_every_link_has_its_target(tmp_path) -> None:
    _, reader = read_report(tmp_path, build_content())
    identifiers = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    links = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    # matplotlib repeats the identifier of a text's group within one figure; nothing points there.
    addresses = [identifier for identifier in identifiers if "-text_" not in str(identifier)]
    assert len(addresses) == len(set(addresses))
    assert {str(link)[1:] for link in links} <= set(identifiers)


def test_every_image_is_inline_and_described(tmp_path) -> None:
    _, reader = read_report(tmp_path, build_content())
    images = [attributes for tag, attributes in reader.tags if tag == "img"]
    drawings = [attributes for tag, attributes in reader.tags if tag == "svg"]
    assert [bool(image["alt"]) and str(image["src"]).startswith("data:image/png") for image in images] == [True]
    assert [drawing["aria-label"] for drawing in drawings] == ["Curves", "words"]


def test_what_was_not_computed_says_so(tmp_path) -> None:
    _, reader = read_report(tmp_path, build_content())
    assert reader.text.count("not computed") == 2


def test_nested_environment_is_flattened(tmp_path) -> None:
    _, reader = read_report(tmp_path, build_content())
    assert "device.kind" in reader.text
    assert "1, 2" in reader.text


def test_the_same_content_gives_the_same_page(tmp_path) -> None:
    assert read_report(tmp_path, build_content())[0] == read_report(tmp_path, build_content())[0]


def test_an_almost_empty_report_has_only_its_summary(tmp_path) -> None:
    _, reader = read_report(tmp_path, ReportContent("bare"))
    assert reader.headings == [("h1", "bare"), ("h2", "Summary")]
    assert "no warnings" in reader.text


def test_a_bad_figure_leaves_the_former_report(tmp_path) -> None:
    write_report(tmp_path / "report.html", ReportContent("former"))
    bad = ReportContent("new", figures=(ReportFigure("f", "title", "caption", "https://example.org/a.png"),))
    with pytest.raises(SubsongError, match="SVG text or a data:image address"):
        write_report(tmp_path / "report.html", bad)
    assert "former" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_both_colour_schemes_are_styled() -> None:
    page = render_page([Section("one", "One", "<p>body</p>")], "title")
    assert "prefers-color-scheme: dark" in page
    assert "<p>body</p>" in page


def test_warnings_come_first() -> None:
    sections = build_sections(build_content())
    assert sections[0].body.startswith('<div class="notice warning"')


@pytest.mark.parametrize(("text", "address"), [("Latent space (PCA)", "latent-space-pca"), ("歌", "part")])
def test_addresses_hold_letters_digits_and_hyphens(text, address) -> None:
    assert make_address(text) == address
