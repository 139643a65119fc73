"""The temporal convolutional network: how far it looks, and that nothing else reaches a frame."""

from __future__ import annotations

import itertools

import pytest
import torch
from pydantic import ValidationError

from subsong.models.tcn import Reach, TcnConfig

SMALL = {"channels": 6, "dilations": (1, 3), "num_stacks": 2}


def build(**settings):
    torch.manual_seed(0)
    return TcnConfig(**{**SMALL, **settings}).build(input_dim=4).eval()


def find_reach(network, num_frames: int, frame: int) -> Reach:
    """Return how far before and after `frame` the gradient of its output is not zero."""
    # Many examples: of one, the few paths that lead farthest may all be cut by a ReLU.
    features_BCK = torch.randn(32, 4, num_frames, requires_grad=True)
    network(features_BCK)[:, :, frame].sum().backward()
    touched = features_BCK.grad.abs().sum(dim=(0, 1)).nonzero().flatten()
    return Reach(frame - int(touched.min()), int(touched.max()) - frame)


@pytest.mark.parametrize(
    ("kernel_size", "causal", "separable"),
    [*itertools.product((1, 2, 3, 4, 5), (False, True), ((False,),)), (3, False, (True, False)), (4, True, (True,))],
)
def test_reach_is_where_gradients_are(kernel_size: int, causal: bool, separable: tuple[bool, ...]) -> None:
    network = build(kernel_size=kernel_size, causal=causal, separable=separable)
    assert find_reach(network, 101, 50) == network.reach


def test_reach_is_that_of_the_formula() -> None:
    assert build(kernel_size=3).reach == Reach(8, 8)
    assert build(kernel_size=4).reach == Reach(8, 16)
    assert build(kernel_size=3, causal=True).reach == Reach(16, 0)


@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("num_frames", [1, 2, 7, 64])
def test_any_number_of_frames_comes_out_as_it_went_in(kernel_size: int, num_frames: int) -> None:
    assert build(kernel_size=kernel_size)(torch.randn(2, 4, num_frames)).shape == (2, 6, num_frames)


def test_a_loud_frame_out_of_reach_changes_nothing() -> None:
    network, features_BCK = build(), torch.randn(1, 4, 60)
    louder_BCK = features_BCK.clone()
    louder_BCK[:, :, 40:] *= 100.0
    before, after = (network(features)[:, :, : 40 - network.reach.right] for features in (features_BCK, louder_BCK))
    torch.testing.assert_close(before, after, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("settings", [{}, {"separable": (True, False)}, {"norm": "none"}])
def test_every_parameter_receives_a_gradient(settings) -> None:
    network = build(**settings)
    network(torch.randn(2, 4, 30)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_dropout_acts_in_training_only() -> None:
    network, features_BCK = build(dropout=0.5), torch.randn(1, 4, 30)
    torch.testing.assert_close(network(features_BCK), network(features_BCK))
    assert not torch.equal(network.train()(features_BCK), network(features_BCK))


def test_separable_filters_have_fewer_weights() -> None:
    sizes = [sum(p.numel() for p in build(separable=separable).parameters()) for separable in ((False,), (True,))]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize("settings", [{"separable": (True,) * 3}, {"dilations": (0, 1)}, {"dilations": ()}])
def test_settings_that_contradict_each_other_are_refused(settings) -> None:
    with pytest.raises(ValidationError):
        TcnConfig(**{**SMALL, **settings})
