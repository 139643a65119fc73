"""Numbers and tables."""

from __future__ import annotations

import pytest

from subsong.reports.tables import build_table, format_number, format_quantity


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (104.5678, "104.6"),
        (9.99996, "10.00"),
        (0.012345, "0.01235"),
        (652824, "652,824"),
        (-1234.5, "\N{MINUS SIGN}1,234"),
        (123456.7, "123,457"),
        (0.0000321, "3.210 \N{MULTIPLICATION SIGN} 10⁻⁵"),
        (2.5e12, "2.500 \N{MULTIPLICATION SIGN} 10¹²"),
        (0.0, "0"),
        (float("inf"), "∞"),
        (float("-inf"), "\N{MINUS SIGN}∞"),
        (float("nan"), "not computed"),
        (None, "not computed"),
        (True, "yes"),
        ("17 of 20", "17 of 20"),
    ],
)
def test_numbers_read_well(value, text) -> None:
    assert format_number(value) == text


def test_a_missing_number_has_no_unit() -> None:
    assert format_quantity(1.5, "nats") == "1.500 nats"
    assert format_quantity(None, "nats") == "not computed"


def test_cells_are_escaped_and_marked() -> None:
    table = build_table(["<a>", "b", "note"], [["x & y", None, "<i>"]], text_columns=(0, 2))
    assert "&lt;a&gt;" in table
    assert "&lt;i&gt;" in table
    assert "x &amp; y" in table
    assert '<td class="number missing">not computed</td>' in table
    assert table.count('scope="col"') == 3
    assert table.count('scope="row"') == 1
