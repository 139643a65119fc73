"""The edit distance of two sequences of labels, whatever the labels are."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def compute_edit_distance(truth: Sequence[Hashable], found: Sequence[Hashable]) -> int:
    """Return how many labels must be inserted, left out or replaced to turn one sequence into the other.

    The Levenshtein distance (1966), all edits costing 1. Divided by ``len(truth)`` it is the syllable error rate; it
    may exceed 1. Labels may be numbers or names of any length.

    Notes
    -----
    Computed with the bit-vectors of Myers (1999, J. ACM 46) in the form of Hyyrö (2003), a Python integer for a whole
    column of the table: 100,000 labels against 100,000 take seconds.
    """
    if not truth or not found:
        return len(truth) + len(found)
    places = _index_places(truth)
    last, everywhere = 1 << (len(truth) - 1), (1 << len(truth)) - 1
    # Bit i: does the distance rise, or fall, from row i to row i + 1 of the column?
    rises, falls = everywhere, 0
    distance = len(truth)
    for label in found:
        here = places.get(label, 0)
        diagonal = ((((here & rises) + rises) ^ rises) | here | falls) & everywhere
        grows = falls | (~(diagonal | rises) & everywhere)
        shrinks = rises & diagonal
        distance += bool(grows & last) - bool(shrinks & last)
        grows = ((grows << 1) | 1) & everywhere
        shrinks = (shrinks << 1) & everywhere
        rises = shrinks | (~(diagonal | grows) & everywhere)
        falls = grows & diagonal
    return distance


def _index_places(labels: Sequence[Hashable]) -> dict[Hashable, int]:
    """Return label -> an integer with bit i set where the label stands at place i."""
    places: dict[Hashable, bytearray] = {}
    for place, label in enumerate(labels):
        bits = places.setdefault(label, bytearray(len(labels) // 8 + 1))
        bits[place // 8] |= 1 << (place % 8)
    return {label: int.from_bytes(bits, "little") for label, bits in places.items()}
