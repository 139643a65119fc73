from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subsong.evaluation.annotations.sequences import compute_edit_distance

labels = st.lists(st.integers(0, 3), max_size=14)


def fill_table(truth: list[int], found: list[int]) -> int:
    """Return the distance from the whole table (Wagner & Fischer 1974)."""
    row = list(range(len(found) + 1))
    for i, one in enumerate(truth, start=1):
        previous, row[0] = row[0], i
        for j, other in enumerate(found, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (one != other))
    return row[-1]


@settings(max_examples=300, deadline=None)
@given(labels, labels)
def test_the_distance_is_that_of_the_whole_table(truth: list[int], found: list[int]) -> None:
    assert compute_edit_distance(truth, found) == fill_table(truth, found) == compute_edit_distance(found, truth)


@pytest.mark.parametrize(
    ("truth", "found", "distance"), [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("same", "same", 0)]
)
def test_known_distances(truth: str, found: str, distance: int) -> None:
    assert compute_edit_distance(truth, found) == distance


def test_labels_may_be_long_names() -> None:
    assert compute_edit_distance(["trill", "whistle", "trill"], ["trill", "trill"]) == 1


def test_sequences_longer_than_a_machine_word() -> None:
    truth = [number % 7 for number in range(1000)]
    assert compute_edit_distance(truth, [label for place, label in enumerate(truth) if place % 100]) == 10
