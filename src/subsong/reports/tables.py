"""Numbers and tables as a reader wants them: significant digits, thousands apart, and what is missing said in words."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from html import escape

NOT_COMPUTED = "not computed"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Value = float | int | str | bool | None


def format_number(value: Value, digits: int = 4) -> str:
    """Return a value as text.

    Parameters
    ----------
    value
        A float is rounded to `digits` significant digits; an integer is kept whole; text is kept as it is;
        None and not-a-number read "not computed".
    digits
        Significant digits of a float. Digits before the point are never rounded away.

    Examples
    --------
    >>> format_number(104.5678), format_number(652824), format_number(float("nan"))
    ('104.6', '652,824', 'not computed')
    """
    if value is None:
        return NOT_COMPUTED
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "\N{MINUS SIGN}")
    return _format_float(float(value), digits).replace("-", "\N{MINUS SIGN}")


def _format_float(value: float, digits: int) -> str:
    if math.isnan(value):
        return NOT_COMPUTED
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    # Rounding first, so that 9.9999 counts as 10.
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    magnitude = int(exponent)
    if not -4 <= magnitude < 9:
        return f"{mantissa} \N{MULTIPLICATION SIGN} 10{str(magnitude).translate(_SUPERSCRIPTS)}"
    return f"{value:,.{max(0, digits - 1 - magnitude)}f}"


def format_quantity(value: Value, unit: str = "", digits: int = 4) -> str:
    """Return a number and its unit; a missing number has no unit."""
    text = format_number(value, digits)
    return f"{text} {unit}" if unit and text != NOT_COMPUTED else text


def build_table(header: Sequence[str], rows: Sequence[Sequence[Value]], text_columns: Collection[int] = (0,)) -> str:
    """Return an HTML table of escaped cells.

    Parameters
    ----------
    header
        Column names.
    rows
        As many cells each as the header has names; the first names its row.
    text_columns
        These columns, counted from 0, are set flush left; the others are numbers and set flush right.
    """
    assert all(len(row) == len(header) for row in rows)
    classes = ["text" if column in text_columns else "number" for column in range(len(header))]
    names = "".join(_build_cell("th", kind, name, ' scope="col"') for kind, name in zip(classes, header, strict=True))
    body = "\n".join(_build_row(row, classes) for row in rows)
    return f'<div class="table"><table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _build_row(row: Sequence[Value], classes: Sequence[str]) -> str:
    first, *others = (format_number(value) for value in row)
    cells = [_build_cell("th", classes[0], first, ' scope="row"')]
    cells += [_build_cell("td", kind, text) for kind, text in zip(classes[1:], others, strict=True)]
    return f"<tr>{''.join(cells)}</tr>"


def _build_cell(tag: str, kind: str, text: str, more: str = "") -> str:
    missing = " missing" if text == NOT_COMPUTED else ""
    return f'<{tag} class="{kind}{missing}"{more}>{escape(text)}</{tag}>'
