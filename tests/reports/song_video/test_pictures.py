"""What is seen: the ribbon, the point and its tail, the stage, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.reports.song_video.frames import draw_frames, find_shown_windows, find_tails
from subsong.reports.song_video.marker import Marker
from subsong.reports.song_video.options import SongVideoOptions
from subsong.reports.song_video.parts import LatentPath, MapPoints, Song
from subsong.reports.song_video.ribbon import Ribbon
from subsong.reports.song_video.stage import Box, Stage, draw_stage
from subsong.reports.song_video.timing import Timing, choose_timing
from subsong.reports.style import INK, VERMILLION

CLICK_S = 1.0
TIMING = Timing(0.5, 1.5, 1.0, 20)


def show_click(times_s: np.ndarray) -> np.ndarray:
    return np.tile(np.abs(times_s - CLICK_S) < 0.005, (16, 1)).astype(np.float32)


def build_path(step_s: float = 0.01, window_s: float = 0.1) -> LatentPath:
    start_s = np.arange(0.0, 2.0 - window_s + 1e-9, step_s)
    after = start_s + 0.5 * window_s >= CLICK_S - 1e-9
    return LatentPath(start_s, window_s, np.stack([after.astype(float), np.zeros(len(start_s))], axis=1))


def build_stage(labels: np.ndarray | None = None, title: str = "a title") -> Stage:
    song = Song(
        lambda start, stop: np.zeros(stop - start, np.float32), 64_000, 32_000, show_click, np.arange(16) * 500.0
    )
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    return draw_stage(song, build_path(), MapPoints(corners, labels, "class", "four points"), title, "real time", 720)


def test_ultrasound_is_slowed_ten_times_unless_options_say_otherwise() -> None:
    pace = [choose_timing(0.0, 1.0, rate, SongVideoOptions()).slow_down for rate in (32_000, 250_000)]
    assert pace == [1.0, 10.0]
    assert choose_timing(0.0, 1.0, 250_000, SongVideoOptions(slow_down=4)).num_frames == 120
    assert choose_timing(0.0, 1.0, 250_000, SongVideoOptions(shift=8)).num_frames == 30


@pytest.mark.parametrize("slow_down", [1.0, 10.0])
def test_the_ribbon_shows_each_moment_where_the_cursor_is(slow_down) -> None:
    timing = Timing(0.5, 1.5, slow_down, 20)
    ribbon = Ribbon(show_click, timing, 3.0, 600, 40)
    views = [view.copy() for view in ribbon.views()]
    assert len(views) == timing.num_frames
    frame = round((CLICK_S - timing.start_s) / timing.frame_s)
    for offset in (-3, 0, 3):
        dark = np.flatnonzero(views[frame + offset].mean(axis=(0, 2)) < 100)
        assert dark.mean() == pytest.approx(300 - offset * ribbon.step, abs=0.51)


def test_the_ribbon_is_painted_in_blocks() -> None:
    asked: list[int] = []

    def picture(times_s: np.ndarray) -> np.ndarray:
        asked.append(len(times_s))
        return np.zeros((16, len(times_s)), np.float32)

    for _ in Ribbon(picture, Timing(0.0, 60.0, 1.0, 30), 3.0, 1200, 20).views():
        pass
    assert max(asked) == 2048


def test_a_frame_shows_the_window_centred_nearest_and_none_where_there_is_none() -> None:
    path = LatentPath(np.array([0.6, 0.7, 0.8, 1.2, 1.3]), 0.1, np.zeros((5, 2)))
    shown = find_shown_windows(path, Timing(0.5, 1.5, 1.0, 20))
    moments = 0.5 + np.arange(20) / 20
    at_centres = [int(np.abs(moments - centre_s).argmin()) for centre_s in path.centre_s_N]
    assert shown[at_centres].tolist() == [0, 1, 2, 3, 4]
    assert np.abs(moments - path.centre_s_N[shown])[shown >= 0].max() <= 0.051
    assert (shown[moments < 0.59] == -1).all()
    assert (shown[(moments > 0.91) & (moments < 1.19)] == -1).all()
    assert (shown[moments > 1.41] == -1).all()


def test_tails_last_as_long_as_asked_and_do_not_cross_gaps() -> None:
    start_s = np.concatenate([np.arange(50), np.arange(80, 130)]) * 0.01
    path = LatentPath(start_s, 0.1, np.zeros((100, 2)))
    assert find_tails(path, np.array([0, 5, 40, 49, 50, 60, 99]), 0.2).tolist() == [0, 0, 20, 29, 50, 50, 79]
    single = LatentPath(np.array([0.3]), 0.1, np.zeros((1, 2)))
    assert find_tails(single, np.array([0]), 0.2).tolist() == [0]


def test_the_point_is_drawn_at_its_place_to_a_part_of_a_pixel_and_stays_in_its_box() -> None:
    marker = Marker(INK, Box(10, 10, 190, 90), 2.0)
    for place in ([100.0, 50.0], [100.5, 50.25]):
        pixels = np.full((100, 200, 3), 128, np.uint8)
        marker.draw(pixels, np.array([place]))
        weight = (128 - pixels[..., 0].astype(float)).clip(0)
        rows, columns = np.indices(weight.shape) + 0.5
        middle = (weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()
        assert middle == pytest.approx(place, abs=0.2)
    pixels = np.full((100, 200, 3), 128, np.uint8)
    marker.draw(pixels, np.array([[5.0, 5.0], [195.0, 95.0], [400.0, -50.0]]))
    inside = np.zeros((100, 200), bool)
    inside[10:90, 10:190] = True
    assert (pixels[~inside] == 128).all()
    assert (pixels[inside] != 128).any()


def test_the_tail_fades_from_the_point_backwards() -> None:
    pixels = np.full((60, 400, 3), 255, np.uint8)
    Marker(INK, Box(0, 0, 400, 60), 2.0).draw(pixels, np.stack([np.linspace(20, 360, 18), np.full(18, 30.0)], axis=1))
    greys = pixels[30, 30:330:20, 0].astype(int)
    assert (np.diff(greys) <= 0).all()
    assert greys[0] > 230
    assert greys[-1] < 90


def test_the_point_jumps_in_the_frame_of_the_click() -> None:
    stage, path = build_stage(), build_path()
    box = stage.ribbon
    ribbon = Ribbon(show_click, TIMING, 3.0, box.right - box.left, box.bottom - box.top)
    left, right = (stage.path_pixels_N2[window] for window in (0, -1))
    seen = []
    for pixels in draw_frames(stage, ribbon, path, TIMING, 0.0):
        places = [pixels[round(row), round(column)].tolist() for column, row in (left, right)]
        seen.append([abs(place[0] - 213) < 4 and place[2] < 10 for place in places])  # vermillion
    moments = np.array(TIMING.moments_s_K)
    assert [side for side, _ in seen] == (moments < CLICK_S - 1e-9).tolist()
    assert [side for _, side in seen] == (moments >= CLICK_S - 1e-9).tolist()


def test_places_on_the_map_are_where_the_points_are_drawn() -> None:
    stage = build_stage()
    column, row = np.round(stage.path_pixels_N2[0]).astype(int)
    assert stage.pixels.shape == (720, 1280, 3)
    assert (stage.pixels[row, column] < 250).any()
    assert (stage.pixels[row + 30, column + 30] == 255).all()


def test_the_point_has_a_colour_that_no_class_has() -> None:
    assert build_stage().marker_colour == VERMILLION
    assert build_stage(np.array(["a", "b", "", "b"])).marker_colour == INK


def test_many_classes_long_names_and_odd_letters_are_drawn() -> None:
    song = Song(lambda start, stop: np.zeros(stop - start), 64_000, 32_000, show_click, np.arange(16) * 5000.0)
    places = np.random.default_rng(0).normal(size=(300, 2))
    labels = np.array([f"class of a very long name {row % 40}" for row in range(300)])
    points = MapPoints(places, labels, "$x$ " * 20, "caption " * 90)
    stage = draw_stage(song, build_path(), points, "title_$a " * 20, "real time", 1080)
    assert stage.pixels.shape == (1080, 1920, 3)
