"""Pictures in NumPy files."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.picture_arrays import read_picture_array

GREY = np.random.default_rng(0).integers(0, 256, (4, 6, 9), dtype=np.uint8)


@pytest.mark.parametrize("num_channels", [1, 3, 4])
def test_channels_come_first_and_alpha_is_dropped(tmp_path, num_channels):
    values = np.random.default_rng(1).integers(0, 256, (4, 6, 9, num_channels), dtype=np.uint8)
    np.save(tmp_path / "a.npy", values)
    images, items = read_picture_array(tmp_path / "a.npy")
    np.testing.assert_array_equal(images, values[..., :3].transpose(0, 3, 1, 2))
    assert images.flags.c_contiguous
    assert items["row"].to_list() == [0, 1, 2, 3]
    assert items["source"].to_list() == ["a.npy"] * 4


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (GREY, GREY),
        (GREY.astype(np.int64), GREY),
        (GREY.astype(np.float32), GREY),
        (GREY / 255, GREY),
        ((GREY / 255).astype(np.float16), GREY),
        (GREY > 127, np.where(GREY > 127, 255, 0)),
    ],
    ids=["uint8", "int64", "whole floats", "fractions", "half precision", "bool"],
)
def test_values_of_any_type_become_bytes(tmp_path, values, expected):
    np.save(tmp_path / "a.npy", values)
    images, _ = read_picture_array(tmp_path / "a.npy")
    np.testing.assert_array_equal(images[:, 0], expected)


@pytest.mark.parametrize("keys", [("images", "labels"), ("x", "y"), ("whatever", "label")])
def test_an_archive_may_hold_labels(tmp_path, keys):
    np.savez_compressed(tmp_path / "a.npz", **dict(zip(keys, (GREY, np.array(["a", "b", "a", "c"])), strict=True)))
    images, items = read_picture_array(tmp_path / "a.npz")
    np.testing.assert_array_equal(images[:, 0], GREY)
    assert items["label"].to_list() == ["a", "b", "a", "c"]


def test_whole_numbers_that_look_like_fractions_are_warned_of(tmp_path, caplog):
    np.save(tmp_path / "a.npy", GREY > 127)
    np.save(tmp_path / "b.npy", (GREY > 127).astype(np.uint8))
    read_picture_array(tmp_path / "a.npy")
    assert not caplog.text
    read_picture_array(tmp_path / "b.npy")
    assert "nearly black" in caplog.text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (GREY[0], "shape \\(6, 9\\), expected"),
        (GREY[None].transpose(1, 0, 2, 3)[..., None], "expected \\(number, height, width\\)"),
        (GREY[:0], "none of them 0"),
        (GREY.astype(int) * 2, "expected whole numbers in 0-255"),
        (GREY / 255 * 2 - 1, "values from -1 to"),
        (GREY / 255 * 100, "expected whole numbers"),
        (np.full((2, 2, 2), np.nan), "without NaN"),
        (GREY * 1j, "expected numbers"),
    ],
)
def test_other_shapes_and_values_are_refused(tmp_path, values, sentence):
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(SubsongError, match=sentence):
        read_picture_array(tmp_path / "a.npy")


def test_pickled_objects_are_never_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "b.npz", images=np.array([{"a": 1}], dtype=object))
    for name in ("a.npy", "b.npz"):
        with pytest.raises(SubsongError, match=f"{name} cannot be read .*pickled objects, which are not loaded"):
            read_picture_array(tmp_path / name)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("share", [0, 0.02, 0.3, 0.95])
def test_a_cut_file_is_refused(tmp_path, suffix, share):
    path = tmp_path / f"a.{suffix}"
    (np.save if suffix == "npy" else np.savez)(path, GREY)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(SubsongError, match=r"is empty|cannot be read"):
        read_picture_array(path)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"a": GREY, "b": GREY}, "holds the arrays a, b: expected the pictures under images"),
        ({"labels": GREY[:, 0, 0]}, "\\(none\\)"),
        ({"x": GREY, "y": np.arange(3)}, "labels of shape \\(3,\\) for 4 pictures"),
    ],
)
def test_an_archive_that_does_not_fit_is_refused(tmp_path, arrays, sentence):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(SubsongError, match=sentence):
        read_picture_array(tmp_path / "a.npz")
