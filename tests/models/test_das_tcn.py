"""The network of DAS: its layers, its size, how far it looks, and that the fast ways compute the same."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional

from subsong.models.das_frontends import StftFrontendConfig
from subsong.models.das_tcn import DasTcn, DasTcnConfig
from subsong.models.tcn import Reach

STFT = {"kind": "stft", "hop_size": 8, "num_taps": 32}
SMALL: dict[str, Any] = {"channels": 6, "kernel_size": 4, "num_stacks": 2, "dilations": (1, 2)}


class OneClass(NamedTuple):
    name: str
    kind: str


SONG = [OneClass("sine", "segment"), OneClass("pulse", "event")]


def build(num_rows: int = 1, **settings: Any) -> DasTcn:
    torch.manual_seed(0)
    return DasTcnConfig(**{**SMALL, **settings}).build(num_rows, SONG).eval()


def count_parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("channels", "kernel_size", "num_stacks"), [(16, 16, 3), (32, 32, 3), (8, 5, 1)])
def test_its_size_is_that_of_das(channels: int, kernel_size: int, num_stacks: int) -> None:
    network = DasTcnConfig(channels=channels, kernel_size=kernel_size, num_stacks=num_stacks).build(1, SONG)
    in_blocks = 5 * num_stacks * (channels**2 * kernel_size + channels**2 + 2 * channels)
    das = in_blocks + 2 * channels + 3 * (channels + 1)
    # One output less for what is nothing, two more for borders.
    assert count_parameters(network) == das + channels + 1
    if (channels, kernel_size, num_stacks) == (16, 16, 3):
        assert das == 65_843


def test_it_computes_what_is_written_down() -> None:
    network, sound_K = build(), torch.randn(40)
    x_CK = network.enter.weight[:, 0, 0] * sound_K + network.enter.bias[:, None]
    skips_CK = torch.zeros_like(x_CK)
    for block, dilation in zip(network.blocks, (1, 2, 1, 2), strict=True):
        padded_CK = functional.pad(x_CK, (3 * dilation // 2, 3 * dilation - 3 * dilation // 2))
        filtered_CK = functional.conv1d(padded_CK, block.filter.weight[:, :, 0], block.filter.bias, dilation=dilation)
        filtered_CK = filtered_CK.relu()
        filtered_CK = filtered_CK / (filtered_CK.abs().amax(dim=0) + 1e-5)
        added_CK = block.mix.weight[:, :, 0, 0] @ filtered_CK + block.mix.bias[:, None]
        x_CK, skips_CK = x_CK + added_CK, skips_CK + added_CK
    expected = network.head.weight[:, :, 0] @ skips_CK.relu() + network.head.bias[:, None]
    output = network(sound_K.view(1, 1, -1))
    found = torch.cat([output.logits_BCK, output.border_logits_BPK], dim=1)[0]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "num_rows"),
    [
        ({}, 1),
        ({"kernel_size": 5, "separable": (True, False)}, 1),
        ({"frontend": {"kind": "none", "hop_size": 4}}, 4),
        ({"frontend": STFT}, 8),
        ({"frontend": {"kind": "stft", "hop_size": 16, "num_taps": 8}}, 16),
        ({"frontend": {"kind": "stft", "hop_size": 5, "num_taps": 32}}, 10),
    ],
)
def test_receptive_frames_are_where_gradients_are(settings: dict[str, Any], num_rows: int) -> None:
    network, middle = build(num_rows, **settings), 40
    sound_BFK = torch.randn(64, num_rows, 81, requires_grad=True)
    network(sound_BFK).logits_BCK[:, :, middle].sum().backward()
    touched = sound_BFK.grad.abs().sum(dim=(0, 1)).nonzero().flatten()
    assert Reach(middle - int(touched.min()), int(touched.max()) - middle) == network.receptive_frames


def test_the_receptive_field_is_that_of_the_formula() -> None:
    network = DasTcnConfig(channels=2).build(1, SONG)
    assert sum(network.receptive_frames) + 1 == 1 + 15 * 3 * 31


@pytest.mark.parametrize("settings", [{}, {"separable": (True, False)}, {"frontend": STFT}, {"dropout": 0.2}])
def test_every_parameter_receives_a_gradient(settings: dict[str, Any]) -> None:
    num_rows = 8 if "frontend" in settings else 1
    network = build(num_rows, **settings).train()
    output = network(torch.randn(4, num_rows, 60))
    (output.logits_BCK.square().sum() + output.border_logits_BPK.square().sum()).backward()
    assert all(one.grad is not None and one.grad.isfinite().all() and one.grad.any() for one in network.parameters())


def test_silence_has_finite_gradients() -> None:
    network = build(8, frontend=STFT)
    network(torch.zeros(1, 8, 30)).logits_BCK.sum().backward()
    assert all(one.grad is None or one.grad.isfinite().all() for one in network.parameters())


def test_separable_filters_have_four_for_each_channel() -> None:
    channels, taps = 6, 4
    full, separable = (build(separable=(kind, kind)) for kind in (False, True))
    per_filter = [4 * channels * taps + 4 * channels**2 + channels, channels**2 * taps + channels]
    assert count_parameters(separable) - count_parameters(full) == 4 * (per_filter[0] - per_filter[1])


def test_the_frontend_is_a_spectrum_in_decibels() -> None:
    frontend = StftFrontendConfig(hop_size=16, num_taps=64).build(16)
    sample = torch.arange(16 * 40)
    sine_FK = torch.sin(2 * np.pi * 8 / 64 * (sample - 8)).view(40, 16).T
    levels_CK = frontend(sine_FK.unsqueeze(0))[0]
    # A sine of amplitude 1 has level 1; half the amplitude is 6 dB less, of 80 dB in two units.
    torch.testing.assert_close(levels_CK[8, 10:30], torch.ones(20), rtol=0.0, atol=1e-4)
    half_CK = frontend(0.5 * sine_FK.unsqueeze(0))[0]
    torch.testing.assert_close(half_CK[8, 10:30], torch.full((20,), 1 - 2 * 6.0206 / 80), rtol=0.0, atol=1e-4)
    assert frontend(torch.zeros(1, 16, 40)).unique().tolist() == [-1.0]


def test_a_frame_is_the_middle_of_its_window() -> None:
    frontend = StftFrontendConfig(hop_size=16, num_taps=64).build(16)
    click_T = torch.zeros(16 * 21)
    click_T[10 * 16 + 8] = 1.0
    levels_CK = frontend(click_T.view(21, 16).T.unsqueeze(0))[0]
    assert int(levels_CK[5].argmax()) == 10
    torch.testing.assert_close(levels_CK[5, 9], levels_CK[5, 11])


def test_a_fixed_frontend_does_not_learn() -> None:
    assert not build(8, frontend={**STFT, "is_trainable": False}).frontend.filters.requires_grad


def test_channels_are_transformed_alike() -> None:
    frontend = StftFrontendConfig(hop_size=8, num_taps=32)
    first, second = torch.randn(2, 8, 20), torch.randn(2, 8, 20)
    both = frontend.build(16)(torch.cat([first, second], dim=1))
    torch.testing.assert_close(both, torch.cat([frontend.build(8)(one) for one in (first, second)], dim=1))


@pytest.mark.parametrize("dilation", [1, 2, 16])
@pytest.mark.parametrize("num_frames", [1, 70, 1000])
def test_spectral_filters_are_the_convolution(num_frames: int, dilation: int) -> None:
    network = build(channels=32, kernel_size=24, num_stacks=1, dilations=(dilation,))
    filters, x_BC1K = network.blocks[0].filter, torch.randn(2, 32, 1, num_frames)
    torch.nn.init.normal_(filters.bias)
    direct = filters(x_BC1K)
    with torch.no_grad():
        spectral = filters(x_BC1K)
    assert direct.shape == spectral.shape
    assert not torch.equal(direct, spectral) or num_frames == 1
    torch.testing.assert_close(spectral, direct.detach(), rtol=0.0, atol=2e-5)


def test_spectral_filters_follow_the_weights() -> None:
    filters = build(channels=32, kernel_size=24, num_stacks=1).blocks[0].filter
    x_BC1K = torch.randn(1, 32, 1, 100)
    with torch.no_grad():
        filters(x_BC1K)
        filters.weight.mul_(2.0)
        filters.bias.fill_(1.0)
        changed = filters(x_BC1K)
    torch.testing.assert_close(changed, filters(x_BC1K).detach(), rtol=0.0, atol=5e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"separable": (True,) * 3}, "separable has 3 entries"), ({"dilations": (0, 1)}, "dilations must be 1")],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DasTcnConfig(**{**SMALL, **settings})


def test_rows_are_whole_channels() -> None:
    with pytest.raises(ValueError, match="multiple of hop_size 8"):
        build(12, frontend=STFT)
