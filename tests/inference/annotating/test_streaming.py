"""A recording in blocks is the recording whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.inference.annotating.tiny import HeldFrames, build_network

from subsong.inference.annotating.decoding import decode, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.annotating.streaming import find_block_size, join_predictions, stream_probabilities
from subsong.models.tcn import Reach

BLOCK = 2048
FRAMES = HeldFrames(torch.rand(2 * BLOCK + 97, 12, generator=torch.Generator().manual_seed(1)))


@pytest.mark.parametrize("overlap", [False, True])
def test_blocks_are_the_network_on_all_frames(overlap: bool) -> None:
    module = build_network(overlap)
    with torch.inference_mode():
        output = module(FRAMES.grey_KF.T.unsqueeze(0))
    found = join_predictions(stream_probabilities(module, FRAMES))
    # Half a step of the rounding, and the rounding of floats.
    np.testing.assert_allclose(found.probabilities_KC, output.compute_probabilities()[0].T, rtol=0.0, atol=6e-5)
    np.testing.assert_allclose(found.borders_KP, output.border_logits_BPK.sigmoid()[0].T, rtol=0.0, atol=6e-5)


def test_blocks_are_always_the_same_frames() -> None:
    runs = list(stream_probabilities(build_network(), FRAMES))
    assert [(run.first_frame, len(run)) for run in runs] == [(0, BLOCK), (BLOCK, BLOCK), (2 * BLOCK, 97)]


def test_what_comes_much_later_changes_no_bit() -> None:
    module = build_network()
    reach = module.receptive_frames.right
    shorter = HeldFrames(FRAMES.grey_KF[: BLOCK + reach + 5])
    first, second = (next(iter(stream_probabilities(module, source))) for source in (FRAMES, shorter))
    for found, expected in zip(first, second, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_annotations_are_those_of_the_whole() -> None:
    module, options = build_network(), DecodingOptions(fill_gap_s=0.01)
    runs = list(stream_probabilities(module, FRAMES))
    expected = decode(join_predictions(runs), module.layout, FRAMES.grid, options)
    found = join_decoded(decode_stream(runs, module.layout, FRAMES.grid, options))
    assert len(expected) > 100
    for values, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(values, wanted)


def test_less_context_than_the_network_looks_at_would_show() -> None:
    module = build_network()
    with torch.inference_mode():
        cut_CK = module(FRAMES.grey_KF[BLOCK : 2 * BLOCK].T.unsqueeze(0)).compute_probabilities()[0]
    whole_KC = join_predictions(stream_probabilities(module, FRAMES)).probabilities_KC[BLOCK : 2 * BLOCK]
    assert np.abs(whole_KC - cut_CK.T.numpy()).max() > 0.01


@pytest.mark.parametrize(
    ("reach", "block"), [(Reach(0, 0), 2048), (Reach(696, 699), 16384), (Reach(1922, 1922), 32768)]
)
def test_context_is_a_small_part_of_a_block(reach: Reach, block: int) -> None:
    assert find_block_size(reach) == block


def test_a_recording_without_samples_has_no_runs() -> None:
    assert list(stream_probabilities(build_network(), HeldFrames(torch.zeros(0, 12)))) == []
