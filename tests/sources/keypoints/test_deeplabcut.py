"""DeepLabCut's projects."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from tests.sources.keypoints.made_files import save_picture

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures

SINGLE = """scorer,,,kim,kim,kim,kim
bodyparts,,,nose,nose,tail,tail
coords,,,x,y,x,y
labeled-data,v1,img0.png,1.5,2,3,4
labeled-data,v1,img1.png,2,2,,
"""
SEVERAL = """scorer,kim,kim,kim,kim,kim,kim
individuals,ann,ann,ben,ben,single,single
bodyparts,nose,nose,nose,nose,corner,corner
coords,x,y,x,y,x,y
labeled-data/v1/img0.png,1,2,3,4,0,0
labeled-data/v1/img1.png,,,5,6,0,0
"""


def make_project(root, table, video="v1"):
    folder = root / "labeled-data" / video
    for name in ("img0.png", "img1.png"):
        save_picture(folder / name, colour=False)
    (folder / "CollectedData_kim.csv").write_text(table)
    return root


def test_a_real_project_is_read_from_any_of_its_folders(real_data):
    project = real_data / "pose_mouse_dlc_openfield" / "full_frames"
    pictures = read_posed_pictures(project)
    assert pictures.images.shape == (9, 1, 480, 640)
    assert pictures.skeleton.names == ("snout", "leftear", "rightear", "tailbase")
    assert pictures.items["source"][0] == "m4s1/img0000.png"
    np.testing.assert_allclose(pictures.keypoints_NK2[0, 3], [87.11, 152.698], atol=1e-4)
    for inner in ("config.yaml", "labeled-data", "labeled-data/m4s1", "labeled-data/m4s1/CollectedData_Pranav.csv"):
        again = read_posed_pictures(project / inner)
        np.testing.assert_array_equal(again.keypoints_NK2, pictures.keypoints_NK2)


def test_real_frames_agree_with_the_crops_made_of_them(real_data):
    mouse = real_data / "pose_mouse_dlc_openfield"
    frames = read_posed_pictures(mouse / "full_frames")
    crops, arrays = read_posed_pictures(mouse / "crops224.npz"), np.load(mouse / "crops224.npz")
    for image, keypoints, name in zip(frames.images, frames.keypoints_NK2, frames.items["source"], strict=True):
        (row,) = np.flatnonzero(arrays["frame"] == name.split("/")[1])
        x, y = arrays["crop_origin_xy"][row]
        np.testing.assert_array_equal(image[:, y : y + 224, x : x + 224], crops.images[row])
        np.testing.assert_allclose(keypoints - [x, y], crops.keypoints_NK2[row], atol=1e-3)


def test_the_path_may_be_spread_over_three_columns(tmp_path):
    pictures = read_posed_pictures(make_project(tmp_path, SINGLE))
    assert pictures.items["source"].to_list() == ["v1/img0.png", "v1/img1.png"]
    np.testing.assert_array_equal(pictures.keypoints_NK2[0], [[1.5, 2], [3, 4]])
    assert np.isnan(pictures.keypoints_NK2[1, 1]).all()


@pytest.mark.parametrize("first", ["animals", "single"])
def test_each_animal_in_a_frame_is_a_row_and_an_identity(tmp_path, first):
    table = SEVERAL
    if first == "single":
        rows = [line.split(",") for line in SEVERAL.splitlines()]
        table = "\n".join(",".join([row[0], *row[5:], *row[1:5]]) for row in rows)
    pictures = read_posed_pictures(make_project(tmp_path, table))
    assert pictures.items["source", "row", "identity"].rows() == [
        ("v1/img0.png", 0, "ann"),
        ("v1/img0.png", 1, "ben"),
        ("v1/img1.png", 0, "ben"),
    ]
    assert pictures.skeleton.names == ("nose",)
    np.testing.assert_array_equal(pictures.keypoints_NK2[:, 0], [[1, 2], [3, 4], [5, 6]])


def test_edges_are_those_of_the_project(tmp_path):
    make_project(tmp_path, SINGLE)
    (tmp_path / "config.yaml").write_text("Task: x\nskeleton:\n- - tail\n  - nose\n- [nose, whisker]\n")
    assert read_posed_pictures(tmp_path).skeleton.edges == ((1, 0),)


def test_the_video_can_be_the_identity(tmp_path):
    make_project(tmp_path, SINGLE)
    make_project(tmp_path, SINGLE, "v2")
    pictures = read_posed_pictures(tmp_path, PoseReading(identity="folder"))
    assert pictures.items["identity"].to_list() == ["v1", "v1", "v2", "v2"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (SINGLE.replace("2,2,,", "2,two,,"), "line 5: expected a number or nothing, found 'two'"),
        (SINGLE.replace("2,2,,", ",,,"), "line 5: no joint is there"),
        (SINGLE.replace("2,2,,", "2,2,"), "one row a picture with as many cells"),
        (SINGLE.replace("bodyparts", "parts"), "expected DeepLabCut's rows"),
        (SINGLE.replace("img1", "img9"), r"line 5: the picture .*img9\.png does not exist"),
    ],
)
def test_a_mistake_in_a_table_names_file_and_line(tmp_path, table, message):
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(make_project(tmp_path, table))


def test_a_project_with_labels_in_hdf5_only_is_told_to_save_the_csv(tmp_path):
    project = make_project(tmp_path, SINGLE)
    table = project / "labeled-data" / "v1" / "CollectedData_kim.csv"
    shutil.move(table, table.with_suffix(".txt"))
    with pytest.raises(SubsongError, match="save the labels again in DeepLabCut"):
        read_posed_pictures(project, PoseReading(format="deeplabcut"))
