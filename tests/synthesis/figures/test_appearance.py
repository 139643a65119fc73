"""What figures wear, and the patterns of it."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.seeds import numpy_generator
from subsong.synthesis.figures.appearance import draw_appearance
from subsong.synthesis.figures.bird import BIRD
from subsong.synthesis.figures.patterns import PATTERN_FUNCTIONS
from subsong.synthesis.figures.person import PERSON


@pytest.mark.parametrize("body", [PERSON, BIRD])
def test_figures_without_patterns_wear_plain_colours(body):
    wears = [
        draw_appearance(body, numpy_generator(number, "look"), has_patterns).wear_M
        for has_patterns in (True, False)
        for number in range(20)
    ]
    assert {wear.pattern for wear_M in wears[:20] for wear in wear_M} > {"plain", "dots"}
    assert {wear.pattern for wear_M in wears[20:] for wear in wear_M} == {"plain"}


@pytest.mark.parametrize("body", [PERSON, BIRD])
def test_both_sides_wear_the_same(body):
    wear_M = draw_appearance(body, numpy_generator(0, "look"), True).wear_M
    worn = {part.name: wear for part, wear in zip(body.parts, wear_M, strict=True)}
    rights = [name for name in worn if name.startswith("right ")]
    assert len(rights) >= 5
    assert all(worn[name] == worn[name.replace("right", "left")] for name in rights)


@pytest.mark.parametrize(("name", "share"), [("plain", 0.0), ("rings", 0.5), ("lines", 0.5), ("dots", np.pi * 0.34**2)])
def test_a_pattern_covers_its_share_of_a_limb(name, share):
    along, across = (place.ravel() for place in np.mgrid[0:4:400j, 0:4:400j])
    second = PATTERN_FUNCTIONS[name](along, across, along / 4)
    assert second.mean() == pytest.approx(share, abs=0.02)
    assert second.min() >= 0
    assert second.max() <= 1


def test_a_gradient_goes_from_one_end_to_the_other():
    share = np.linspace(0, 1, 5)
    np.testing.assert_array_equal(PATTERN_FUNCTIONS["gradient"](share, share, share), share)
