"""The pictures of the video, one after another.

Legend: K = frames, N = windows, H, W = pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib import font_manager
from matplotlib.colors import to_rgb
from PIL import Image, ImageDraw, ImageFont

from subsong.reports.song_video.marker import Marker
from subsong.reports.song_video.parts import LatentPath
from subsong.reports.song_video.ribbon import Ribbon
from subsong.reports.song_video.stage import BASELINE, Stage
from subsong.reports.song_video.timing import Timing
from subsong.reports.style import INK, MUTED, VERMILLION, find_fonts

_CLOCK_PT, _TICK_PT = 9.0, 7.0
_TICK_SPACING_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_MAX_TICKS = 8
_SLACK = 0.51
"""Share of the distance between two windows within which the nearest one is the one that is shown."""
_MAX_GAP = 1.5
_ROUNDING_S = 1e-9


def find_shown_windows(path: LatentPath, timing: Timing) -> np.ndarray:
    """Return which window each frame shows, int64, shape (K,): the one centred nearest; -1 where none is near.

    None is near beyond the first and last window, and where windows are left out.
    """
    centre_N, moments_K = path.centre_s_N, timing.moments_s_K
    if not len(centre_N):
        return np.full(len(moments_K), -1)
    after_K = np.searchsorted(centre_N, moments_K).clip(1, max(1, len(centre_N) - 1))
    before_K = after_K - 1
    after_K = np.minimum(after_K, len(centre_N) - 1)
    nearest_K = np.where(moments_K - centre_N[before_K] <= centre_N[after_K] - moments_K, before_K, after_K)
    spacing_s = float(np.median(np.diff(centre_N))) if len(centre_N) > 1 else 0.0
    reach_s = _SLACK * max(spacing_s, timing.frame_s)
    return np.where(np.abs(centre_N[nearest_K] - moments_K) <= reach_s, nearest_K, -1)


def find_tails(path: LatentPath, shown_K: np.ndarray, tail_s: float) -> np.ndarray:
    """Return the window at which each frame's tail begins, int64, shape (K,); tails do not cross gaps in the path.

    Parameters
    ----------
    path
        The windows.
    shown_K
        The window each frame shows, at which its tail ends.
    tail_s
        In seconds of the recording.
    """
    centre_N = path.centre_s_N
    gap_N = np.diff(centre_N, prepend=centre_N[0])
    starts_run_N = gap_N > _MAX_GAP * np.median(gap_N[1:]) if len(gap_N) > 1 else np.zeros(1, bool)
    run_start_N = np.maximum.accumulate(np.where(starts_run_N, np.arange(len(centre_N)), 0))
    reached_K = np.searchsorted(centre_N, centre_N[shown_K] - tail_s - _ROUNDING_S)
    return np.asarray(np.maximum(reached_K, run_start_N[shown_K]))


def draw_frames(stage: Stage, ribbon: Ribbon, path: LatentPath, timing: Timing, tail_s: float) -> Iterator[np.ndarray]:
    """Yield the picture of each frame, uint8, shape (H, W, 3); it is overwritten by the next one.

    `tail_s` is in seconds of playing time.
    """
    shown_K = find_shown_windows(path, timing)
    tail_K = find_tails(path, shown_K, tail_s / timing.slow_down)
    marker = Marker(stage.marker_colour, stage.map_box, stage.dots_per_point)
    overlay = Overlay(stage, ribbon, path.window_s)
    pixels = stage.pixels.copy()
    box, map_box = stage.ribbon, stage.map_box
    map_part = np.s_[map_box.top : map_box.bottom, map_box.left : map_box.right]
    for view, moment_s, shown, tail in zip(ribbon.views(), timing.moments_s_K, shown_K, tail_K, strict=True):
        pixels[box.top : box.bottom, box.left : box.right] = view
        overlay.draw(pixels, float(moment_s), shown >= 0)
        pixels[map_part] = stage.pixels[map_part]
        if shown >= 0:
            marker.draw(pixels, stage.path_pixels_N2[tail : shown + 1])
        yield pixels


class Overlay:
    """What is drawn upon and beside the ribbon: the cursor, the window's outline, the time.

    Parameters
    ----------
    stage, ribbon
        Where it is drawn, and at which scale.
    window_s
        Duration of the outlined window.
    """

    def __init__(self, stage: Stage, ribbon: Ribbon, window_s: float) -> None:
        font_path = font_manager.findfont(find_fonts()[0])
        unit = stage.dots_per_point
        self._stage, self._seconds_per_pixel = stage, ribbon.seconds_per_pixel
        self._clock_font = ImageFont.truetype(font_path, round(_CLOCK_PT * unit))
        self._tick_font = ImageFont.truetype(font_path, round(_TICK_PT * unit))
        self._line = max(2, round(unit))
        self._half_window = max(self._line + 1, round(0.5 * window_s / self._seconds_per_pixel))
        view_s = (stage.ribbon.right - stage.ribbon.left) * self._seconds_per_pixel
        self._spacing_s = next((step for step in _TICK_SPACING_S if view_s / step <= _MAX_TICKS), 60.0)
        self._digits = max(1, -int(np.floor(np.log10(self._spacing_s) + 1e-9)) + 1)

    def draw(self, pixels: np.ndarray, moment_s: float, has_window: bool) -> None:
        """Draw upon `pixels`, uint8, shape (H, W, 3), as it is at `moment_s`."""
        box = self._stage.ribbon
        middle = box.left + (box.right - box.left) // 2
        pixels[box.top : box.bottom, middle - self._line // 2 : middle + (self._line + 1) // 2] = _to_bytes(VERMILLION)
        if has_window:
            self._outline(pixels, middle)
        self._write(pixels, moment_s, middle)

    def _outline(self, pixels: np.ndarray, middle: int) -> None:
        box, line, ink = self._stage.ribbon, self._line, _to_bytes(INK)
        left, right = max(box.left, middle - self._half_window), min(box.right, middle + self._half_window)
        pixels[box.top : box.top + line, left:right] = ink
        pixels[box.bottom - line : box.bottom, left:right] = ink
        if left > box.left:
            pixels[box.top : box.bottom, left : left + line] = ink
        if right < box.right:
            pixels[box.top : box.bottom, right - line : right] = ink

    def _write(self, pixels: np.ndarray, moment_s: float, middle: int) -> None:
        """Write the time above the ribbon, and the times of its ticks below."""
        box, unit, still = self._stage.ribbon, self._stage.dots_per_point, self._stage.pixels
        above = slice(0, box.top), slice(box.right - round(0.1 * still.shape[1]), still.shape[1])
        clock = Image.fromarray(still[above])
        text = f"{moment_s:.{self._digits}f} s"
        place = (box.right - above[1].start, round((1 - BASELINE) * still.shape[0]))
        ImageDraw.Draw(clock).text(place, text, fill=INK, font=self._clock_font, anchor="rs")
        pixels[above] = np.asarray(clock)
        below = slice(box.bottom + round(unit), box.bottom + round(13 * unit)), slice(0, still.shape[1])
        ruler = Image.fromarray(still[below])
        pen = ImageDraw.Draw(ruler)
        half_s = (middle - box.left) * self._seconds_per_pixel
        first, last = np.ceil((moment_s - half_s) / self._spacing_s), np.floor((moment_s + half_s) / self._spacing_s)
        for tick in range(max(0, int(first)), int(last) + 1):
            column = middle + (tick * self._spacing_s - moment_s) / self._seconds_per_pixel
            pen.line([(column, 0), (column, round(2.5 * unit))], fill=MUTED, width=max(1, self._line // 2))
            label = f"{tick * self._spacing_s:.{self._digits - 1}f}"
            pen.text((column, round(3.5 * unit)), label, fill=INK, font=self._tick_font, anchor="mt")
        pixels[below] = np.asarray(ruler)


def _to_bytes(colour: str) -> np.ndarray:
    return np.round(255 * np.array(to_rgb(colour))).astype(np.uint8)
