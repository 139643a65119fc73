import numpy as np
import pytest
from tests.datasets.warps.renditions import make_renditions

from subsong.core.errors import SubsongError
from subsong.datasets.warps.anchors import score_anchors, search_by_anchors
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.warp import Warp, null_warp

MOMENTS = np.array([0.2, 0.45, 0.8])


def mark(warp: Warp) -> np.ndarray:
    """Return when the moments happen in each rendition."""
    num = len(warp.x_knots_NK)
    return warp.to_recording(np.arange(num), np.tile(MOMENTS, (num, 1)))


def test_the_error_of_no_warp_is_how_far_marks_are_from_their_mean() -> None:
    anchors_NA = np.array([[0.2, 0.6], [0.4, 0.8]])
    assert score_anchors(null_warp(2), anchors_NA, duration_s=0.5) == pytest.approx(1000 * 0.5 * 0.1)


def test_the_true_warps_leave_no_error() -> None:
    warp = make_renditions("piecewise").warp
    assert score_anchors(warp, mark(warp), 0.5) == pytest.approx(0.0, abs=1e-9)


def test_squeezing_everything_gains_nothing() -> None:
    anchors_NA = mark(make_renditions("linear", num=10).warp)
    squeezed = Warp(np.tile([0.0, 1.0], (10, 1)), np.tile([0.4, 0.5], (10, 1)))
    assert score_anchors(squeezed, anchors_NA, 0.5) == pytest.approx(score_anchors(null_warp(10), anchors_NA, 0.5))


def test_each_row_is_scored_with_its_own_rendition() -> None:
    """Only the last renditions are marked: taking the first ones' warps would leave an error."""
    warp = make_renditions("shift", num=20).warp
    anchors_NA = mark(warp)
    anchors_NA[:12] = np.nan
    assert score_anchors(warp, anchors_NA, 0.5) == pytest.approx(0.0, abs=1e-9)
    assert score_anchors(warp.select(np.roll(np.arange(20), 12)), anchors_NA, 0.5) > 2.0


def test_single_missing_marks_are_passed_over() -> None:
    warp = make_renditions("shift", num=6).warp
    anchors_NA = mark(warp)
    anchors_NA[2, 0] = anchors_NA[4, 1] = np.nan
    assert score_anchors(warp, anchors_NA, 0.5) == pytest.approx(0.0, abs=1e-9)


def test_the_search_takes_the_candidate_with_the_least_error_and_begins_with_no_warp() -> None:
    made = make_renditions("linear", num=16, spread=2.0)
    anchors_NA = mark(made.warp)
    anchors_NA[:8] = np.nan
    candidates = [WarpConfig(kind="shift", num_iterations=5), WarpConfig(kind="linear", num_iterations=5)]
    calls = []
    found = search_by_anchors(
        made.spec_NTF, anchors_NA, 0.476, candidates, lambda done, total: calls.append((done, total))
    )
    assert found.best == candidates[1]
    assert found.table["kind"].to_list() == ["none", "shift", "linear"]
    assert found.table["error_ms"][0] == pytest.approx(score_anchors(null_warp(16), anchors_NA, 0.476))
    assert found.table["error_ms"][2] < 1.0 < found.table["error_ms"][0]
    assert (found.num_marks, calls) == (24, [(1, 2), (2, 2)])


@pytest.mark.parametrize(
    ("anchors", "words"),
    [
        (np.zeros((3, 2)), "row for each of 4 renditions"),
        (np.full((4, 2), np.nan), "0 anchors are marked"),
        (np.array([[0.1, np.nan]] * 4), "1 anchors are marked"),
        (np.array([[0.1, np.inf]] * 4), "not finite"),
    ],
)
def test_anchors_that_cannot_be_scored_say_why(anchors: np.ndarray, words: str) -> None:
    with pytest.raises(SubsongError, match=words):
        score_anchors(null_warp(4), anchors, 0.5)
