"""Damaged files of every format: one sentence, whatever was changed."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from tests.sources.keypoints.made_files import save_picture

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures
from subsong.sources.keypoints.skeletons import PEOPLE_15

NUM_CHANGES = 25
TEXTS = {
    "t.csv": "picture,nose_x,nose_y\na.png,1,2\n",
    "people.csv": f"name:keypoints_y:keypoints_x\na.png:{list(range(18))}:{list(range(18))}\n",
    "CollectedData_kim.csv": "scorer,kim,kim\nbodyparts,nose,nose\ncoords,x,y\na.png,1,2\n",
    "coco.json": json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.png"}],
            "annotations": [{"image_id": 1, "category_id": 1, "keypoints": [1, 2, 2], "bbox": [0, 0, 4, 4]}],
            "categories": [{"id": 1, "name": "dot", "keypoints": ["nose"], "skeleton": []}],
        }
    ),
}


def write_all(folder):
    """Write a small file of each format and return their paths."""
    import h5py

    save_picture(folder / "a.png")
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    images, keypoints = np.zeros((1, 8, 8, 1), np.uint8), np.ones((1, 1, 2))
    np.savez(folder / "a.npz", images=images, keypoints=keypoints)
    with h5py.File(folder / "a.h5", "w") as file:
        file["images"], file["annotations"] = images, keypoints
    index = {"joint_order": list(PEOPLE_15.names), "imgs": ["a.png"], "joints": np.full((1, 15, 2), 0.5)}
    (folder / "index.p").write_bytes(pickle.dumps(index, 2))
    return [folder / name for name in (*TEXTS, "a.npz", "a.h5", "index.p")]


def test_every_format_is_read_when_whole(tmp_path):
    assert [len(read_posed_pictures(path).images) for path in write_all(tmp_path)] == [1] * 7


@pytest.mark.parametrize("number", range(7), ids=(*TEXTS, "npz", "h5", "pickle"))
def test_a_file_with_a_few_bytes_changed_is_read_or_refused_in_one_sentence(tmp_path, number):
    path = write_all(tmp_path)[number]
    content = path.read_bytes()
    rng = np.random.default_rng(number)
    for _ in range(NUM_CHANGES):
        changed = bytearray(content[: rng.integers(1, len(content) + 1)] if rng.random() < 0.3 else content)
        for place in rng.integers(0, len(changed), 3):
            changed[place] = rng.integers(256)
        path.write_bytes(changed)
        try:
            read_posed_pictures(path, PoseReading(size=8))
        except SubsongError as error:
            assert "\n" not in str(error).replace("\\n", "")  # noqa: PT017  either outcome is right
