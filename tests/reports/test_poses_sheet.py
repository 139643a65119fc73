"""The sheet of posed pictures."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection, PathCollection

from subsong.reports.poses_sheet import ShownPoses, plot_pose_sheet
from subsong.sources.keypoints.types import Skeleton

SKELETON = Skeleton(("nose", "left", "right"), ((0, 1), (0, 2)), ("centre", "left", "right"))
KEYPOINTS = np.array([[[0, 0], [7, 3], [np.nan, np.nan]], [[1, 1], [2, 2], [3, 3]]], np.float32)
IMAGES = np.zeros((2, 3, 4, 8), np.uint8)


def test_joints_lie_on_the_centres_of_their_pixels() -> None:
    figure = plot_pose_sheet(ShownPoses(IMAGES, IMAGES, ["a", "b"], KEYPOINTS, SKELETON))
    (axes,) = figure.axes
    joints = next(part for part in axes.collections if isinstance(part, PathCollection)).get_offsets()
    left, right, bottom, top = axes.images[0].get_extent()
    pixel = (right - left) / 8
    # The upper left pixel, and the lower right one of a picture of 4 rows and 8 columns.
    assert np.allclose(joints, [[left + pixel / 2, top + pixel / 2], [right - pixel / 2, bottom - pixel / 2]])


def test_edges_to_missing_joints_are_left_out() -> None:
    figure = plot_pose_sheet(ShownPoses(IMAGES, IMAGES, ["a", "b"], KEYPOINTS, SKELETON))
    lines = [part for part in figure.axes[0].collections if isinstance(part, LineCollection)]
    assert [len(part.get_segments()) for part in lines] == [1, 2]


def test_each_picture_stands_above_its_drawn_pose_under_its_label() -> None:
    drawn = np.full((2, 1, 4, 8), 255, np.uint8)
    figure = plot_pose_sheet(ShownPoses(IMAGES, drawn, ["first", "a name that is far too long for one picture"]))
    (axes,) = figure.axes
    assert [image.get_array().max() for image in axes.images] == [0, 255, 0, 255]
    first, second = (text.get_text() for text in axes.texts)
    assert first == "first"
    assert second.startswith("\N{HORIZONTAL ELLIPSIS}")
    assert second.endswith("for one picture")
    assert axes.get_legend() is None
