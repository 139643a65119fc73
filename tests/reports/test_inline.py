"""Figures inside a page."""

from __future__ import annotations

import re

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.reports.inline import build_inline_image
from subsong.reports.latent import plot_latent_map
from subsong.reports.style import INK, figure_to_svg


@pytest.fixture(scope="module")
def svg() -> str:
    return figure_to_svg(plot_latent_map(np.random.default_rng(0).normal(size=(50, 2)), ["a", "b"] * 25, "map"))


def test_identifiers_are_the_figures_own(svg) -> None:
    html = build_inline_image(svg, "figure-1", "a map")
    identifiers = re.findall(r'\bid="([^"]+)"', html)
    targets = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', html)
    assert all(identifier.startswith("figure-1-") for identifier in identifiers)
    assert {one or other for one, other in targets} <= set(identifiers)


def test_nothing_of_a_file_of_its_own_is_left(svg) -> None:
    html = build_inline_image(svg, "f", "a map")
    assert not re.search(r"<\?xml|<!DOCTYPE|<!--|<metadata|<style|http", html)


def test_text_and_axes_follow_the_page(svg) -> None:
    html = build_inline_image(svg, "f", "a map")
    assert INK not in html
    assert "var(--ink)" in html
    assert "var(--paper)" in html


def test_the_alternative_text_is_escaped(svg) -> None:
    assert 'aria-label="&lt;b&gt;&quot;"' in build_inline_image(svg, "f", '<b>"')
    assert 'alt="&lt;b&gt;&quot;"' in build_inline_image("data:image/png;base64,AA==", "f", '<b>"')


HEAD = '<svg viewBox="0 0 10 10" '


@pytest.mark.parametrize(
    "image",
    [
        HEAD + "><script>alert(1)</script></svg>",
        HEAD + 'onload="alert(1)"></svg>',
        HEAD + '><a href="javascript:alert(1)"></a></svg>',
        HEAD + '><image xlink:href="https://example.org/a.png"/></svg>',
        HEAD + '><rect fill="url(https://example.org/a.svg#b)"/></svg>',
        HEAD + "><foreignObject></foreignObject></svg>",
        "<svg></svg>",
        'data:image/png;base64,AA" onerror="alert(1)',
        "https://example.org/a.png",
    ],
)
def test_what_would_run_or_fetch_is_refused(image) -> None:
    with pytest.raises(SubsongError, match="figure"):
        build_inline_image(image, "f", "text")


def test_embedded_pixels_are_not_mistaken_for_a_handler() -> None:
    image = HEAD + '><image xlink:href="data:image/png;base64,AAAA\nonAA=="/></svg>'
    assert "AAAAonAA==" in build_inline_image(image, "f", "text")
