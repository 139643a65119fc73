"""The house style, and figures as files."""

from __future__ import annotations

import matplotlib
import pytest
from matplotlib.figure import Figure

from subsong.core.errors import SubsongError
from subsong.reports.style import (
    PALETTE,
    figure_to_png_data_uri,
    figure_to_svg,
    find_fonts,
    house_style,
    new_figure,
    png_to_data_uri,
    save_figure,
)


@house_style()
def draw(text: str = "a title") -> Figure:
    figure = new_figure(60, 40)
    axes = figure.add_subplot(title=text)
    axes.plot([0, 1], [0, 1])
    axes.scatter([0, 1], [1, 0], rasterized=True)
    return figure


def test_settings_hold_only_inside_the_block() -> None:
    before = matplotlib.rcParams["axes.spines.top"]
    with house_style():
        assert matplotlib.rcParams["axes.spines.top"] is False
    assert matplotlib.rcParams["axes.spines.top"] == before


def test_every_colour_of_the_palette_is_another() -> None:
    assert len(set(PALETTE)) == len(PALETTE) == 12


def test_the_font_that_comes_with_matplotlib_is_always_there() -> None:
    assert find_fonts()[-1] == "DejaVu Sans"


def test_sizes_are_millimetres() -> None:
    assert new_figure(50.8, 25.4).get_size_inches().tolist() == pytest.approx([2.0, 1.0])


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_the_same_figure_gives_the_same_bytes(tmp_path, suffix, start) -> None:
    for name in ("one", "two"):
        save_figure(draw(), tmp_path / (name + suffix))
    content = (tmp_path / ("one" + suffix)).read_bytes()
    assert content.startswith(start)
    assert content == (tmp_path / ("two" + suffix)).read_bytes()
    assert b"Matplotlib v" not in content


def test_png_has_the_resolution_of_print(tmp_path) -> None:
    from PIL import Image

    save_figure(draw(), tmp_path / "figure.png")
    with Image.open(tmp_path / "figure.png") as image:
        assert image.size == pytest.approx((60 / 25.4 * 300, 40 / 25.4 * 300), abs=1)


def test_another_suffix_is_refused_in_one_sentence(tmp_path) -> None:
    with pytest.raises(SubsongError, match=r"should end in \.png, \.svg or \.pdf"):
        save_figure(draw(), tmp_path / "figure.bmp")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["$\\frac{", "a_b^c $x$", "鳥の歌", "<script>alert(1)</script>", "-->"])
def test_any_text_can_stand_in_a_figure(text) -> None:
    svg = figure_to_svg(draw(text))
    assert "<script" not in svg
    assert "<svg" in svg


def test_data_addresses_hold_a_png() -> None:
    assert figure_to_png_data_uri(draw(), dpi=50).startswith("data:image/png;base64,iVBORw0KGgo")
    assert png_to_data_uri(b"\x89PNG\r\n\x1a\n").startswith("data:image/png;base64,iVBORw0KGgo")
