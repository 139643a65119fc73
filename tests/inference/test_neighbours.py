"""What lies nearest in the space of codes."""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.inference.neighbours import find_nearest, tabulate_nearest

CODES = np.array([[0.0], [1.0], [1.0], [5.0]], np.float32)


def test_the_nearest_come_first_and_no_more_than_there_are() -> None:
    near = find_nearest(np.array([[4.0]]), CODES, 9)
    assert near.indices[0, 0] == 3
    assert near.distances.tolist() == [[1, 3, 3, 4]]


def test_none_is_its_own_neighbour_where_both_are_the_same() -> None:
    near = find_nearest(CODES, CODES, 2, are_same=True)
    assert near.distances.tolist() == [[1, 1], [0, 1], [0, 1], [4, 4]]
    assert (near.indices != np.arange(4)[:, None]).all()


def test_a_table_has_a_row_for_each_pair() -> None:
    names = pl.DataFrame({"list": ["a", "b", "c", "d"]})
    table = tabulate_nearest(find_nearest(CODES[3:], CODES, 1), names[:1], names)
    assert table.rows() == [("a", 1, "d", 0.0)]
