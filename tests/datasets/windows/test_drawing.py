"""Where windows begin: by duration, never in silence, never across a border."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.core.seeds import numpy_generator
from subsong.datasets.windows.axes import PlainTimes
from subsong.datasets.windows.drawing import cut_in_time, draw_windows, find_stretches, keep_loud, tile_windows

WINDOW_S = 0.1


def make_axis(*regions: tuple[float, float]) -> PlainTimes:
    onset, offset = zip(*regions, strict=True)
    table = pl.DataFrame(
        {"onset_s": onset, "offset_s": offset}, schema=dict.fromkeys(("onset_s", "offset_s"), pl.Float64)
    )
    return PlainTimes(table, WINDOW_S, 11)


class FakeFrames:
    """Frames every 10 ms from 0 on, of which some are loud."""

    def __init__(self, loud_s: list[float], duration_s: float) -> None:
        self.times = np.arange(0, duration_s, 0.01)
        self.peaks = np.isclose(self.times[:, None], loud_s).any(axis=1).astype(np.float32)

    def compute_times(self, region: int) -> np.ndarray:
        return self.times

    def fetch_peaks(self, region: int) -> np.ndarray:
        return self.peaks


def test_regions_are_drawn_by_their_duration() -> None:
    stretches = find_stretches(make_axis((0.0, 1.0), (5.0, 8.0)))
    drawn = draw_windows(stretches, 40_000, numpy_generator(0, "test"))
    assert np.mean(drawn.region_N == 1) == pytest.approx(0.75, abs=0.01)


def test_starts_are_uniform_between_the_first_and_the_last_that_fit() -> None:
    stretches = find_stretches(make_axis((2.0, 3.0)))
    start_N = draw_windows(stretches, 20_000, numpy_generator(0, "test")).start_N
    assert start_N.min() >= 2.0
    assert start_N.max() <= 2.9
    counts, _ = np.histogram(start_N, bins=9, range=(2.0, 2.9))
    assert np.abs(counts / 20_000 - 1 / 9).max() < 0.01


def test_a_region_shorter_than_a_window_is_never_drawn_and_one_as_long_always_whole() -> None:
    stretches = find_stretches(make_axis((0.0, 0.05), (0.7, 0.8)))
    drawn = draw_windows(stretches, 100, numpy_generator(0, "test"))
    assert set(drawn.region_N) == {1}
    assert drawn.start_N == pytest.approx(np.full(100, 0.7))


def test_columns_span_the_window_and_do_not_leave_the_region() -> None:
    axis = make_axis((0.0, 1.0))
    times_NT = axis.times(np.array([0, 0]), np.array([0.3, 0.9 + 1e-12]))
    assert times_NT[0] == pytest.approx(np.linspace(0.3, 0.4, 11))
    assert times_NT.max() <= 1.0


def test_windows_without_a_loud_frame_are_never_drawn_and_all_others_are() -> None:
    frames, axis = FakeFrames([0.5, 2.0], 4.0), make_axis((0.0, 3.0))
    stretches = keep_loud(find_stretches(axis), frames, WINDOW_S, 0.5)  # type: ignore[arg-type]
    assert np.stack([stretches.low_M, stretches.high_M]) == pytest.approx(np.array([[0.4, 1.9], [0.5, 2.0]]))
    start_N = draw_windows(stretches, 1000, numpy_generator(0, "test")).start_N
    loud = (np.abs(start_N + 0.05 - 0.5) <= 0.0501) | (np.abs(start_N + 0.05 - 2.0) <= 0.0501)
    assert loud.all()


def test_leaving_out_silence_draws_as_drawing_again_would() -> None:
    """Compared with drawing a region by duration and a start within it, again and again until it is loud."""
    frames, axis = FakeFrames([0.5, 1.5], 4.0), make_axis((0.0, 1.0), (1.0, 3.0))
    stretches = keep_loud(find_stretches(axis), frames, WINDOW_S, 0.5)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    region_N = rng.choice(2, 200_000, p=[1 / 3, 2 / 3])
    start_N = np.where(region_N == 0, rng.uniform(0, 0.9, 200_000), rng.uniform(1.0, 2.9, 200_000))
    is_loud = (np.abs(start_N - 0.45) <= 0.05) | (np.abs(start_N - 1.45) <= 0.05)
    expected = np.mean(region_N[is_loud] == 0)
    assert stretches.weight_M[stretches.region_M == 0].sum() / stretches.weight_M.sum() == pytest.approx(
        expected, abs=0.01
    )


def test_silence_alone_leaves_nothing_to_draw() -> None:
    stretches = keep_loud(find_stretches(make_axis((0.0, 3.0))), FakeFrames([], 4.0), WINDOW_S, 0.5)  # type: ignore[arg-type]
    assert len(stretches.region_M) == 0


def test_parts_in_time_share_no_sound_and_cover_the_rest() -> None:
    stretches = find_stretches(make_axis((0.0, 10.0), (20.0, 21.0)))
    parts = dict(cut_in_time(stretches, WINDOW_S, {"train": 0.8, "validation": 0.1, "test": 0.1}))
    train, validation, test = parts.values()
    assert train.high_M[0] + WINDOW_S == pytest.approx(8.0)
    assert validation.low_M == pytest.approx([8.0, 20.8])
    assert (validation.low_M >= train.high_M + WINDOW_S - 1e-9).all()
    assert test.high_M[0] + WINDOW_S == pytest.approx(10.0)


def test_tiles_follow_each_other_and_stay_inside() -> None:
    stretches = find_stretches(make_axis((0.0, 1.0), (3.0, 3.25)))
    tiles = tile_windows(stretches, WINDOW_S)
    assert tiles.start_N == pytest.approx([*np.arange(10) * 0.1, 3.0, 3.1])
    assert tiles.region_N.tolist() == [0] * 10 + [1, 1]


def test_equal_generators_draw_equal_windows() -> None:
    stretches = find_stretches(make_axis((0.0, 1.0), (5.0, 8.0)))
    first, second, other = (draw_windows(stretches, 50, numpy_generator(seed, "test")) for seed in (1, 1, 2))
    assert np.array_equal(first.start_N, second.start_N)
    assert not np.array_equal(first.start_N, other.start_N)
