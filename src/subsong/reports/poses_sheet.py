"""A sheet of posed pictures, to see with one's own eyes whether keypoints, joints and sides are right.

Legend: N = pictures, K = joints, C, H, W = channels, height and width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from subsong.reports.pictures import to_pixels
from subsong.reports.style import BLUE, FULL_WIDTH_MM, GREEN, VERMILLION, house_style, new_figure
from subsong.sources.keypoints.types import Side, Skeleton

_SIDE_COLOURS: dict[Side, str] = {"left": BLUE, "centre": GREEN, "right": VERMILLION}
_BYTES = (0.0, 255.0)
_GAP_MM, _LINE_MM, _FOOTER_MM = 1.2, 2.4, 5.0
_CHARACTERS_PER_MM = 0.95
_LABEL_SIZE = 5.5


class ShownPoses(NamedTuple):
    """What a sheet shows.

    Attributes
    ----------
    images
        Pictures, uint8, shape (N, C, H, W).
    stickmen
        The drawn pose of each, uint8, shape (N, C, H, W).
    labels
        A short text above each, of two lines at most.
    keypoints_NK2, skeleton
        Joints in pixels of the pictures, and how they are joined; None where poses came as pictures.
    """

    images: np.ndarray
    stickmen: np.ndarray
    labels: Sequence[str]
    keypoints_NK2: np.ndarray | None = None
    skeleton: Skeleton | None = None


@house_style()
def plot_pose_sheet(shown: ShownPoses, num_columns: int = 8) -> Figure:
    """Draw pictures with their skeleton over them, each above its drawn pose.

    The left side of the animal is blue, the right side red; a side that is swapped, a joint beside its place or an
    axis upside down is seen at once.

    Parameters
    ----------
    shown
        One picture at least.
    num_columns
        Pictures in a row.
    """
    num_pictures, _, height, width = shown.images.shape
    cell_mm = FULL_WIDTH_MM / num_columns - _GAP_MM
    picture_mm = cell_mm * height / width
    header_mm = _LINE_MM * (1 + max(label.count("\n") + 1 for label in shown.labels))
    band_mm = header_mm + 2 * picture_mm + 2 * _GAP_MM
    num_bands = -(-num_pictures // num_columns)
    footer_mm = _FOOTER_MM if shown.skeleton is not None else 0.0
    total_mm = num_bands * band_mm + footer_mm
    figure = new_figure(FULL_WIDTH_MM, total_mm, layout=None)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, FULL_WIDTH_MM), ylim=(total_mm, 0.0), autoscale_on=False)
    axes.set_axis_off()
    for number in range(num_pictures):
        left_mm = number % num_columns * (cell_mm + _GAP_MM) + _GAP_MM / 2
        top_mm = number // num_columns * band_mm + header_mm
        _draw_pose(axes, shown, number, (left_mm, top_mm, cell_mm, picture_mm))
    if shown.skeleton is not None:
        _draw_legend(axes, shown.skeleton)
    return figure


def _draw_pose(axes: Axes, shown: ShownPoses, number: int, box_mm: tuple[float, float, float, float]) -> None:
    """Draw one picture into a box (left, top, width, height), with its label above and its drawn pose below."""
    left_mm, top_mm, width_mm, height_mm = box_mm
    most = int(width_mm * _CHARACTERS_PER_MM)
    label = "\n".join(_shorten(line, most) for line in shown.labels[number].split("\n"))
    axes.text(left_mm, top_mm - 0.8, label, fontsize=_LABEL_SIZE, va="bottom")
    _draw_picture(axes, shown.images[number], box_mm)
    _draw_picture(axes, shown.stickmen[number], (left_mm, top_mm + height_mm + _GAP_MM / 2, width_mm, height_mm))
    if shown.keypoints_NK2 is not None and shown.skeleton is not None:
        scale_mm = width_mm / shown.images.shape[3]
        # Pixel (0, 0) is the centre of the upper left one, half a pixel from the box's corner.
        joints_K2 = (shown.keypoints_NK2[number] + 0.5) * scale_mm + np.array([left_mm, top_mm])
        _draw_skeleton(axes, joints_K2, shown.skeleton)


def _draw_picture(axes: Axes, image_CHW: np.ndarray, box_mm: tuple[float, float, float, float]) -> None:
    left_mm, top_mm, width_mm, height_mm = box_mm
    (pixels_HWC,) = to_pixels(image_CHW[None], _BYTES)
    if pixels_HWC.shape[2] == 1:
        pixels_HWC = pixels_HWC.repeat(3, axis=2)
    extent = (left_mm, left_mm + width_mm, top_mm + height_mm, top_mm)
    axes.imshow(pixels_HWC, extent=extent, interpolation="none", aspect="auto")


def _draw_skeleton(axes: Axes, joints_K2: np.ndarray, skeleton: Skeleton) -> None:
    """Draw joints and edges in the colour of their side; joints that are missing, and edges to them, are left out."""
    is_there_K = np.isfinite(joints_K2).all(axis=1)
    edges = [edge for edge in skeleton.edges if is_there_K[list(edge)].all()]
    colours = [_SIDE_COLOURS[_side_of_edge(skeleton, edge)] for edge in edges]
    axes.add_collection(LineCollection([joints_K2[list(edge)] for edge in edges], colors=colours, linewidths=0.8))
    joint_colours = [_SIDE_COLOURS[side] for side, is_there in zip(skeleton.sides, is_there_K, strict=True) if is_there]
    x_mm, y_mm = joints_K2[is_there_K].T
    axes.scatter(x_mm, y_mm, s=2.5, c=joint_colours, linewidths=0, zorder=3)


def _side_of_edge(skeleton: Skeleton, edge: tuple[int, int]) -> Side:
    first, second = (skeleton.sides[joint] for joint in edge)
    if first == second or second == "centre":
        return first
    return second if first == "centre" else "centre"


def _draw_legend(axes: Axes, skeleton: Skeleton) -> None:
    sides = [side for side in _SIDE_COLOURS if side in skeleton.sides]
    handles = [Line2D([], [], color=_SIDE_COLOURS[side], marker="o", markersize=2.5) for side in sides]
    axes.legend(handles, sides, loc="lower left", ncols=len(sides), borderaxespad=0.2)


def _shorten(label: str, num_characters: int) -> str:
    return label if len(label) <= num_characters else "\N{HORIZONTAL ELLIPSIS}" + label[1 - num_characters :]
