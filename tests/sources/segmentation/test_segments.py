from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.segmentation.regions import Polygon, Rectangle, select_in_region
from subsong.sources.segmentation.segments import merge_segments

SEGMENTS = np.array([[0.1, 0.2], [0.203, 0.3], [0.5, 0.6], [0.65, 0.66]])


def test_short_gaps_are_closed_and_every_segment_gets_its_shoulders() -> None:
    merged = merge_segments(SEGMENTS, 0.004, left_shoulder_s=0.01, right_shoulder_s=0.02)
    np.testing.assert_allclose(merged, [[0.09, 0.32], [0.49, 0.62], [0.64, 0.68]])


def test_short_segments_are_left_out_after_merging_and_before_shoulders() -> None:
    merged = merge_segments(SEGMENTS, 0.004, 0.1, 0.1, min_duration_s=0.05)
    np.testing.assert_allclose(merged, [[0, 0.4], [0.4, 0.7]])


def test_shoulders_end_with_the_recording() -> None:
    merged = merge_segments(SEGMENTS, 0.0, 0.2, 0.2, recording_duration_s=0.7)
    assert merged.min() == 0
    assert merged.max() == 0.7


def test_order_and_overlap_do_not_matter() -> None:
    mixed = np.array([[0.5, 0.6], [0.1, 0.4], [0.2, 0.3], [0.35, 0.45]])
    np.testing.assert_array_equal(merge_segments(mixed, 0.0), [[0.1, 0.45], [0.5, 0.6]])
    np.testing.assert_array_equal(mixed[0], [0.5, 0.6])


def test_segments_that_touch_stay_apart() -> None:
    assert len(merge_segments(np.array([[0.0, 1.0], [1.0, 2.0]]), 0.0)) == 2


def test_no_segments_merge_to_none() -> None:
    assert merge_segments(np.empty((0, 2)), 0.1).shape == (0, 2)


@pytest.mark.parametrize(
    ("segments", "message"),
    [([[0.2, 0.1]], "segment 0 goes from 0.2 s to 0.1 s"), ([[0.1, np.nan]], "segment 0"), ([[1, 2, 3]], "shape")],
)
def test_what_is_no_segment_is_refused(segments: list, message: str) -> None:
    with pytest.raises(SubsongError, match=message):
        merge_segments(np.array(segments), 0.1)


POINTS = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.5], [np.nan, 0.0], [5.0, 5.0]])


def test_rectangles_hold_their_border() -> None:
    inside = select_in_region(POINTS, [Rectangle(0, 1, 0, 1), Rectangle(4, 6, 4, 6)])
    assert inside.tolist() == [True, True, False, False, True]


def test_a_lasso_holds_what_it_encloses_and_not_its_notch() -> None:
    notch = Polygon([(-1, -1), (3, -1), (3, 2), (1.5, 0.6), (-1, 2)])
    assert select_in_region(POINTS, notch).tolist() == [True, False, True, False, False]


def test_a_point_without_place_lies_nowhere_even_around_zero() -> None:
    assert not select_in_region(np.array([[np.nan, np.nan]]), Polygon([(-1, -1), (1, -1), (0, 1)]))[0]


def test_no_region_selects_nothing() -> None:
    assert not select_in_region(POINTS, []).any()


@pytest.mark.parametrize("region", [Rectangle(1, 0, 0, 1), Polygon([(0, 0), (1, 1)])])
def test_what_is_no_region_is_refused(region: Rectangle | Polygon) -> None:
    with pytest.raises(SubsongError, match=r"rectangle|three corners"):
        select_in_region(POINTS, region)
