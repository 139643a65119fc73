"""Crops of a picture normalised to the parts of the body: the appearance of each part, whatever the pose.

Legend: N = pictures, C = channels, H, W = height and width, K = joints, P = parts, S = side of a crop, M = parts
that are seen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.types import Skeleton
from subsong.sources.stickmen.boxes import find_part_corners
from subsong.sources.stickmen.draw import check_keypoints

_PIXELS_A_BLOCK = 2**17
_FLAT = 1e-6
"""A part whose corners span less than this share of a square is no area that could be cropped."""


class _Warps(NamedTuple):
    """From the unit square to parts: x = (a u + b v + c) / (g u + h v + 1), y likewise; shape (N, P) each."""

    x_NP3: np.ndarray
    y_NP3: np.ndarray
    g_NP: np.ndarray
    h_NP: np.ndarray
    is_seen_NP: np.ndarray


def crop_parts(
    images_NCHW: np.ndarray, keypoints_NK2: np.ndarray, skeleton: Skeleton, part_size: int = 64
) -> np.ndarray:
    """Cut out every part of every body, each warped to a square.

    Parameters
    ----------
    images_NCHW
        uint8.
    keypoints_NK2
        x and y of each joint in pixels, NaN where missing.
    skeleton
        Whose parts `list_parts` names.
    part_size
        Side S of a crop in pixels.

    Returns
    -------
    np.ndarray
        uint8, shape (N, parts * C, S, S), the channels of a part next to one another. Black where joints that the part
        needs are missing, or where they lie on one line.

    Raises
    ------
    SubsongError
        When the size is below 1, or pictures and keypoints do not fit each other or the skeleton.

    Notes
    -----
    Perspective warps with bilinear interpolation; outside of the picture its border goes on. Crops much smaller than
    the part in the picture skip pixels, as in the reference.
    """
    keypoints_NK2 = check_keypoints(keypoints_NK2, skeleton)
    _check_images(images_NCHW, len(keypoints_NK2), part_size)
    num, channels, height, _ = images_NCHW.shape
    warps = _find_warps(find_part_corners(keypoints_NK2, skeleton, height))
    num_parts = warps.g_NP.shape[1]
    crops = np.zeros((num, num_parts, channels, part_size, part_size), np.uint8)
    step = max(1, _PIXELS_A_BLOCK // max(1, num_parts * part_size**2))
    for start in range(0, num, step):
        block = slice(start, start + step)
        picture_M, part_M = np.nonzero(warps.is_seen_NP[block])
        seen = _Warps(*(field[block][picture_M, part_M] for field in warps))
        crops[block][picture_M, part_M] = _sample(images_NCHW[block], picture_M, *_find_places(seen, part_size))
    return crops.reshape(num, num_parts * channels, part_size, part_size)


def _check_images(images_NCHW: np.ndarray, num: int, part_size: int) -> None:
    if part_size < 1:
        raise SubsongError(f"crops of parts should have at least one pixel a side, not {part_size}")
    if images_NCHW.ndim != 4 or images_NCHW.dtype != np.uint8 or len(images_NCHW) != num:
        raise SubsongError(
            f"pictures should be uint8 of shape (N, C, H, W) with N = {num} as the keypoints have, not "
            f"{images_NCHW.dtype} of shape {images_NCHW.shape}"
        )


def _find_warps(corners_NP42: np.ndarray) -> _Warps:
    """Return the warps of the unit square onto parts, after Heckbert (1989), section 2.2.3."""
    first, second, third, fourth = (corners_NP42[..., corner, :] for corner in range(4))
    from_third_NP2, from_fourth_NP2, rest_NP2 = second - third, fourth - third, first - second + third - fourth
    area_NP = _cross(from_third_NP2, from_fourth_NP2)
    length_NP = (corners_NP42.max(axis=2) - corners_NP42.min(axis=2)).max(axis=-1)
    is_seen_NP = np.abs(area_NP) > _FLAT * length_NP**2  # false where a corner is NaN
    divisor_NP = np.where(is_seen_NP, area_NP, 1)
    g_NP = _cross(rest_NP2, from_fourth_NP2) / divisor_NP
    h_NP = _cross(from_third_NP2, rest_NP2) / divisor_NP
    x_NP3, y_NP3 = (
        np.stack(
            [
                second[..., axis] - first[..., axis] + g_NP * second[..., axis],
                fourth[..., axis] - first[..., axis] + h_NP * fourth[..., axis],
                first[..., axis],
            ],
            axis=-1,
        )
        for axis in (0, 1)
    )
    return _Warps(x_NP3, y_NP3, g_NP, h_NP, is_seen_NP)


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    crossed: np.ndarray = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    return crossed


def _find_places(seen: _Warps, part_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y in the picture of every pixel of the crops of M parts, float32, shape (M, S, S) each."""
    place_S = (np.arange(part_size) + 0.5) / part_size
    u_1S, v_S1 = place_S[None, :], place_S[:, None]
    g_M, h_M = seen.g_NP[:, None, None], seen.h_NP[:, None, None]
    depth = g_M * u_1S + h_M * v_S1 + 1
    # Corners that cross over have a horizon in the crop; what lies there comes from the border.
    depth = np.where(np.abs(depth) < _FLAT, _FLAT, depth)
    planes = (seen.x_NP3[:, None, None], seen.y_NP3[:, None, None])
    x, y = ((plane[..., 0] * u_1S + plane[..., 1] * v_S1 + plane[..., 2]) / depth for plane in planes)
    return x.astype(np.float32), y.astype(np.float32)


def _sample(images_NCHW: np.ndarray, picture_M: np.ndarray, x_MSS: np.ndarray, y_MSS: np.ndarray) -> np.ndarray:
    """Return pictures at places between pixels, bilinear, uint8, shape (M, C, S, S)."""
    channels, height, width = images_NCHW.shape[1:]
    left, right_share = _find_pixels(x_MSS, width)
    top, down_share = _find_pixels(y_MSS, height)
    place = picture_M[:, None, None] * (channels * height * width) + top * width + left
    # What follows the last pixel is read with share 0, where a picture is one pixel wide or high.
    flat = np.concatenate([images_NCHW.ravel(), np.zeros(width + 1, np.uint8)]).astype(np.float32)
    crops = np.empty((len(picture_M), channels, *x_MSS.shape[1:]), np.uint8)
    for channel in range(channels):
        above, below = (
            _mix(flat[first:].take(place), flat[first + 1 :].take(place), right_share)
            for first in (channel * height * width, channel * height * width + width)
        )
        crops[:, channel] = np.rint(_mix(above, below, down_share))
    return crops


def _find_pixels(places: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel before each place, never the last one, and how far on towards the next the place is, 0 to 1."""
    places = np.clip(places, 0, size - 1)
    before = np.minimum(places.astype(np.int64), max(size - 2, 0))
    return before, (places - before).astype(np.float32)


def _mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    mixed: np.ndarray = first + share * (second - first)
    return mixed
