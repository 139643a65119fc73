"""A recording in blocks is the recording whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.inference.annotating.tiny import HeldFrames, build_network

from subsong.inference.annotating.decoding import decode, decode_stream, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.streaming import join_predictions, stream_probabilities
from subsong.models.tcn import Reach

NUM_FRAMES = 97
FRAMES = HeldFrames(torch.rand(NUM_FRAMES, 12, generator=torch.Generator().manual_seed(1)))


@pytest.mark.parametrize("block", [1, 7, 50, 96, 97, 4000])
@pytest.mark.parametrize("overlap", [False, True])
def test_any_block_gives_the_same_probabilities_and_annotations(block: int, overlap: bool) -> None:
    module, options = build_network(overlap), DecodingOptions(fill_gap_s=0.01)
    whole = join_predictions(stream_probabilities(module, FRAMES, block=NUM_FRAMES))
    runs = list(stream_probabilities(module, FRAMES, block=block))
    for found, expected in zip(join_predictions(runs), whole, strict=True):
        # Rounded to steps of 1e-4: nearly all are equal, and none is more than a step away.
        assert np.mean(found == expected) > 0.95
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1.01e-4)
    expected = decode(whole, module.layout, FRAMES.grid, options)
    streamed = join_decoded(decode_stream(runs, module.layout, FRAMES.grid, options))
    assert len(expected) > 3
    np.testing.assert_array_equal(streamed.class_N, expected.class_N)
    np.testing.assert_allclose(streamed.onset_s_N, expected.onset_s_N, rtol=0.0, atol=1e-5)
    np.testing.assert_allclose(streamed.offset_s_N, expected.offset_s_N, rtol=0.0, atol=1e-5)


def test_before_rounding_blocks_agree_to_rounding_of_floats() -> None:
    module, reach = build_network(), build_network().receptive_frames
    with torch.inference_mode():
        whole_CK = module(FRAMES.grey_KF.T.unsqueeze(0)).compute_probabilities()[0]
        low, stop = 40 - reach.left, 60 + reach.right
        part_CK = module(FRAMES.grey_KF[low:stop].T.unsqueeze(0)).compute_probabilities()[0]
    np.testing.assert_allclose(part_CK[:, reach.left : reach.left + 20], whole_CK[:, 40:60], rtol=0.0, atol=1e-5)


def test_the_same_stream_twice_is_the_same_to_the_last_bit() -> None:
    module = build_network()
    first, second = (join_predictions(stream_probabilities(module, FRAMES, block=20)) for _ in range(2))
    np.testing.assert_array_equal(first.probabilities_KC, second.probabilities_KC)


def test_predictions_are_those_of_the_network_on_all_frames() -> None:
    module = build_network()
    with torch.inference_mode():
        output = module(FRAMES.grey_KF.T.unsqueeze(0))
    found = join_predictions(stream_probabilities(module, FRAMES, block=10))
    np.testing.assert_allclose(found.probabilities_KC, output.compute_probabilities()[0].T, rtol=0.0, atol=6e-5)
    np.testing.assert_allclose(found.borders_KP, output.border_logits_BPK.sigmoid()[0].T, rtol=0.0, atol=6e-5)


def test_too_little_context_shows() -> None:
    module = build_network()
    whole, cut = (
        join_predictions(stream_probabilities(module, FRAMES, context, block=10)) for context in (None, Reach(0, 0))
    )
    assert np.abs(whole.probabilities_KC - cut.probabilities_KC).max() > 0.01


def test_a_recording_without_samples_has_no_runs() -> None:
    source = HeldFrames(torch.zeros(0, 12))
    assert list(stream_probabilities(build_network(), source)) == []


def test_a_block_without_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="1 frame or more, found 0"):
        list(stream_probabilities(build_network(), FRAMES, block=0))
