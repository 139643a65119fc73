"""Folders of picture files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.sources.picture_folder import read_picture_folder

GREY = np.random.default_rng(0).integers(0, 256, (6, 9), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "TIFF"])
@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_lossless_pictures_come_back_exactly(tmp_path, suffix, pixels):
    save(tmp_path / f"a.{suffix}", pixels)
    images, _ = read_picture_folder(tmp_path)
    np.testing.assert_array_equal(images[0], np.atleast_3d(pixels).transpose(2, 0, 1))


def test_jpeg_is_read_in_grey_and_colour(tmp_path):
    flat = np.full((8, 8), 100, np.uint8)
    save(tmp_path / "a.jpg", flat)
    images, _ = read_picture_folder(tmp_path)
    np.testing.assert_allclose(images, 100, atol=1)


def test_pictures_come_in_the_order_of_their_paths(tmp_path):
    for level, name in [(30, "c.png"), (10, "a.png"), (20, "b/z.png")]:
        save(tmp_path / name, np.full((2, 2), level, np.uint8))
    images, items = read_picture_folder(tmp_path)
    assert images[:, 0, 0, 0].tolist() == [10, 20, 30]
    assert items["source"].to_list() == ["a.png", "b/z.png", "c.png"]


def test_the_first_sub_folder_is_the_label(tmp_path):
    for name in ("cat/2024/x.png", "dog/y.png", "z.png"):
        save(tmp_path / name, GREY)
    _, items = read_picture_folder(tmp_path)
    assert items["label"].to_list() == ["cat", "dog", None]
    assert items["split"].null_count() == 3


def test_sub_folders_train_and_test_are_the_parts(tmp_path):
    for name in ("train/cat/x.png", "train/dog/y.png", "test/cat/z.png", "test/w.png"):
        save(tmp_path / name, GREY)
    _, items = read_picture_folder(tmp_path)
    assert items["split"].to_list() == ["test", "test", "train", "train"]
    assert items["label"].to_list() == ["cat", None, "cat", "dog"]


def test_hidden_and_other_files_are_passed_over(tmp_path):
    save(tmp_path / "a.png", GREY)
    for name in (".hidden.png", "notes.txt", "__MACOSX/a.png", ".thumbs/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"no picture")
    assert len(read_picture_folder(tmp_path).images) == 1


@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_alpha_is_dropped_not_blended(tmp_path, pixels):
    alpha = np.full((6, 9, 1), 7, np.uint8)
    save(tmp_path / "a.png", np.concatenate([np.atleast_3d(pixels), alpha], axis=-1))
    images, _ = read_picture_folder(tmp_path)
    np.testing.assert_array_equal(images[0], np.atleast_3d(pixels).transpose(2, 0, 1))


def test_a_palette_is_read_as_its_colours(tmp_path):
    picture = Image.fromarray(GREY).convert("P")
    picture.putpalette([value for level in range(256) for value in (level, 255 - level, 0)])
    picture.save(tmp_path / "a.png", transparency=3)
    images, _ = read_picture_folder(tmp_path)
    np.testing.assert_array_equal(images[0], np.stack([GREY, 255 - GREY, 0 * GREY]))


def test_black_and_white_is_0_and_255(tmp_path):
    save(tmp_path / "a.png", GREY > 127)
    images, _ = read_picture_folder(tmp_path)
    np.testing.assert_array_equal(images[0, 0], np.where(GREY > 127, 255, 0))


def test_grey_among_colour_is_read_as_rgb_with_a_warning(tmp_path, caplog):
    save(tmp_path / "a.png", GREY)
    save(tmp_path / "b.png", COLOUR)
    images, _ = read_picture_folder(tmp_path)
    np.testing.assert_array_equal(images[0], np.stack([GREY] * 3))
    assert "1 of 2 pictures are grey" in caplog.text


def test_an_empty_folder_says_what_was_expected(tmp_path):
    with pytest.raises(SubsongError, match=r"holds no pictures: expected files ending in \.bmp.*idx files"):
        read_picture_folder(tmp_path)


def test_a_picture_of_another_size_is_named_with_both_sizes(tmp_path):
    save(tmp_path / "a.png", GREY)
    save(tmp_path / "b.png", GREY.T)
    with pytest.raises(SubsongError, match=r"b\.png is 6 x 9 pixels .*expected 9 x 6 as in .*a\.png"):
        read_picture_folder(tmp_path)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_more_than_8_bits_are_refused(tmp_path, dtype):
    save(tmp_path / "a.tif", GREY.astype(dtype))
    with pytest.raises(SubsongError, match=r"a\.tif cannot be read without loss .*8-bit grey or RGB"):
        read_picture_folder(tmp_path)


def test_a_stack_of_frames_is_refused(tmp_path):
    frames = [Image.fromarray(GREY), Image.fromarray(GREY)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    with pytest.raises(SubsongError, match="holds 2 frames"):
        read_picture_folder(tmp_path)


def test_an_empty_file_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(SubsongError, match=r"a\.png is empty \(0 bytes\)"):
        read_picture_folder(tmp_path)


def encode(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(COLOUR).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "tiff"])
def test_a_cut_picture_is_refused_wherever_it_is_cut(tmp_path, kind):
    content = encode(kind)
    path = tmp_path / f"a.{kind}"
    num_refused = 0
    for length in range(1, len(content) - 16, max(1, len(content) // 60)):
        path.write_bytes(content[:length])
        try:
            read_picture_folder(tmp_path)
        except SubsongError as error:
            assert str(path) in str(error)  # noqa: PT017
            num_refused += 1
    # A decoder may need less than the whole of a tiny file; never does another kind of error come out.
    assert num_refused > 30


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "tiff"])
def test_flipped_bytes_never_cause_another_error(tmp_path, kind):
    content = np.frombuffer(encode(kind), np.uint8)
    rng = np.random.default_rng(0)
    for _ in range(100):
        broken = content.copy()
        broken[rng.integers(0, min(len(broken), 200), 3)] = rng.integers(0, 256, 3)
        (tmp_path / f"a.{kind}").write_bytes(broken.tobytes())
        try:
            read_picture_folder(tmp_path)
        except SubsongError as error:
            assert "\n" not in str(error)  # noqa: PT017
