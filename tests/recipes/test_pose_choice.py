"""Which posed pictures are chosen, what they are called, and what their files are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.recipes.pose_choice import Choice, choose_rows
from subsong.recipes.pose_files import MadePictures, check_destination, write_folder

ITEMS = pl.DataFrame(
    {
        "identity": ["anna", "anna", "ben", "ben", "carl"],
        "pose": ["walk", "stand", "walk", None, None],
    }
)
PATH = Path("figures.npz")


def choose(column: str, choice: Choice) -> tuple[list[int], int]:
    rows, num_others = choose_rows(ITEMS, column, choice, PATH)
    return rows.tolist(), num_others


def test_without_a_choice_each_identity_is_shown_by_its_first_picture() -> None:
    assert choose("identity", Choice()) == ([0, 2, 4], 0)


def test_pictures_without_a_pose_name_stand_for_themselves() -> None:
    assert choose("pose", Choice()) == ([0, 1, 3, 4], 0)


def test_what_is_left_out_is_counted() -> None:
    assert choose("identity", Choice(num=2)) == ([0, 2], 1)


def test_names_are_taken_in_the_order_given_and_without_limit() -> None:
    assert choose("identity", Choice(names=["carl", "anna"], num=1)) == ([4, 0], 0)


def test_rows_are_taken_as_they_are() -> None:
    assert choose("pose", Choice(rows=[4, 4, 0])) == ([4, 4, 0], 0)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SubsongError, match=r"figures.npz has no identity 'anne': .*anna"):
        choose("identity", Choice(names=["anne"]))


def test_names_of_poses_that_no_picture_has_are_answered_with_rows() -> None:
    with pytest.raises(SubsongError, match="does not say which pose its pictures show: choose them by row"):
        choose_rows(ITEMS.with_columns(pose=pl.lit(None, pl.String)), "pose", Choice(names=["walk"]), PATH)


def test_a_row_that_is_not_there_is_named() -> None:
    with pytest.raises(SubsongError, match="has no row 5: its 5 pictures are numbered 0 to 4"):
        choose("identity", Choice(rows=[5]))


def test_a_folder_holds_exact_pictures_and_a_table_that_names_them(tmp_path: Path) -> None:
    from PIL import Image

    bytes_NCHW = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5), dtype=np.uint8)
    table = pl.DataFrame({"identity": ["anna", "ben"]})
    told: list[int] = []
    made = MadePictures(bytes_NCHW / 127.5 - 1.0, table)
    write_folder(tmp_path / "out", made, ["anna", "ben"], lambda _, done, total: told.append(total - done))
    assert told == [2, 1, 0]
    assert pl.read_csv(tmp_path / "out" / "table.csv").rows() == [("anna.png", "anna"), ("ben.png", "ben")]
    with Image.open(tmp_path / "out" / "ben.png") as image:
        np.testing.assert_array_equal(np.asarray(image), bytes_NCHW[1].transpose(1, 2, 0))


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("keep me")
    with pytest.raises(SubsongError, match="is there already: name a new or empty folder"):
        check_destination(tmp_path, (".png",))


def test_another_suffix_is_refused_before_any_work() -> None:
    with pytest.raises(SubsongError, match=r"out.jpg: expected .png or .npz, or a folder"):
        check_destination(Path("out.jpg"), (".png", ".npz"))
