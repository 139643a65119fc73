"""A trained VUNet in use: what each call returns, that it is deterministic, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.posed_pictures import SIDE, build_poses, build_tiny

from subsong.core.errors import SubsongError

CLOSE = 1e-4
"""Tiny groups of channels that are normalised make much of rounding."""


@pytest.fixture(scope="module")
def model():
    return build_tiny()


@pytest.fixture(scope="module")
def data():
    return build_poses()


@pytest.fixture(scope="module")
def pictures(data):
    return data.images_NCHW


@pytest.fixture(scope="module")
def stickmen(data):
    return data.fetch(np.arange(len(data))).input["stickman"].numpy()


def test_reconstructions_are_the_pictures_of_the_forward_pass_at_the_means(model, data):
    with torch.inference_mode():
        expected = model.module(data.fetch(np.arange(len(data)))).likelihood.mean.clamp(-1, 1)
    assert model.reconstruct(data) == pytest.approx(expected.numpy(), abs=CLOSE)


def test_codes_are_the_posteriors_means_side_by_side_coarsest_first(model, data, pictures):
    with torch.inference_mode():
        posterior = model.module(data.fetch(np.arange(3))).posterior
    partners = data.items["appearance_row"].to_numpy()[:3]
    assert model.embed(pictures[partners]) == pytest.approx(posterior.mean_BL.numpy(), abs=CLOSE)
    coarse, fine = model.split_scales(posterior.mean_BL.numpy())
    assert np.array_equal(coarse, posterior.q_means[0].flatten(1))
    assert np.array_equal(fine, posterior.q_means[1].flatten(1))
    assert model.latent_dim == sum(model.scale_dims) == coarse.shape[1] + fine.shape[1]


def test_of_a_dataset_each_rows_own_picture_is_embedded(model, data, pictures):
    assert np.array_equal(model.embed(data), model.embed(pictures))


def test_bytes_and_floats_of_the_same_pictures_give_the_same_codes(model, pictures):
    floats = pictures.astype(np.float64) / 127.5 - 1
    assert model.embed(pictures[:4]) == pytest.approx(model.embed(floats[:4]), abs=CLOSE)


def test_transfer_pairs_rows(model, pictures, stickmen):
    made = model.transfer(pictures[:3], stickmen[5:8])
    assert made.shape == (3, 3, SIDE, SIDE)
    assert made[1:2] == pytest.approx(model.transfer(pictures[1:2], stickmen[6:7]), abs=CLOSE)


def test_the_transfer_matrix_is_every_pair(model, pictures, stickmen):
    matrix = model.transfer_matrix(pictures[:3], stickmen[:4])
    assert matrix.shape == (3, 4, 3, SIDE, SIDE)
    for row, column in [(0, 0), (1, 3), (2, 1)]:
        alone = model.transfer(pictures[[row]], stickmen[[column]])[0]
        assert matrix[row, column] == pytest.approx(alone, abs=CLOSE)


@pytest.mark.parametrize("batch_size", [1, 4, 1000])
def test_the_batch_size_changes_no_number(model, data, pictures, stickmen, batch_size):
    assert model.embed(data, batch_size) == pytest.approx(model.embed(data), abs=CLOSE)
    assert model.reconstruct(data, batch_size) == pytest.approx(model.reconstruct(data), abs=CLOSE)
    matrix = model.transfer_matrix(pictures[:3], stickmen[:4])
    assert model.transfer_matrix(pictures[:3], stickmen[:4], batch_size) == pytest.approx(matrix, abs=CLOSE)
    drawn = model.sample(stickmen[:3], 4, seed=1)
    assert model.sample(stickmen[:3], 4, 1, batch_size) == pytest.approx(drawn, abs=CLOSE)


def test_draws_follow_from_seed_row_and_number_alone(model, stickmen):
    drawn = model.sample(stickmen[:3], 4, seed=1)
    assert drawn.shape == (3, 4, 3, SIDE, SIDE)
    assert np.array_equal(model.sample(stickmen[:3], 4, seed=1), drawn)
    assert model.sample(stickmen[:2], 2, seed=1) == pytest.approx(drawn[:2, :2], abs=CLOSE)
    assert not np.allclose(model.sample(stickmen[:3], 4, seed=2), drawn, atol=1e-3)


def test_draws_of_one_pose_differ(model, stickmen):
    drawn = model.sample(stickmen[[0, 0]], 3)
    assert len({picture.tobytes() for picture in drawn.reshape(6, -1)}) == 6


def test_a_pose_is_encoded_once_for_all_its_draws(model, stickmen, monkeypatch):
    encoded = []
    encode = model.module.encode_pose
    monkeypatch.setattr(model.module, "encode_pose", lambda x: encoded.append(len(x)) or encode(x))
    model.sample(stickmen[:2], 20, batch_size=40)
    assert encoded == [2]


def test_drawing_does_not_look_at_torchs_global_generator(model, stickmen):
    torch.manual_seed(0)
    first = model.sample(stickmen[:1], 2)
    torch.manual_seed(1)
    assert np.array_equal(model.sample(stickmen[:1], 2), first)


def test_interpolation_ends_at_both_appearances(model, pictures, stickmen):
    way = model.interpolate(pictures[:2], pictures[10:12], stickmen[:2], num_steps=5)
    assert way.shape == (2, 5, 3, SIDE, SIDE)
    assert way[:, 0] == pytest.approx(model.transfer(pictures[:2], stickmen[:2]), abs=CLOSE)
    assert way[:, -1] == pytest.approx(model.transfer(pictures[10:12], stickmen[:2]), abs=CLOSE)
    middle = (model.embed(pictures[:2]) + model.embed(pictures[10:12])) / 2
    assert way[:, 2] == pytest.approx(model.decode(middle, stickmen[:2]), abs=CLOSE)


def test_swapped_scales_go_from_the_second_appearance_to_the_first(model, pictures, stickmen):
    swapped = model.swap_scales(pictures[:2], pictures[10:12], stickmen[:2])
    assert swapped.shape == (2, 3, 3, SIDE, SIDE)
    assert swapped[:, 0] == pytest.approx(model.transfer(pictures[10:12], stickmen[:2]), abs=CLOSE)
    assert swapped[:, 2] == pytest.approx(model.transfer(pictures[:2], stickmen[:2]), abs=CLOSE)
    coarse, fine = model.split_scales(model.embed(pictures[:2]))[0], model.split_scales(model.embed(pictures[10:12]))[1]
    mixed = np.concatenate([coarse, fine], axis=1)
    assert swapped[:, 1] == pytest.approx(model.decode(mixed, stickmen[:2]), abs=CLOSE)


def test_pictures_stay_within_their_range(stickmen, pictures):
    model = build_tiny()
    for parameter in model.module.decoder.last.parameters():
        parameter.data.mul_(100)
    made = model.transfer(pictures[:3], stickmen[:3])
    assert made.min() == -1
    assert made.max() == 1


def test_no_rows_make_no_pictures(model, pictures, stickmen):
    assert model.embed(pictures[:0]).shape == (0, model.latent_dim)
    assert model.transfer(pictures[:0], stickmen[:0]).shape == (0, 3, SIDE, SIDE)
    assert model.transfer_matrix(pictures[:2], stickmen[:0]).shape == (2, 0, 3, SIDE, SIDE)
    assert model.sample(stickmen[:2], 0).shape == (2, 0, 3, SIDE, SIDE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x.transpose(0, 2, 3, 1), r"shape \(number, 3, 16, 16\), channels first"),
        (lambda x: x[0], "found an array of shape"),
        (lambda x: x[..., :8], "found an array of shape"),
        (lambda x: x.astype(np.int32), "found int32"),
        (lambda x: x.astype(np.float32), r"values in \[-1, 1\], found \[20, 254\]: give bytes as uint8"),
        (lambda x: np.full(x.shape, np.nan), r"found \[nan, nan\]"),
    ],
)
def test_pictures_of_another_shape_or_range_are_refused_in_one_sentence(model, pictures, stickmen, change, said):
    pictures = np.clip(pictures, 20, 254)
    pictures[0, 0, 0, 0] = 254
    with pytest.raises(SubsongError, match="^appearance: expected .*" + said):
        model.transfer(change(pictures[:3]), stickmen[:3])
    with pytest.raises(SubsongError, match="^stickman: expected .*" + said):
        model.sample(change(pictures[:3]), 2)


def test_numbers_of_rows_that_do_not_match_are_refused(model, pictures, stickmen):
    with pytest.raises(SubsongError, match=r"3 appearances and 2 poses .*transfer_matrix"):
        model.transfer(pictures[:3], stickmen[:2])
    with pytest.raises(SubsongError, match="3 and 2 appearances"):
        model.interpolate(pictures[:3], pictures[:2], stickmen[:3])
    with pytest.raises(SubsongError, match="3 appearances and 1 poses"):
        model.swap_scales(pictures[:3], pictures[:3], stickmen[:1])


def test_codes_of_another_length_are_refused(model, stickmen):
    with pytest.raises(SubsongError, match=rf"shape \(2, 7\), expected \(number, {model.latent_dim}\)"):
        model.decode(np.zeros((2, 7)), stickmen[:2])


def test_a_dataset_of_another_size_is_refused(data):
    other = build_tiny(item_shape=[3, 32, 32], input_shapes={"stickman": [3, 32, 32], "appearance": [3, 32, 32]})
    with pytest.raises(SubsongError, match=r"stickman: pictures have shape \(3, 16, 16\), .* trained on \(3, 32, 32\)"):
        other.reconstruct(data)
