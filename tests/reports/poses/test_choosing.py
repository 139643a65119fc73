"""Which rows stand in figures."""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.reports.poses.choosing import choose_people, choose_poses, choose_ranked

ITEMS = pl.DataFrame(
    {
        "identity": ["a", "a", "b", "b", "c", "c"],
        "pose": ["x", "y", "x", "y", "x", None],
        "is_known": [True, True, True, True, False, False],
    }
)


def test_best_median_and_worst_follow_the_score() -> None:
    ranked = choose_ranked(np.array([0.1, 0.9, 0.5, 0.7, 0.3, np.nan]), 1)
    assert ranked.rows.tolist() == [1, 2, 0]
    assert ranked.labels == ["best\n0.900", "median\n0.500", "worst\n0.100"]
    assert ranked.breaks == (1, 2)


def test_no_row_is_shown_twice_however_few_there_are() -> None:
    for number in range(1, 12):
        rows = choose_ranked(np.linspace(0, 1, number), 4).rows
        assert len(set(rows.tolist())) == len(rows) >= 1


def test_known_identities_come_first_and_new_ones_say_so() -> None:
    people = choose_people(ITEMS, 4, seed=0)
    assert people.num_known == 2
    assert sorted(people.names[:2]) == ["a", "b"]
    assert people.names[2:] == ["c (new)"]
    assert [ITEMS["identity"][row] for row in people.rows.tolist()] == [name[0] for name in people.names]


def test_equal_seeds_choose_equal_rows() -> None:
    many = pl.concat([ITEMS.with_columns(identity=pl.col("identity") + str(n)) for n in range(20)])
    assert choose_people(many, 4, seed=1).names == choose_people(many, 4, seed=1).names
    assert choose_people(many, 4, seed=1).names != choose_people(many, 4, seed=2).names


def test_a_pose_without_a_name_counts_as_one_of_its_own() -> None:
    poses = [ITEMS["pose"][row] for row in choose_poses(ITEMS, 8, seed=0).tolist()]
    assert sorted(poses, key=str) == [None, "x", "y"]
