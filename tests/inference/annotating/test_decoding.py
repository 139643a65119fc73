"""Predictions become annotations: monotonic, in pieces as in one, right at both ends."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.inference.annotating.tiny import HOP_S, OVERLAP, SHARED, build_grid, draw_predictions, predict

from subsong.inference.annotating.decoding import DecodedAnnotations, decode, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream

PLAIN = DecodingOptions()


def find(rows, layout=SHARED, options: DecodingOptions = PLAIN) -> DecodedAnnotations:
    probabilities_KC = np.array(rows, dtype=float)
    return decode(predict(probabilities_KC, layout), layout, build_grid(len(probabilities_KC)), options)


def measure_cover(decoded: DecodedAnnotations, times_T: np.ndarray, classes=(0, 1)) -> np.ndarray:
    """Return whether any of the classes sounds at each time."""
    cover_T = np.zeros(len(times_T), dtype=bool)
    for onset_s, offset_s, number in zip(*decoded[:3], strict=True):
        if number in classes:
            cover_T |= (times_T >= onset_s) & (times_T < offset_s)
    return cover_T


def test_a_segment_has_times_label_and_confidence() -> None:
    found = find([[0, 0, 0], [0, 0, 0], [0.1, 0.8, 0], [0, 1, 0], [0, 0, 0]])
    assert list(found.class_N) == [1]
    np.testing.assert_allclose(found.onset_s_N, [HOP_S * (1 + 0.5 / 0.9)], rtol=1e-6)
    np.testing.assert_allclose(found.offset_s_N, [HOP_S * 3.5], rtol=1e-6)
    np.testing.assert_allclose(found.score_N, [0.9], rtol=1e-6)


def test_two_classes_that_add_up_to_sound_are_sound() -> None:
    found = find([[0, 0, 0], [0.4, 0.35, 0], [0.4, 0.35, 0], [0, 0, 0]])
    assert list(found.class_N) == [0]


def test_labels_that_touch_share_a_border() -> None:
    found = find([[0, 0, 0], *[[1, 0, 0]] * 4, *[[0.02, 0.98, 0]] * 4, [0, 0, 0]])
    assert list(found.class_N) == [0, 1]
    assert found.offset_s_N[0] == found.onset_s_N[1] == pytest.approx(HOP_S * (4 + 1 / 1.96), abs=1e-6)


def test_without_splitting_the_majority_names_all() -> None:
    rows = [[0, 0, 0], *[[1, 0, 0]] * 3, *[[0.2, 0.8, 0]] * 4, [0, 0, 0]]
    assert list(find(rows, options=DecodingOptions(split_touching=False)).class_N) == [1]


def test_where_labels_overlap_each_class_is_decoded_by_itself() -> None:
    found = find([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]], OVERLAP)
    assert list(found.class_N) == [0, 1]
    assert found.offset_s_N[0] > found.onset_s_N[1]


def test_sounds_at_the_ends_reach_the_first_and_the_last_sample() -> None:
    found = find([[1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]])
    assert found.onset_s_N[0] == 0.0
    assert found.offset_s_N[1] == build_grid(5).num_samples / 1000


def test_events_are_points_among_the_segments() -> None:
    found = find([[0, 0, 0.9], [0, 0, 0.1], [1, 0, 0], [1, 0, 0.1], [0, 0, 0.8], [0, 0, 0.3]])
    assert list(found.class_N) == [2, 0, 2]
    assert found.onset_s_N[0] == found.offset_s_N[0] == 0.0
    np.testing.assert_allclose(found.score_N[[0, 2]], [0.9, 0.8])


def test_silence_and_nothing_at_all_give_no_annotations() -> None:
    assert len(find(np.zeros((5, 3)))) == len(find(np.zeros((0, 3)))) == 0


OPTIONS = [
    PLAIN,
    DecodingOptions(fill_gap_s=0.03, min_duration_s=0.02),
    DecodingOptions(fill_gap_s=0.015, switch_nats=1.0, refine_borders=False),
    DecodingOptions(min_duration_s=0.03, split_touching=False, event_spacing_s=0.04),
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("layout", [SHARED, OVERLAP])
@pytest.mark.parametrize("seed", range(15))
def test_a_higher_threshold_never_adds_sound(seed: int, layout, options: DecodingOptions) -> None:
    predictions, times_T = draw_predictions(seed, layout), np.arange(0.0, 1.5, 0.0007)
    levels = sorted(np.random.default_rng([seed, 1]).uniform(0.05, 0.95, size=4))
    grid = build_grid(len(predictions))
    before_T = None
    for low, high in ((0, 1), (0, 2), (1, 2), (1, 3), (3, 3)):
        level = options.model_copy(
            update={"low_threshold": levels[low], "high_threshold": levels[high], "event_threshold": levels[high]}
        )
        decoded = decode(predictions, layout, grid, level)
        cover_T = np.stack(
            [measure_cover(decoded, times_T, group) for group in (((0,), (1,)) if layout.overlap else ((0, 1),))]
        )
        assert before_T is None or not (cover_T & ~before_T).any()
        before_T = cover_T


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("layout", [SHARED, OVERLAP])
@pytest.mark.parametrize("seed", range(8))
def test_pieces_of_any_length_give_the_annotations_of_the_whole(seed: int, layout, options: DecodingOptions) -> None:
    predictions = draw_predictions(seed, layout, num_frames=300)
    grid = build_grid(300)
    whole = decode(predictions, layout, grid, options)
    cuts = [0, *sorted(np.random.default_rng([seed, 2]).choice(np.arange(1, 300), size=25, replace=False)), 300]
    runs = [predictions.cut(first, stop) for first, stop in itertools.pairwise(cuts)]
    parts = list(decode_stream(runs, layout, grid, options))
    for found, expected in zip(join_decoded(parts), whole, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_what_is_decided_is_given_out_before_the_end() -> None:
    song = np.zeros((200, 3))
    song[50:60, 0] = song[150:160, 1] = 1.0
    predictions, grid = predict(song), build_grid(200)
    runs = [predictions.cut(first, first + 20) for first in range(0, 200, 20)]
    given = [len(part) for part in decode_stream(runs, SHARED, grid, PLAIN)]
    assert given.index(1) < 5
    assert sum(given) == 2


def test_annotations_lie_in_order_and_within_the_recording() -> None:
    found = decode(draw_predictions(3), SHARED, build_grid(150), PLAIN)
    assert (np.diff(found.onset_s_N) >= 0).all()
    assert (found.onset_s_N >= 0).all()
    assert (found.offset_s_N <= build_grid(150).num_samples / 1000).all()
    assert ((found.score_N > 0) & (found.score_N <= 1)).all()


def test_thresholds_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"low_threshold 0\.6 is above high_threshold 0\.5"):
        DecodingOptions(low_threshold=0.6)
