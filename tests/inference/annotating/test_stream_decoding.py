"""Predictions that come in pieces: what is held, and that pieces change nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.inference.annotating.tiny import HOP_S, OVERLAP, SHARED, build_grid, draw_predictions, predict

from subsong.inference.annotating.decoding import DecodedAnnotations, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.annotating.streaming import FramePredictions
from subsong.models.segmenter import ClassLayout

PLAIN = DecodingOptions(event_spacing_s=0.0)


def cut_at_random(whole: FramePredictions, rng: np.random.Generator) -> list[FramePredictions]:
    places = np.sort(rng.integers(0, len(whole), 12))
    ends = [0, *np.unique(places[places > 0]).tolist(), len(whole)]
    return [whole.cut(start, stop) for start, stop in itertools.pairwise(ends)]


def decode_pieces(
    pieces: list[FramePredictions], layout: ClassLayout, section: int, options: DecodingOptions = PLAIN
) -> DecodedAnnotations:
    grid = build_grid(sum(map(len, pieces)))
    return join_decoded(decode_stream(pieces, layout, grid, options, section=section))


@pytest.mark.parametrize("layout", [SHARED, OVERLAP])
@pytest.mark.parametrize("section", [10, 37, 64, 10**6])
def test_pieces_of_any_length_give_the_same(layout: ClassLayout, section: int) -> None:
    rng = np.random.default_rng(section)
    for seed in range(15):
        whole = draw_predictions(seed, layout)
        expected = decode_pieces([whole], layout, section)
        found = decode_pieces(cut_at_random(whole, rng), layout, section)
        for values, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(values, wanted)


def test_sound_that_never_pauses_is_cut_at_sections() -> None:
    whole = predict(np.tile([0.9, 0.0, 0.0], (250, 1)))
    found = decode_pieces([whole], SHARED, section=100)
    np.testing.assert_allclose(found.onset_s_N, [0.0, 99.5 * HOP_S, 199.5 * HOP_S])
    np.testing.assert_allclose(found.offset_s_N[:2], found.onset_s_N[1:])


def test_a_section_with_a_pause_is_not_cut() -> None:
    probabilities_KC = np.tile([0.9, 0.0, 0.0], (250, 1))
    probabilities_KC[[*range(20, 40), *range(120, 140)]] = 0.0
    found = decode_pieces([predict(probabilities_KC)], SHARED, section=100)
    assert len(found) == 3


def test_no_more_than_two_sections_are_held() -> None:
    asked = []

    def give():
        for first in range(0, 2000, 10):
            asked.append(first)
            yield predict(np.tile([0.9, 0.0, 0.0], (10, 1)), first_frame=first)

    for part in decode_stream(give(), SHARED, build_grid(2000), PLAIN, section=100):
        assert asked[-1] - part.onset_s_N[0] / HOP_S < 200
    assert asked[-1] == 1990
