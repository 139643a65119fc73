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
