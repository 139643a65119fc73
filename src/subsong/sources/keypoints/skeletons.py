"""How joints are joined: the two layouts of people, skeletons in files, and what is guessed where nothing is said.

Legend: N = pictures, K = joints.
"""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Iterable, Sequence

import numpy as np

from subsong.sources.keypoints.types import Side, Skeleton

_SIDES: dict[str, Side] = {"l": "left", "left": "left", "r": "right", "right": "right"}
_SWAP = str.maketrans("lrLR", "rlRL")
# "eyeL" is eye and L, "foreLegR2" is fore, Leg, R and 2.
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def guess_sides(names: Sequence[str]) -> tuple[Side, ...]:
    """Guess the side of each joint from its name.

    Parameters
    ----------
    names
        Of all joints. A word ``left``, ``right``, ``L`` or ``R`` tells (``left_ear``, ``eyeL``, ``r_hip``), the words
        may be written together (``leftear``), and a single letter glued to the name (``lankle``) tells where the same
        name exists with the other letter.

    Returns
    -------
    tuple of Side
        Length K; ``centre`` where nothing tells.
    """
    known = frozenset(names)
    return tuple(_guess_side(name, known) for name in names)


def _guess_side(name: str, names: frozenset[str]) -> Side:
    for word in _WORDS.findall(name):
        if word.lower() in _SIDES:
            return _SIDES[word.lower()]
    lower = name.lower()
    for word in ("left", "right"):
        if lower.startswith(word) or lower.endswith(word):
            return _SIDES[word]
    for place in (0, len(name) - 1):
        letter = name[place : place + 1]
        other = name[:place] + letter.translate(_SWAP) + name[place + 1 :]
        if letter.lower() in _SIDES and other in names:
            return _SIDES[letter.lower()]
    return "centre"


def build_skeleton(
    names: Iterable[str], edges: Iterable[Sequence[str]], body: Iterable[str] = (), layout: str = "own"
) -> Skeleton:
    """Return a skeleton whose edges and body are given by names, and whose sides are guessed from them."""
    names = tuple(names)
    number = {name: index for index, name in enumerate(names)}
    pairs = tuple((number[first], number[second]) for first, second in edges)
    return Skeleton(names, pairs, guess_sides(names), tuple(number[name] for name in body), layout)


def _chains(*chains: str) -> list[tuple[str, str]]:
    """Return the edges along chains of joints, each written as names with blanks between."""
    return [edge for chain in chains for edge in itertools.pairwise(chain.split())]


def _layout(name: str, joints: str, body: str, *chains: str) -> Skeleton:
    return build_skeleton(joints.split(), _chains(*chains), body.split(), name)


PEOPLE_15 = _layout(
    "people15",
    "rankle rknee rhip rshoulder relbow rwrist reye lankle lknee lhip lshoulder lelbow lwrist leye cnose",
    "lhip lshoulder rshoulder rhip",
    "rankle rknee rhip rshoulder relbow rwrist",
    "lankle lknee lhip lshoulder lelbow lwrist",
    "reye cnose leye",
)
"""The joints of VUNet's original data, in its order."""

OPENPOSE_18 = _layout(
    "openpose18",
    "nose neck rshoulder relbow rwrist lshoulder lelbow lwrist rhip rknee rankle lhip lknee lankle reye leye rear lear",
    "neck rshoulder rhip lhip lshoulder",
    "rshoulder relbow rwrist",
    "rshoulder rhip rknee rankle",
    "rear reye nose leye lear",
    "nose neck",
    "lshoulder lelbow lwrist",
    "lshoulder lhip lknee lankle",
)
"""The joints of OpenPose's COCO model, in its order."""


def join_nearest(keypoints_NK2: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Return the edges that join all joints with the least length in all: a minimum spanning tree.

    Parameters
    ----------
    keypoints_NK2
        x and y of the joints in N pictures, NaN where missing. Joints lie as far apart as they do in the median of the
        pictures that show both; joints that no picture shows together are not joined.

    Notes
    -----
    Prim's algorithm; of equally near joints the first is taken, so the same keypoints give the same edges.
    """
    distances_KK = _median_distances(keypoints_NK2)
    num_joints = len(distances_KK)
    joined = {0} if num_joints else set()
    edges: list[tuple[int, int]] = []
    while len(joined) < num_joints:
        inside, outside = sorted(joined), [joint for joint in range(num_joints) if joint not in joined]
        near = distances_KK[np.ix_(inside, outside)]
        row, column = np.unravel_index(int(near.argmin()), near.shape)
        if np.isfinite(near[row, column]):
            edges.append((inside[row], outside[column]))
            joined.add(outside[column])
        else:
            # Nothing is seen together with what is joined so far: begin a tree of its own.
            joined.add(outside[0])
    return tuple(edges)


def _median_distances(keypoints_NK2: np.ndarray) -> np.ndarray:
    """Return the median distance of every two joints, shape (K, K), infinite where never seen together."""
    num_joints = keypoints_NK2.shape[1]
    distances_KK = np.full((num_joints, num_joints), np.inf)
    for joint in range(num_joints):
        apart_NK = np.linalg.norm(keypoints_NK2 - keypoints_NK2[:, joint, None], axis=2)
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            median_K = np.nanmedian(apart_NK, axis=0) if len(apart_NK) else np.full(num_joints, np.nan)
        distances_KK[joint] = np.where(np.isnan(median_K), np.inf, median_K)
    np.fill_diagonal(distances_KK, np.inf)
    return distances_KK
