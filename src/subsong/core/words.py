"""Numbers with their nouns, as people say them."""

from __future__ import annotations


def count_noun(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s where there are several or none.

    Examples
    --------
    >>> count_noun(1, "list"), count_noun(2000, "list")
    ('1 list', '2,000 lists')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def describe_duration(duration_s: float) -> str:
    """Return a duration in the unit people would use, such as ``"12.5 min"``."""
    if duration_s >= 7200:
        return f"{duration_s / 3600:.1f} h"
    return f"{duration_s / 60:.1f} min" if duration_s >= 120 else f"{duration_s:.1f} s"
