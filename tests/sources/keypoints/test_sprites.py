"""Drawn characters in drawn poses."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures


def save(path, **change):
    arrays = {
        "images": np.random.default_rng(0).integers(0, 256, (2, 3, 8, 8, 3), dtype=np.uint8),
        "pose_mask": np.random.default_rng(1).integers(0, 2, (3, 8, 8), dtype=np.uint8),
        "pose_name": np.array(["walk", "run", "sit"]),
    }
    np.savez(path, **(arrays | change))
    return arrays


def test_every_character_is_shown_in_every_pose(tmp_path):
    arrays = save(tmp_path / "rendered.npz")
    pictures = read_posed_pictures(tmp_path / "rendered.npz")
    assert pictures.items["identity"].to_list() == ["character-000"] * 3 + ["character-001"] * 3
    assert pictures.items["pose"].to_list() == ["walk", "run", "sit"] * 2
    np.testing.assert_array_equal(pictures.images[4], arrays["images"][1, 1].transpose(2, 0, 1))


def test_each_picture_names_the_outline_of_its_pose(tmp_path):
    arrays = save(tmp_path / "rendered.npz")
    pictures = read_posed_pictures(tmp_path / "rendered.npz")
    assert pictures.stickman_N.tolist() == [0, 1, 2, 0, 1, 2]
    np.testing.assert_array_equal(pictures.stickmen[:, 0], arrays["pose_mask"] * 255)


def test_pictures_and_outlines_are_resized_together(tmp_path):
    save(tmp_path / "rendered.npz")
    pictures = read_posed_pictures(tmp_path / "rendered.npz", PoseReading(size=(4, 16), channels="grey"))
    assert pictures.images.shape == (6, 1, 4, 16)
    assert pictures.stickmen.shape == (3, 1, 4, 16)


def test_arrays_that_do_not_fit_are_one_sentence(tmp_path):
    save(tmp_path / "rendered.npz", pose_name=np.array(["walk"]))
    with pytest.raises(SubsongError, match=r"pose_name \(1,\); expected uint8"):
        read_posed_pictures(tmp_path / "rendered.npz")


def test_the_real_characters_overlap_their_outlines(real_data):
    pictures = read_posed_pictures(real_data / "pose_sprites_lpc" / "rendered.npz")
    assert pictures.images.shape == (3960, 3, 64, 64)
    assert set(np.unique(pictures.stickmen)) == {0, 255}
    # Every character wears clothes over the same body: the outline of the body lies within what is drawn.
    drawn = pictures.images.any(axis=1)
    outline = pictures.stickmen[pictures.stickman_N, 0] > 0
    assert (drawn & outline).sum() > 0.97 * outline.sum()


def test_settings_that_outlines_have_no_use_for_are_named(tmp_path, caplog):
    save(tmp_path / "rendered.npz")
    read_posed_pictures(tmp_path / "rendered.npz", PoseReading(size=8, layout="own", crop=True))
    assert "no effect have: layout, crop" in caplog.text
