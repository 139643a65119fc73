"""Pictures from any place: the packaged digits, idx files and MNIST."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.pictures import read_pictures

from .test_idx import PICTURES, pack_idx


def test_without_a_path_the_packaged_digits_are_read():
    images, items = read_pictures()
    assert images.shape == (1797, 1, 8, 8)
    assert images.dtype == np.uint8
    # 17 levels, 0 and 16 at the ends of the range, evenly spread.
    assert np.unique(images).tolist() == [round(level * 255 / 16) for level in range(17)]
    assert items.columns == ["source", "row", "label", "split"]
    assert items["label"][:3].to_list() == ["0", "1", "2"]
    assert items["split"].null_count() == 1797


def test_a_folder_of_idx_files_gives_both_parts_with_labels(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(pack_idx(PICTURES))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(pack_idx(PICTURES[:2]))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(pack_idx(np.array([8, 9], np.uint8)))
    images, items = read_pictures(tmp_path)
    np.testing.assert_array_equal(images[:, 0], np.concatenate([PICTURES, PICTURES[:2]]))
    assert items["split"].to_list() == ["train"] * 3 + ["test"] * 2
    assert items["label"].to_list() == [None, None, None, "8", "9"]
    assert items["row"].to_list() == [0, 1, 2, 0, 1]
    assert items["source"][3] == "t10k-images-idx3-ubyte"


def test_a_single_idx_file_is_the_whole_and_finds_its_labels(tmp_path):
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(pack_idx(PICTURES))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(pack_idx(np.array([7, 8, 9], np.uint8)))
    images, items = read_pictures(tmp_path / "t10k-images-idx3-ubyte")
    assert images.shape == (3, 1, 4, 5)
    assert items["label"].to_list() == ["7", "8", "9"]
    assert items["split"].null_count() == 3


def test_an_idx_file_of_any_name_is_read(tmp_path):
    (tmp_path / "mine.bin").write_bytes(pack_idx(PICTURES))
    images, items = read_pictures(str(tmp_path / "mine.bin"))
    np.testing.assert_array_equal(images[:, 0], PICTURES)
    assert items["label"].null_count() == 3


def test_parts_of_unequal_size_are_refused(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(pack_idx(PICTURES))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(pack_idx(PICTURES[:, :2]))
    with pytest.raises(SubsongError, match=r"train-images-idx3-ubyte 5 x 4 and t10k-images-idx3-ubyte 5 x 2"):
        read_pictures(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("nowhere", None, "does not exist: expected a folder of pictures"),
        ("one.png", b"anything", "single picture: give the folder"),
        ("text.csv", b"a,b\n1,2\n", "not an idx file"),
    ],
)
def test_a_wrong_path_is_said(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SubsongError, match=sentence):
        read_pictures(tmp_path / name)


def test_mnist_is_read_whole(real_data):
    images, items = read_pictures(real_data / "mnist")
    assert images.shape == (70_000, 1, 28, 28)
    assert items["split"].value_counts().sort("count")["count"].to_list() == [10_000, 60_000]
    assert images[:60_000].mean() / 255 == pytest.approx(0.1307, abs=5e-5)
