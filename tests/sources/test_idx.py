"""Idx files: what is read, and what is said of files that are broken."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.idx import find_idx_pairs, read_idx, read_idx_pictures

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def pack_idx(array: np.ndarray) -> bytes:
    code = CODES[array.dtype.str[1:]]
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


PICTURES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
WHOLE = pack_idx(PICTURES)
PACKED = gzip.compress(WHOLE)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("shape", [(7,), (3, 4, 5), (2, 1, 3, 2)])
def test_every_type_and_shape_comes_back(tmp_path, name, shape):
    values = np.random.default_rng(0).integers(-100, 100, shape).astype(name)
    path = tmp_path / "values"
    path.write_bytes(pack_idx(values))
    found = read_idx(path)
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.dtype(name)
    assert found.dtype.isnative
    assert found.flags.writeable


@pytest.mark.parametrize("name", ["a-idx3-ubyte", "a-idx3-ubyte.gz"])
@pytest.mark.parametrize("content", [WHOLE, PACKED], ids=["plain", "gzip"])
def test_packing_is_seen_from_the_content_not_the_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(read_idx(tmp_path / name), PICTURES)


BROKEN = {
    "empty file": (b"", "is empty"),
    "truncated gz": (PACKED[:-12], "cut short: its gzip stream"),
    "gz cut in its header": (PACKED[:5], "cut short|damaged"),
    "corrupt gz": (PACKED[:20] + bytes(b ^ 0xFF for b in PACKED[20:30]) + PACKED[30:], "is damaged"),
    "wrong checksum": (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "is damaged"),
    "bytes after the gz": (PACKED + b"more", "is damaged"),
    "truncated idx": (WHOLE[:-1], r"cut short: its header announces 3 x 4 x 5 values \(60 bytes\), the file holds 59"),
    "truncated header": (WHOLE[:9], "cut short: its header"),
    "trailing bytes": (WHOLE + b"\0", "followed by bytes that do not belong"),
    "wrong magic": (b"\x89PNG\r\n\x1a\n" + WHOLE, "not an idx file.*found 89 50 4e 47"),
    "unknown type": (b"\0\0\x07\x03" + WHOLE[4:], "not an idx file"),
    "no dimensions": (b"\0\0\x08\0", "not an idx file"),
    "packed nothing": (gzip.compress(b""), "not an idx file.*found nothing"),
}


@pytest.mark.parametrize(("content", "sentence"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(SubsongError, match=sentence) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_cut_of_a_packed_file_is_recognised(tmp_path):
    path = tmp_path / "cut.gz"
    for length in range(len(PACKED)):
        path.write_bytes(PACKED[:length])
        with pytest.raises(SubsongError):
            read_idx(path)


@pytest.mark.parametrize(("name", "sentence"), [("nothing", "does not exist"), (".", "is a folder")])
def test_what_is_no_file_is_said(tmp_path, name, sentence):
    with pytest.raises(SubsongError, match=sentence):
        read_idx(tmp_path / name)


def write_files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(WHOLE)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize(("before", "dot"), [("", "-"), ("", "."), ("emnist-letters-", "-")])
def test_pairs_are_known_by_name_training_part_first(tmp_path, before, dot, ending):
    names = [
        f"{before}{part}{dot}idx{n}-ubyte{ending}"
        for part, n in [("t10k-images", 3), ("t10k-labels", 1), ("train-images", 3)]
    ]
    write_files(tmp_path, *names, "notes.txt")
    train, test = find_idx_pairs(tmp_path)
    assert (train.split, train.images_path.name, train.labels_path) == ("train", names[2], None)
    assert (test.split, test.images_path.name, test.labels_path) == ("test", names[0], tmp_path / names[1])


def test_of_a_file_packed_and_unpacked_the_unpacked_is_taken(tmp_path):
    write_files(tmp_path, "train-images-idx3-ubyte", "train-images-idx3-ubyte.gz")
    (pair,) = find_idx_pairs(tmp_path)
    assert pair.images_path.name == "train-images-idx3-ubyte"


def test_two_data_sets_in_one_folder_are_refused(tmp_path):
    write_files(tmp_path, "a-train-images-idx3-ubyte", "b-train-images-idx3-ubyte")
    with pytest.raises(SubsongError, match=r"two sets of train pictures, a-train.* and b-train.*: keep one"):
        find_idx_pairs(tmp_path)


def test_a_folder_without_idx_files_has_no_pairs(tmp_path):
    assert find_idx_pairs(tmp_path) == []


@pytest.mark.parametrize(
    ("images", "labels", "sentence"),
    [
        (PICTURES, np.zeros(2, np.uint8), "2 labels for the 3 pictures"),
        (PICTURES, np.zeros((3, 1), np.uint8), "expected whole numbers"),
        (PICTURES, np.zeros(3, np.float32), "expected whole numbers"),
        (PICTURES[0], np.zeros(3, np.uint8), "expected pictures"),
        (PICTURES.astype(np.int16), np.zeros(3, np.uint8), "expected pictures"),
        (PICTURES[:0], np.zeros(0, np.uint8), "expected pictures"),
    ],
)
def test_pictures_and_labels_that_do_not_fit_are_refused(tmp_path, images, labels, sentence):
    (tmp_path / "images").write_bytes(pack_idx(images))
    (tmp_path / "labels").write_bytes(pack_idx(labels))
    with pytest.raises(SubsongError, match=sentence):
        read_idx_pictures(tmp_path / "images", tmp_path / "labels")


def test_mnist_reads_as_published(real_data):
    train, test = find_idx_pairs(real_data / "mnist")
    images, labels = read_idx_pictures(test.images_path, test.labels_path)
    assert images.shape == (10_000, 28, 28)
    assert labels is not None
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert train.labels_path is not None
    assert np.bincount(read_idx(train.labels_path)).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
