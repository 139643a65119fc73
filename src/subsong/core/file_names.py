"""Names that files can have, made of names that people gave."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MAX_LENGTH = 100


def build_file_stems(names: Sequence[str], fallback: str) -> list[str]:
    """Return a file's name without suffix for each name, no two alike, also where letters' case does not count.

    Parameters
    ----------
    names
        Any text; characters that a file cannot have become hyphens.
    fallback
        What a file is called where nothing is left of its name.

    Examples
    --------
    >>> build_file_stems(["anna__walk/left", "anna__walk left", "ben__stand"], "picture")
    ['anna__walk-left', 'anna__walk-left-2', 'ben__stand']
    """
    taken: set[str] = set()
    stems = []
    for name in names:
        first = re.sub(r"[^\w.+-]+", "-", name).strip(".-")[:_MAX_LENGTH] or fallback
        number, stem = 1, first
        while stem.lower() in taken:
            number += 1
            stem = f"{first}-{number}"
        taken.add(stem.lower())
        stems.append(stem)
    return stems
