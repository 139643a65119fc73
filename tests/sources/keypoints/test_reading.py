"""What is found at a path, and how pictures are brought together."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from tests.sources.keypoints.made_files import draw_dots, find_dot, save_picture

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.arrays import write_posed_pictures
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures
from subsong.sources.keypoints.skeletons import OPENPOSE_18

TABLE = "picture,nose_x,nose_y,tail_x,tail_y\na.png,1,2,3,4\nb.png,2,2,5,5\n"


@pytest.fixture
def folder(tmp_path):
    for name in ("a.png", "b.png"):
        save_picture(tmp_path / name)
    (tmp_path / "table.csv").write_text(TABLE)
    return tmp_path


def test_the_only_file_of_keypoints_in_a_folder_is_found(folder):
    assert len(read_posed_pictures(folder).images) == 2


def test_several_files_of_keypoints_are_an_error_that_names_them(folder):
    (folder / "other.csv").write_text(TABLE)
    with pytest.raises(SubsongError, match=r"found other\.csv, table\.csv: name one"):
        read_posed_pictures(folder)


def test_a_file_called_keypoints_is_taken_over_others(folder):
    (folder / "keypoints.csv").write_text(TABLE.replace("nose", "snout"))
    assert read_posed_pictures(folder).skeleton.names == ("snout", "tail")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "does not exist"),
        ("a.png", "of no known format of keypoints"),
        ("labels.slp", "in SLEAP, export the analysis HDF5"),
        ("empty", "found none: name one, or put it there"),
    ],
)
def test_a_path_without_keypoints_is_one_sentence(folder, name, message):
    (folder / "labels.slp").write_bytes(b"")
    (folder / "empty").mkdir()
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(folder / name)


def test_pictures_of_different_sizes_need_a_size(folder):
    save_picture(folder / "b.png", (9, 12))
    with pytest.raises(
        SubsongError, match=r"a\.png \(line 2\) is 12 x 8 .* and b\.png \(line 3\) 12 x 9: give the size"
    ):
        read_posed_pictures(folder)


def test_joints_stay_on_their_dots_whatever_the_size(tmp_path):
    joint = np.array([[40.0, 25.0]])
    for name, size in (("a.png", (60, 80)), ("b.png", (70, 64))):
        Image.fromarray(draw_dots(size, joint)[..., 0]).save(tmp_path / name)
    (tmp_path / "t.csv").write_text("picture,dot_x,dot_y\na.png,40,25\nb.png,40,25\n")
    pictures = read_posed_pictures(tmp_path, PoseReading(size=(32, 48)))
    assert pictures.images.shape == (2, 1, 32, 48)
    for image, keypoints in zip(pictures.images, pictures.keypoints_NK2, strict=True):
        np.testing.assert_allclose(find_dot(image[0]), keypoints[0], atol=0.05)


def test_cutting_to_the_joints_keeps_them_on_their_dots(tmp_path):
    joints = np.array([[40.0, 25.0]])
    Image.fromarray(draw_dots((60, 80), joints)[..., 0]).save(tmp_path / "a.png")
    (tmp_path / "t.csv").write_text("picture,dot_x,dot_y,end_x,end_y\na.png,40,25,70,50\n")
    pictures = read_posed_pictures(tmp_path, PoseReading(size=32, crop=True, crop_margin=0.5))
    np.testing.assert_allclose(find_dot(pictures.images[0, 0]), pictures.keypoints_NK2[0, 0], atol=0.1)


def test_a_joint_outside_the_picture_stays(folder):
    (folder / "table.csv").write_text(TABLE.replace("a.png,1,2", "a.png,-3,200"))
    np.testing.assert_array_equal(read_posed_pictures(folder).keypoints_NK2[0, 0], [-3, 200])


def test_a_joint_of_openpose_at_the_origin_is_missing(folder):
    names = OPENPOSE_18.names
    header = ",".join(f"{name}_x,{name}_y" for name in names)
    (folder / "table.csv").write_text(f"picture,{header}\na.png,0,0,-1,3,{','.join(['4'] * (2 * len(names) - 4))}\n")
    keypoints = read_posed_pictures(folder).keypoints_NK2[0]
    assert np.isnan(keypoints[0]).all()
    np.testing.assert_array_equal(keypoints[1], [-1, 3])


def test_grey_among_colour_is_read_in_colour_and_said(folder, caplog):
    save_picture(folder / "b.png", colour=False)
    pictures = read_posed_pictures(folder)
    assert pictures.images.shape[1] == 3
    assert "1 of 2 pictures are grey" in caplog.text
    assert read_posed_pictures(folder, PoseReading(channels="grey")).images.shape[1] == 1


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n", None])
def test_a_damaged_or_missing_picture_names_its_row_or_is_left_out(folder, content, caplog):
    if content is None:
        (folder / "b.png").unlink()
    else:
        (folder / "b.png").write_bytes(content)
    with pytest.raises(SubsongError, match=r"table\.csv line 3: .*b\.png"):
        read_posed_pictures(folder)
    pictures = read_posed_pictures(folder, PoseReading(on_error="skip"))
    assert pictures.items["source"].to_list() == ["a.png"]
    assert "left out 1 of 2 rows" in caplog.text
    assert "table.csv line 3" in caplog.text


def test_a_cut_off_picture_is_one_sentence(folder):
    content = (folder / "b.png").read_bytes()
    (folder / "b.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(SubsongError, match=r"table\.csv line 3: .*b\.png is damaged"):
        read_posed_pictures(folder)


def test_when_nothing_can_be_used_the_first_reason_is_given(folder):
    (folder / "table.csv").write_text(TABLE.replace("a.png", "x.png").replace("b.png", "y.png"))
    with pytest.raises(SubsongError, match=r"holds no picture with keypoints that can be used; the first: .*line 2"):
        read_posed_pictures(folder, PoseReading(on_error="skip"))


def test_a_joint_far_beyond_any_picture_is_no_pixel(folder):
    (folder / "table.csv").write_text(TABLE.replace("a.png,1,2", "a.png,1e39,2"))
    with pytest.raises(SubsongError, match=r"line 2: a joint lies more than 1,000,000 pixels off"):
        read_posed_pictures(folder)


def test_a_skeleton_file_gives_edges_and_order(folder, tmp_path):
    (tmp_path / "skeleton.csv").write_text("name,parent\ntail,\nnose,tail\n")
    pictures = read_posed_pictures(folder, PoseReading(skeleton=tmp_path / "skeleton.csv"))
    assert pictures.skeleton.edges == ((0, 1),)
    np.testing.assert_array_equal(pictures.keypoints_NK2[0], [[3, 4], [1, 2]])


def test_a_skeleton_with_another_joint_is_refused(folder, tmp_path):
    (tmp_path / "skeleton.csv").write_text("name,parent\ntale,\nnose,tale\n")
    with pytest.raises(SubsongError, match=r"names the joint 'tale', which .* does not have: did you mean 'tail'"):
        read_posed_pictures(folder, PoseReading(skeleton=tmp_path / "skeleton.csv"))


def test_the_layout_of_people_is_refused_for_animals(folder):
    with pytest.raises(SubsongError, match="layout openpose18 needs both shoulders and hips"):
        read_posed_pictures(folder, PoseReading(layout="openpose18"))


def test_reading_and_writing_again_changes_nothing(folder):
    first = read_posed_pictures(folder)
    write_posed_pictures(folder / "keypoints.npz", first)
    again = read_posed_pictures(folder / "keypoints.npz")
    np.testing.assert_array_equal(again.images, first.images)
    np.testing.assert_array_equal(again.keypoints_NK2, first.keypoints_NK2)
    assert again.skeleton == first.skeleton
