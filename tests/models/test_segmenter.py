"""The segmenter's network: its outputs, how classes share probability, and how far it looks."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from pydantic import TypeAdapter

from subsong.core.errors import SubsongError
from subsong.models.segmenter import ClassLayout, SegmenterConfig, SegmenterOutput, find_layout
from subsong.models.segmenter_frontends import FrequencyFrontendConfig, FrontendConfig, PlainFrontendConfig
from subsong.models.tcn import Reach, TcnConfig


class OneClass(NamedTuple):
    name: str
    kind: str


CLASSES = [OneClass("a", "segment"), OneClass("pulse", "event"), OneClass("b", "segment")]
TCN = TcnConfig(channels=8, dilations=(1, 2), num_stacks=1)
FRONTENDS = [PlainFrontendConfig(), FrequencyFrontendConfig(channels=(4, 6), feature_dim=8)]


def build(num_freq_bins: int = 13, **settings):
    torch.manual_seed(0)
    return SegmenterConfig(**{"tcn": TCN, **settings}).build(num_freq_bins, CLASSES).eval()


@pytest.mark.parametrize("frontend", FRONTENDS)
@pytest.mark.parametrize("num_freq_bins", [3, 13, 64])
@pytest.mark.parametrize("num_frames", [1, 10, 33])
def test_any_picture_gives_logits_of_every_frame(frontend, num_freq_bins: int, num_frames: int) -> None:
    output = build(num_freq_bins, frontend=frontend)(torch.rand(2, num_freq_bins, num_frames))
    assert output.logits_BCK.shape == (2, 3, num_frames)
    assert output.border_logits_BPK.shape == (2, 2, num_frames)


@pytest.mark.parametrize("frontend", FRONTENDS)
def test_receptive_frames_are_where_gradients_are(frontend) -> None:
    network, grey_BFK = build(frontend=frontend), torch.rand(32, 13, 61, requires_grad=True)
    network(grey_BFK).logits_BCK[:, :, 30].sum().backward()
    touched = grey_BFK.grad.abs().sum(dim=(0, 1)).nonzero().flatten()
    assert Reach(30 - int(touched.min()), int(touched.max()) - 30) == network.receptive_frames


def test_classes_that_exclude_each_other_share_one_with_nothing() -> None:
    logits_BCK = torch.tensor([1.0, 0.5, -2.0]).view(1, 3, 1)
    output = SegmenterOutput(logits_BCK, torch.zeros(1, 2, 1), find_layout(CLASSES, overlap=False))
    expected = torch.tensor([1.0, -2.0]).exp() / (1.0 + torch.tensor([1.0, -2.0]).exp().sum())
    probabilities_C = output.compute_probabilities().flatten()
    torch.testing.assert_close(probabilities_C[[0, 2]], expected)
    torch.testing.assert_close(probabilities_C[1], torch.tensor(0.5).sigmoid())


def test_classes_that_overlap_stand_by_themselves() -> None:
    output = build(overlap=True)(torch.rand(1, 13, 20))
    assert output.border_logits_BPK.shape == (1, 4, 20)
    torch.testing.assert_close(output.compute_probabilities(), output.logits_BCK.sigmoid())


def test_events_alone_have_no_borders() -> None:
    network = SegmenterConfig(tcn=TCN).build(13, [OneClass("pulse", "event")])
    output = network(torch.rand(1, 13, 20))
    assert output.border_logits_BPK.shape == (1, 0, 20)
    torch.testing.assert_close(output.compute_probabilities(), output.logits_BCK.sigmoid())


def test_the_layout_keeps_the_order_of_classes() -> None:
    assert find_layout(CLASSES, overlap=False) == ClassLayout((0, 2), (1,), overlap=False)


def test_classes_the_network_cannot_have_are_named() -> None:
    with pytest.raises(SubsongError, match="at least one class"):
        find_layout([], overlap=False)
    with pytest.raises(SubsongError, match="'c' is of kind 'song'"):
        find_layout([OneClass("c", "song")], overlap=False)


def test_an_example_does_not_depend_on_the_others() -> None:
    network, grey_BFK = build(), torch.rand(3, 13, 40)
    alone, together = network(grey_BFK[1:2]).logits_BCK, network(grey_BFK).logits_BCK[1:2]
    torch.testing.assert_close(alone, together, rtol=0.0, atol=1e-5)


def test_the_default_has_a_few_hundred_thousand_weights() -> None:
    network = SegmenterConfig().build(64, CLASSES)
    assert 100_000 < sum(parameter.numel() for parameter in network.parameters()) < 1_000_000


def test_stages_of_the_frontend_must_agree() -> None:
    with pytest.raises(ValueError, match="strides has 1 stages, channels has 2"):
        TypeAdapter(FrontendConfig).validate_python({"kind": "frequency", "channels": (4, 6), "strides": (2,)})
    with pytest.raises(ValueError, match="odd"):
        FrequencyFrontendConfig(num_frames=2)
