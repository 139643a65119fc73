"""Stickmen a second, against the same shapes drawn one after the other with Pillow's ImageDraw.

Both styles, people of 15 joints in random poses, on one thread, turn by turn. Pillow draws whole pixels without
smooth edges; the share of pixels in which the two agree to a quarter of full brightness is printed beside the ratio.

``python -m benchmarks.stickmen [ROUNDS]``
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from PIL import Image, ImageDraw

from subsong.sources.stickmen import StickmanStyle, draw_stickmen
from subsong.sources.stickmen.marks import Mark, Pen, choose_pen, list_marks
from subsong.synthesis.figures import FigureOptions, make_figures

NUM_POSES = 400
STYLES: tuple[StickmanStyle, ...] = ("port", "original")
SIZES = (64, 256)


def draw_with_pillow(keypoints_NK2: np.ndarray, marks: list[Mark], pen: Pen, size: int) -> np.ndarray:
    """Return the stickmen, uint8, shape (N, 3, size, size)."""
    stickmen = np.empty((len(keypoints_NK2), 3, size, size), np.uint8)
    for row, joints_K2 in enumerate(keypoints_NK2):
        channels = [Image.new("L", (size, size)) for _ in range(3)]
        pencils = [ImageDraw.Draw(channel) for channel in channels]
        for mark in marks:
            points = [tuple(joints_K2[list(joints)].mean(axis=0).tolist()) for joints in mark.points]
            for pencil, value in zip(pencils, mark.colour, strict=True):
                if value is not None:
                    draw_mark(pencil, points, value, pen)
        stickmen[row] = [np.asarray(channel) for channel in channels]
    return stickmen


def draw_mark(pencil: ImageDraw.ImageDraw, points: list[tuple[float, ...]], value: int, pen: Pen) -> None:
    if len(points) == 1:
        (x, y), radius = points[0], pen.disc_radius
        pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=value)
    elif len(points) == 2:
        pencil.line(points, fill=value, width=round(pen.line_width))
    else:
        pencil.polygon(points, fill=value)


def time_case(style: StickmanStyle, size: int, num_rounds: int) -> None:
    options = FigureOptions(num_figures=1, num_poses=NUM_POSES, size=(16, 16))
    made = make_figures(options, seed=0)
    keypoints_NK2 = (made.keypoints_NK2 + 0.5) * (size / 16) - 0.5
    marks, pen = list_marks(made.skeleton, style), choose_pen((size, size), style)
    routes = {
        "pillow": lambda: draw_with_pillow(keypoints_NK2, marks, pen, size),
        "subsong": lambda: draw_stickmen(keypoints_NK2, made.skeleton, (size, size), style),
    }
    theirs, ours = (route().astype(int) for route in routes.values())
    rates: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(num_rounds):
        for name, route in routes.items():
            start = time.perf_counter()
            route()
            rates[name].append(NUM_POSES / (time.perf_counter() - start))
    ratio = statistics.median(our / their for our, their in zip(rates["subsong"], rates["pillow"], strict=True))
    pillow, subsong = (statistics.median(rates[name]) for name in ("pillow", "subsong"))
    agree = (np.abs(theirs - ours) < 64).mean()
    print(
        f"{style:<8} {size:3} x {size:3}: Pillow {pillow:6,.0f} /s, ours {subsong:6,.0f} /s, {ratio:4.1f} times; "
        f"{agree:.1%} of values agree",
        flush=True,
    )


def main() -> None:
    num_rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for style in STYLES:
        for size in SIZES:
            time_case(style, size, num_rounds)


if __name__ == "__main__":
    main()
