"""The network: sizes, gradients, what depends on what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.core.noise import ItemNoise, StepNoise
from subsong.datasets.poses.batch import PoseBatch, PoseInput
from subsong.models.vunet.blocks import merge_groups, split_groups
from subsong.models.vunet.config import VunetConfig, count_stages
from subsong.models.vunet.heads import GroupedPrior
from subsong.models.vunet.network import Vunet
from subsong.recipes.configuring import resolve_config

SMALL: dict[str, Any] = {
    "pose_channels": (8, 16),
    "appearance_channels": (8, 16),
    "num_blocks": 1,
    "patch_size": 2,
    "coarsest_size": 1,
}


def build(config: dict[str, Any], size: tuple[int, int] = (16, 16), num_channels: int = 3) -> Vunet:
    torch.manual_seed(0)
    inputs = {"stickman": (1, *size), "appearance": (num_channels, *size)}
    return VunetConfig.model_validate(config).build((num_channels, *size), inputs)


def make_batch(model: Vunet, num_rows: int = 4, appearance: tuple[int, ...] | None = None) -> PoseBatch:
    generator = torch.Generator().manual_seed(1)
    num, height, width = model.item_shape
    target = torch.rand(num_rows, num, height, width, generator=generator) * 2 - 1
    shown = torch.rand(num_rows, *(appearance or (num, height, width)), generator=generator) * 2 - 1
    stickman = torch.rand(num_rows, 1, height, width, generator=generator) * 2 - 1
    return PoseBatch(torch.arange(num_rows), PoseInput(stickman=stickman, appearance=shown), target)


def count(config: VunetConfig, size: int, num_shown: int = 3, shown_size: int | None = None) -> int:
    shown = (num_shown, shown_size or size, shown_size or size)
    with torch.device("meta"):
        model = config.build((3, size, size), {"stickman": (3, size, size), "appearance": shown})
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("size", "changes", "reference"),
    [
        (256, {}, 19_457_859),
        (128, {}, 17_358_915),
        (64, {}, 15_259_971),
        (64, {"pose_channels": (32, 64), "appearance_channels": (32, 64)}, 3_818_659),
    ],
)
def test_the_port_has_the_parameters_of_the_port_but_for_the_block_it_never_calls(
    size: int, changes: dict[str, Any], reference: int
) -> None:
    model = resolve_config("pose-vunet/port")[1].model.model_copy(update=changes)
    most = model.pose_channels[1]
    never_called = most * most + most + 9 * 2 * most * most + most
    assert count(model, size) == reference - never_called


def test_the_port_with_weight_normalised_convolutions_has_its_parameters_too() -> None:
    model = resolve_config("pose-vunet/port")[1].model
    model = model.model_copy(update={"convolution": "weight_norm", "output": "linear"})
    assert count(model, 256) == 19_510_860 - 311_552 - 3 * 256


def test_the_presets_state_their_parameters() -> None:
    original = resolve_config("pose-vunet/original")[1].model
    assert count(original, 256, num_shown=24, shown_size=64) == ORIGINAL_PARAMETERS
    assert count(resolve_config("pose-vunet")[1].model, 64) == DEFAULT_PARAMETERS


ORIGINAL_PARAMETERS, DEFAULT_PARAMETERS = 15_522_380, 5_457_840


@pytest.mark.parametrize("name", ["pose-vunet", "pose-vunet/port", "pose-vunet/original"])
def test_every_parameter_receives_a_gradient(name: str) -> None:
    config = resolve_config(name)[1].model.model_dump() | {"pose_channels": (4, 8), "appearance_channels": (4, 8)}
    model = build(config | {"patch_size": 1}, (16, 16))
    output = model(make_batch(model), StepNoise(0, 0, 4))
    (output.likelihood.mean.abs().mean() + output.posterior.compute_kl().mean()).backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


@pytest.mark.parametrize(
    ("size", "num_channels", "changes"),
    [
        ((32, 16), 1, {}),
        ((24, 40), 3, {}),
        ((17, 19), 4, {}),
        ((16, 16), 3, {"coarsest_size": 2, "num_blocks": 2}),
        ((32, 32), 3, {"patch_size": 1, "convolution": "weight_norm", "output": "tanh", "mean_kernel": 3}),
    ],
)
def test_any_size_and_number_of_channels_comes_out_as_it_went_in(
    size: tuple[int, int], num_channels: int, changes: dict[str, Any]
) -> None:
    model = build(SMALL | changes, size, num_channels)
    output = model(make_batch(model), StepNoise(0, 0, 4))
    assert output.likelihood.mean.shape == (4, num_channels, *size)
    assert tuple(code.shape[1:] for code in output.codes) == model.latent_shapes


def test_the_appearance_may_have_another_size_and_other_channels_than_the_picture() -> None:
    config = VunetConfig.model_validate(SMALL | {"coarsest_size": 2, "appearance_channels": (16, 16)})
    model = config.build((3, 32, 16), {"stickman": (3, 32, 16), "appearance": (24, 16, 16)})
    assert model.encode(torch.zeros(2, 24, 16, 16))[1].shape[1:] == model.latent_shapes[1] == (16, 8, 4)


def test_without_noise_the_means_are_decoded_and_transfer_is_the_same_twice() -> None:
    model = build(SMALL).eval()
    batch = make_batch(model)
    codes = model.encode(batch.input["appearance"])
    picture = model.decode(batch.input["stickman"], codes).mean
    assert torch.equal(picture, model(batch).likelihood.mean)
    assert torch.equal(picture, model.decode(batch.input["stickman"], codes).mean)


def test_a_row_does_not_depend_on_the_others_of_its_batch() -> None:
    model = build(SMALL).eval()
    batch = make_batch(model)
    alone = PoseBatch(
        batch.rows[2:3], PoseInput(**{name: value[2:3] for name, value in batch.input.items()}), batch.target[2:3]
    )
    rows = model(batch, ItemNoise(0, batch.rows)).likelihood.mean
    torch.testing.assert_close(rows[2:3], model(alone, ItemNoise(0, alone.rows)).likelihood.mean)


def test_the_picture_follows_pose_and_appearance() -> None:
    model = build(SMALL).eval()
    batch = make_batch(model)
    own = model(batch).likelihood.mean
    for name in ("stickman", "appearance"):
        other = PoseInput(**{**batch.input, name: batch.input[name].flip(0)})  # type: ignore[typeddict-item]
        assert not torch.allclose(own, model(batch._replace(input=other)).likelihood.mean)


def test_draws_from_the_prior_follow_the_pose_and_the_noise_alone() -> None:
    model = build(SMALL).eval()
    stickman = make_batch(model).input["stickman"]
    rows = np.arange(4)
    first, second = (model.draw_prior(stickman, ItemNoise(seed, rows)) for seed in (0, 1))
    again = model.draw_prior(stickman, ItemNoise(0, rows))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], second[0])
    picture = model.sample(model.encode_pose(stickman), ItemNoise(0, rows)).mean
    torch.testing.assert_close(picture, model.decode(stickman, first).mean)


def test_draws_have_unit_variance_around_the_means() -> None:
    model = build(SMALL).eval()
    stickman = make_batch(model).input["stickman"][:1].repeat(2000, 1, 1, 1)
    drawn = model.draw_prior(stickman, ItemNoise(0, np.arange(2000)))[0]
    mean = model.draw_prior(stickman[:1], None)[0]
    assert (drawn.mean(dim=0) - mean[0]).abs().max() < 0.12
    assert (drawn.var(dim=0) - 1).abs().max() < 0.2


def dependence(prior: GroupedPrior, code: Tensor) -> np.ndarray:
    """Return which group's mean follows which group's code, (4, 4)."""
    h = torch.randn(1, code.shape[1], 4, 4)
    matrix = np.zeros((4, 4), dtype=bool)
    for row in range(4):
        given = code.clone().requires_grad_()
        split_groups(prior(h, given, None)[0])[row].sum().backward()
        assert given.grad is not None
        matrix[row] = [bool(group.abs().sum() > 0) for group in split_groups(given.grad)]
    return matrix


def test_each_group_of_the_prior_depends_on_all_before_it_and_none_after() -> None:
    prior = build(SMALL).bottleneck.fine_prior
    assert isinstance(prior, GroupedPrior)
    grouped = GroupedPrior(VunetConfig.model_validate(SMALL), 16)
    assert np.array_equal(dependence(grouped, torch.randn(1, 16, 4, 4)), np.tri(4, k=-1, dtype=bool))


def test_groups_are_put_together_as_they_were_taken_apart() -> None:
    x = torch.randn(2, 3, 6, 4)
    assert torch.equal(merge_groups(split_groups(x)), x)


def test_stages_end_at_the_size_asked_for_and_little_is_padded() -> None:
    port = VunetConfig(patch_size=1, coarsest_size=1)
    assert count_stages(port, 256, 256) == 9
    assert count_stages(VunetConfig(patch_size=1, coarsest_size=4), 256, 256) == 7
    assert count_stages(port, 192, 192) == 7


def test_too_small_pictures_and_channels_that_do_not_meet_are_named() -> None:
    with pytest.raises(SubsongError, match="4 x 4 pixels are too small"):
        build(SMALL | {"patch_size": 4}, (4, 4))
    with pytest.raises(ValidationError, match="pose_channels end at 16 and appearance_channels at 8"):
        build(SMALL | {"appearance_channels": (4, 8)})
