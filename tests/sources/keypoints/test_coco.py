"""COCO's JSON of keypoints."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.sources.keypoints.made_files import save_picture

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures

CATEGORY = {"id": 1, "name": "mouse", "keypoints": ["nose", "ear_l", "tail"], "skeleton": [[1, 2], [1, 3]]}
NOTES = [
    {"id": 7, "image_id": 3, "category_id": 1, "keypoints": [2, 3, 2, 4, 1, 1, 0, 0, 0], "bbox": [1, 0, 6, 4]},
    {"id": 8, "image_id": 3, "category_id": 1, "keypoints": [9, 6, 2, 8, 5, 2, 7, 4, 2], "bbox": [6, 3, 5, 4]},
    {"id": 9, "image_id": 3, "category_id": 1, "keypoints": [0] * 9, "bbox": [6, 3, 5, 4]},
]


def save(folder, notes=None, categories=(CATEGORY,)):
    notes = [dict(note) for note in notes or NOTES]
    values = {"images": [{"id": 3, "file_name": "a.png"}], "annotations": notes, "categories": list(categories)}
    (folder / "keypoints.json").write_text(json.dumps(values))
    return folder / "keypoints.json"


@pytest.fixture
def picture(tmp_path):
    return save_picture(tmp_path / "images" / "a.png")


def test_each_annotation_with_joints_is_a_picture(tmp_path, picture, caplog):
    with caplog.at_level("INFO", "subsong"):
        pictures = read_posed_pictures(save(tmp_path))
    assert pictures.items.rows() == [("a.png", 0, "all", None), ("a.png", 1, "all", None)]
    np.testing.assert_array_equal(pictures.keypoints_NK2[1], [[9, 6], [8, 5], [7, 4]])
    np.testing.assert_array_equal(pictures.images[0], picture.transpose(2, 0, 1))
    assert "passed over 1 annotations without keypoints" in caplog.text


def test_visibility_0_is_missing_and_hidden_is_not(tmp_path, picture):
    keypoints = read_posed_pictures(save(tmp_path)).keypoints_NK2
    assert np.isnan(keypoints[0]).any(axis=1).tolist() == [False, False, True]


def test_edges_are_counted_from_one(tmp_path, picture):
    skeleton = read_posed_pictures(save(tmp_path)).skeleton
    assert skeleton.edges == ((0, 1), (0, 2))
    assert skeleton.sides == ("centre", "left", "centre")


def test_a_picture_is_cut_to_its_box_and_the_joints_with_it(tmp_path, picture):
    notes = [NOTES[0], NOTES[1] | {"bbox": [5, 2, 6, 4]}]
    pictures = read_posed_pictures(save(tmp_path, notes), PoseReading(crop=True, crop_margin=0))
    np.testing.assert_array_equal(pictures.images[1], picture[2:6, 5:11].transpose(2, 0, 1))
    np.testing.assert_array_equal(pictures.keypoints_NK2[1, 0], [4, 4])


def test_without_a_box_for_each_a_picture_is_cut_to_its_joints(tmp_path, picture):
    notes = [{key: value for key, value in note.items() if key != "bbox"} for note in NOTES]
    pictures = read_posed_pictures(save(tmp_path, notes[:1]), PoseReading(crop=True, crop_margin=0))
    np.testing.assert_array_equal(pictures.images[0], picture[1:4, 2:5].transpose(2, 0, 1))


def test_a_track_is_an_identity(tmp_path, picture):
    notes = [note | {"track_id": track} for note, track in zip(NOTES, (4, 2, 4), strict=True)]
    assert read_posed_pictures(save(tmp_path, notes)).items["identity"].to_list() == ["4", "2"]


def test_the_category_can_be_the_identity(tmp_path, picture):
    pictures = read_posed_pictures(save(tmp_path), PoseReading(identity="category"))
    assert pictures.items["identity"].to_list() == ["mouse", "mouse"]


@pytest.mark.parametrize(
    ("notes", "categories", "message"),
    [
        ([NOTES[0] | {"image_id": 5}], (CATEGORY,), "annotation with id 7 is of image 5, which is not among"),
        ([NOTES[0] | {"keypoints": [1, 2, 2]}], (CATEGORY,), "annotation 0: expected 9 numbers"),
        ([NOTES[2]], (CATEGORY,), "no annotation with keypoints"),
        (NOTES, ({"id": 1, "name": "box"},), "no category with keypoints"),
        (NOTES, (CATEGORY, {"id": 2, "name": "rat", "keypoints": ["nose"]}), "mouse, rat have different joints"),
        (NOTES, (CATEGORY | {"skeleton": [[0, 1]]},), "pairs of numbers of joints, from 1 to 3"),
        (NOTES, (CATEGORY | {"skeleton": [[1]]},), "pairs of numbers of joints, from 1 to 3"),
        (NOTES, ("mouse",), "expected the lists images, annotations, categories"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(tmp_path, picture, notes, categories, message):
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(save(tmp_path, notes, categories))


def test_json_of_another_kind_is_refused(tmp_path):
    (tmp_path / "a.json").write_text("[1, 2]")
    with pytest.raises(SubsongError, match="no COCO file of keypoints: expected the lists"):
        read_posed_pictures(tmp_path / "a.json")
