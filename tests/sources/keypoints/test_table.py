"""Tables of keypoints beside pictures, long and wide."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.sources.keypoints.made_files import save_picture

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures

WIDE = """picture,identity,pose,nose_x,nose_y,nose_confidence,tail_x,tail_y,tail_confidence
ann/1.png,ann,sits,1.5,2,0.9,5,6,0.8
ben/1.png,ben,runs,3,4.25,0.9,,,
ann/2.png,ann,runs,7,1,0.9,2,2,0.1
"""
LONG = """joint,picture,x,y,confidence,identity,pose
nose,ann/1.png,1.5,2,0.9,ann,sits
nose,ben/1.png,3,4.25,0.9,ben,runs
tail,ann/1.png,5,6,0.8,ann,sits
tail,ann/2.png,2,2,0.1,ann,runs
nose,ann/2.png,7,1,0.9,ann,runs
"""
EXPECTED = np.array([[[1.5, 2], [5, 6]], [[3, 4.25], [np.nan, np.nan]], [[7, 1], [2, 2]]], np.float32)


@pytest.fixture
def folder(tmp_path):
    for name in ("ann/1.png", "ann/2.png", "ben/1.png"):
        save_picture(tmp_path / name)
    (tmp_path / "wide.csv").write_text(WIDE)
    (tmp_path / "long.csv").write_text(LONG)
    return tmp_path


@pytest.mark.parametrize("name", ["wide.csv", "long.csv", "wide.parquet", "long.parquet"])
def test_long_and_wide_csv_and_parquet_say_the_same(folder, name):
    for kind in ("wide", "long"):
        pl.read_csv(folder / f"{kind}.csv").write_parquet(folder / f"{kind}.parquet")
    pictures = read_posed_pictures(folder / name)
    np.testing.assert_array_equal(pictures.keypoints_NK2, EXPECTED)
    assert pictures.items.columns == ["source", "row", "identity", "pose"]
    assert pictures.items["source"].to_list() == ["ann/1.png", "ben/1.png", "ann/2.png"]
    assert pictures.items["identity"].to_list() == ["ann", "ben", "ann"]
    assert pictures.items["pose"].to_list() == ["sits", "runs", "runs"]


def test_a_joint_less_certain_than_asked_is_missing(folder):
    pictures = read_posed_pictures(folder / "wide.csv", PoseReading(min_confidence=0.5))
    assert np.isnan(pictures.keypoints_NK2[2, 1]).all()
    np.testing.assert_array_equal(pictures.keypoints_NK2[:2], EXPECTED[:2])


def test_the_folder_or_another_column_can_be_the_identity(folder):
    by_folder = read_posed_pictures(folder / "wide.csv", PoseReading(identity="folder"))
    by_pose = read_posed_pictures(folder / "wide.csv", PoseReading(identity="pose"))
    assert by_folder.items["identity"].to_list() == ["ann", "ben", "ann"]
    assert by_pose.items["identity"].to_list() == ["sits", "runs", "runs"]


def test_a_table_without_identities_is_one_identity_and_the_log_says_so(folder, caplog):
    (folder / "wide.csv").write_text(WIDE.replace("identity", "animal"))
    with caplog.at_level("INFO", "subsong"):
        pictures = read_posed_pictures(folder / "wide.csv")
    assert pictures.items["identity"].unique().to_list() == ["all"]
    assert "does not say who is seen" in caplog.text


def test_two_animals_in_one_picture_are_two_rows(folder):
    (folder / "long.csv").write_text("picture,joint,x,y,identity\nann/1.png,nose,1,2,ann\nann/1.png,nose,5,6,ben\n")
    pictures = read_posed_pictures(folder / "long.csv")
    assert pictures.items.rows() == [("ann/1.png", 0, "ann", None), ("ann/1.png", 1, "ben", None)]
    np.testing.assert_array_equal(pictures.images[0], pictures.images[1])


def test_a_split_in_the_table_is_kept(folder):
    (folder / "wide.csv").write_text("picture,split,a_x,a_y\nann/1.png,train,1,2\nben/1.png,test,1,2\n")
    assert read_posed_pictures(folder / "wide.csv").items["split"].to_list() == ["train", "test"]


def test_pictures_may_lie_elsewhere(folder, tmp_path_factory):
    table = tmp_path_factory.mktemp("tables") / "t.csv"
    table.write_text(WIDE)
    from_table = read_posed_pictures(table, PoseReading(pictures=folder))
    from_folder = read_posed_pictures(folder, PoseReading(keypoints=table))
    np.testing.assert_array_equal(from_table.images, from_folder.images)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3,4.25", "3,high", r"wide\.csv line 3: expected a number in column 'nose_y', found 'high'"),
        ("picture,", "pictures,", "has no column 'picture': did you mean 'pictures'"),
        ("ben/1.png", "ben/9.png", r"wide\.csv line 3: the picture .*9\.png does not exist"),
        ("3,4.25,0.9,,,", ",,,,,", r"wide\.csv line 3: no joint is there"),
        ("nose_y", "nose_z", "has no column 'nose_y'"),
    ],
)
def test_a_mistake_in_a_table_names_file_and_line(folder, old, new, message):
    if "nose_z" in new:
        new, old = "picture,identity,pose,nose_x,nose_z\nann/1.png,a,b,1,2\n", WIDE
        message = "expected picture, joint, x, y"
    (folder / "wide.csv").write_text(WIDE.replace(old, new))
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(folder / "wide.csv")


def test_a_joint_that_is_there_twice_names_the_line(folder):
    (folder / "long.csv").write_text(LONG + "nose,ann/2.png,1,1,1,ann,runs\n")
    with pytest.raises(SubsongError, match=r"long\.csv line 7: joint 'nose' of ann/2\.png is there twice"):
        read_posed_pictures(folder / "long.csv")


def test_columns_that_are_no_text_are_passed_over(folder):
    table = pl.read_csv(folder / "wide.csv").with_columns(embedding=pl.lit([1.0, 2.0]))
    table.write_parquet(folder / "wide.parquet")
    np.testing.assert_array_equal(read_posed_pictures(folder / "wide.parquet").keypoints_NK2, EXPECTED)


def test_coordinates_that_are_no_numbers_name_their_type(folder):
    pl.read_csv(folder / "wide.csv").with_columns(nose_x=pl.lit([1.0])).write_parquet(folder / "wide.parquet")
    with pytest.raises(SubsongError, match=r"column 'nose_x' is of type List\(Float64\), expected numbers"):
        read_posed_pictures(folder / "wide.parquet")


def test_a_column_that_is_not_there_cannot_be_the_identity(folder):
    with pytest.raises(SubsongError, match="no column 'identiti' for identities: did you mean 'identity'"):
        read_posed_pictures(folder / "wide.csv", PoseReading(identity="identiti"))
