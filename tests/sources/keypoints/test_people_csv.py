"""The CSV of public sets of people."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sources.keypoints.made_files import save_picture

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures
from subsong.sources.keypoints.skeletons import OPENPOSE_18

HEADER = "name:keypoints_y:keypoints_x\n"


def line(name: str, y: list[int], x: list[int]) -> str:
    return f"{name}: {y}: {x}\n"


@pytest.fixture
def table(tmp_path):
    save_picture(tmp_path / "a.jpg", (20, 10))
    path = tmp_path / "people.csv"
    path.write_text(HEADER + line("a.jpg", [5, -1, *range(2, 18)], [1, -1, *range(2, 18)]))
    return path


def test_lists_of_y_and_x_become_openposes_joints(table):
    pictures = read_posed_pictures(table)
    assert pictures.skeleton == OPENPOSE_18
    np.testing.assert_array_equal(pictures.keypoints_NK2[0, 0], [1, 5])
    np.testing.assert_array_equal(pictures.keypoints_NK2[0, 17], [17, 17])


def test_minus_one_is_missing(table):
    assert np.isnan(read_posed_pictures(table).keypoints_NK2[0, 1]).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.jpg:[1,2]", "line 2: expected a name and two lists"),
        ("a.jpg:[1,2]:[1,2]", "line 2: expected two lists of 18 numbers, found 2"),
        ("a.jpg:[1,2]:[1]", "line 2: expected a name and two lists"),
        ("", "has no rows"),
    ],
)
def test_a_line_of_another_form_is_named(table, row, message):
    table.write_text(HEADER + row)
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(table)


def test_a_file_that_is_said_to_be_one_must_begin_like_one(table):
    table.write_text("name,x\n")
    with pytest.raises(SubsongError, match="line 1: expected name:keypoints_y:keypoints_x"):
        read_posed_pictures(table, PoseReading(format="people"))
