"""Whether a made picture shows whom it should: its nearest true picture in the same pose is of the right identity.

Legend: N = made pictures, K = true pictures in one pose, each of another identity, C, H, W = channels, height, width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.datasets.poses.dataset import PoseDataset
from subsong.evaluation.poses.scores import Pictures, iterate_blocks


class TruePictures(NamedTuple):
    """Pictures among which the nearest is looked for.

    Attributes
    ----------
    images
        uint8, shape (M, C, H, W).
    items
        One row a picture: ``identity`` and ``pose``, null where unknown.
    """

    images: np.ndarray
    items: pl.DataFrame


class IdentityScores(NamedTuple):
    """How often the right identity was met.

    Attributes
    ----------
    is_right
        By method: 1 where the nearest true picture is of the right identity, 0 where not, NaN where nothing could be
        told, shape (N,).
    chance_N
        What guessing reaches: 1 / K.
    """

    is_right: dict[str, np.ndarray]
    chance_N: np.ndarray


def take_true_pictures(data: PoseDataset, rows: np.ndarray | None = None) -> TruePictures:
    """Return pictures of a dataset, or some rows of them, to look for the nearest in."""
    items = data.items.select("identity", "pose")
    if rows is None:
        return TruePictures(data.images_NCHW, items)
    return TruePictures(data.images_NCHW[rows], items[rows])


def score_identity(
    made: Mapping[str, Pictures], items: pl.DataFrame, rows_N: np.ndarray, truths: Sequence[TruePictures]
) -> IdentityScores:
    """Return for each made picture whether the nearest true one in its pose is of the right identity.

    Parameters
    ----------
    made
        By method: pictures; NaN where none was made.
    items
        ``identity`` and ``pose`` each should show, in order.
    rows_N
        Which of them are asked about.
    truths
        True pictures; of several of one identity in one pose, the first counts.

    Notes
    -----
    Nearness is Euclidean distance over pixels. Something can be told of a picture when its pose has a name, and true
    pictures of two identities or more, its own among them, show that pose. The fewer there are, the easier the
    question: read the share beside `IdentityScores.chance_N`.
    """
    scores = IdentityScores({name: np.full(len(rows_N), np.nan) for name in made}, np.full(len(rows_N), np.nan))
    places = _find_places(truths)
    asked = items.select("identity", "pose")[rows_N].with_row_index("at").drop_nulls()
    for (pose,), group in asked.group_by("pose", maintain_order=True):
        number_of = {identity: number for number, identity in enumerate(places.get(str(pose), {}))}
        group = group.filter(pl.col("identity").is_in(list(number_of)))
        if len(number_of) < 2 or group.is_empty():
            continue
        true_KD = np.stack([_scale(truths[set_].images[row]) for set_, row in places[str(pose)].values()])
        own_N = np.array([number_of[identity] for identity in group["identity"]])
        at_N = group["at"].to_numpy()
        scores.chance_N[at_N] = 1 / len(number_of)
        for name, pictures in made.items():
            scores.is_right[name][at_N] = _match(pictures, rows_N[at_N], true_KD, own_N)
    return scores


def _find_places(truths: Sequence[TruePictures]) -> dict[str, dict[str, tuple[int, int]]]:
    """Return of each pose where its true pictures are, by identity: number of the set and row in it."""
    places: dict[str, dict[str, tuple[int, int]]] = {}
    for number, truth in enumerate(truths):
        for row, (identity, pose) in enumerate(truth.items.select("identity", "pose").iter_rows()):
            if identity is not None and pose is not None:
                places.setdefault(pose, {}).setdefault(identity, (number, row))
    return places


def _scale(image: np.ndarray) -> np.ndarray:
    return np.asarray(image.reshape(-1) / 127.5 - 1.0)


def _match(pictures: Pictures, rows: np.ndarray, true_KD: np.ndarray, own_N: np.ndarray) -> np.ndarray:
    """Return 1.0 where picture `rows` is nearest to its own true picture, 0.0 where not, NaN where it is none."""
    is_right_N = np.full(len(rows), np.nan)
    for block in iterate_blocks(len(rows)):
        made_ND = np.asarray(pictures[rows[block]], dtype=np.float64).reshape(len(block), -1)
        distance_NK = (true_KD**2).sum(axis=1) - 2 * made_ND @ true_KD.T
        is_right = (distance_NK.argmin(axis=1) == own_N[block]).astype(np.float64)
        is_right_N[block] = np.where(np.isfinite(distance_NK).all(axis=1), is_right, np.nan)
    return is_right_N
