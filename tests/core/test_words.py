"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from subsong.core.words import count_noun


@pytest.mark.parametrize(("number", "expected"), [(0, "0 lists"), (1, "1 list"), (2, "2 lists"), (1200, "1,200 lists")])
def test_one_thing_has_no_s(number, expected):
    assert count_noun(number, "list") == expected
