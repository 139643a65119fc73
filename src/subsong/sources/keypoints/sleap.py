"""SLEAP's analysis files: tracks of keypoints in HDF5; the frames' pictures lie elsewhere.

Legend: A = tracks, K = joints (nodes), T = frames, N = rows, one for each track in each frame that shows it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.frames import find_frames
from subsong.sources.keypoints.hdf5 import open_hdf5, read_array, read_texts
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.raw import RawPoses, raw_items
from subsong.sources.keypoints.skeletons import guess_sides
from subsong.sources.keypoints.types import Skeleton


def read_sleap(path: Path, reading: PoseReading) -> RawPoses:
    """Read an analysis file.

    Parameters
    ----------
    path
        HDF5 with ``tracks``, shape (A, 2, K, T), NaN where missing; ``node_names``; and maybe ``edge_inds``, shape
        (edges, 2), ``track_names`` and ``point_scores``, shape (A, K, T). Each track is an identity. A frame is a row
        for each track with a joint in it.
    reading
        Of its settings `pictures` applies, see `find_frames`.

    Raises
    ------
    SubsongError
        When a dataset is missing or does not fit the others, or the pictures do not fit the frames.
    """
    with open_hdf5(path) as file:
        tracks_A2KT = read_array(path, file, "tracks").astype(np.float64)
        joints, track_names = read_texts(file, "node_names"), read_texts(file, "track_names")
        scores_AKT = read_array(path, file, "point_scores") if "point_scores" in file else None
        edges = read_array(path, file, "edge_inds") if "edge_inds" in file else np.zeros((0, 2), int)
    if tracks_A2KT.ndim != 4 or tracks_A2KT.shape[1:3] != (2, len(joints)):
        raise SubsongError(
            f"{path}: tracks have shape {tracks_A2KT.shape}, expected (tracks, 2, {len(joints)}, frames) for the "
            f"{len(joints)} names in node_names: export it from SLEAP again"
        )
    has_joint_AKT: np.ndarray = np.isfinite(tracks_A2KT.sum(axis=1))
    is_seen_TA: np.ndarray = np.any(has_joint_AKT, axis=1).T
    frame_N, track_N = np.nonzero(is_seen_TA)
    frames = find_frames(path, reading, frame_N.tolist(), len(is_seen_TA))
    names = _name_tracks(track_names, len(tracks_A2KT))
    has_scores = scores_AKT is not None and scores_AKT.shape == tracks_A2KT[:, 0].shape
    return RawPoses(
        path,
        [f"frame {frame}" for frame in frame_N],
        raw_items(
            frames.sources, identity=[names[track] for track in track_N], frame=[str(frame) for frame in frame_N]
        ),
        frames.pictures,
        joints,
        tracks_A2KT[track_N, :, :, frame_N].transpose(0, 2, 1),
        confidence_NK=scores_AKT[track_N, :, frame_N] if has_scores and scores_AKT is not None else None,
        skeleton=Skeleton(joints, _check_edges(path, edges, len(joints)), guess_sides(joints)),
    )


def _name_tracks(names: tuple[str, ...], num_tracks: int) -> list[str | None]:
    """Return the name of each track; a single one without a name is no identity."""
    if len(names) == num_tracks and all(names):
        return list(names)
    return [None] if num_tracks == 1 else [f"track-{number}" for number in range(num_tracks)]


def _check_edges(path: Path, edges: np.ndarray, num_joints: int) -> tuple[tuple[int, int], ...]:
    if edges.size and not (edges.shape[1:] == (2,) and edges.min() >= 0 and edges.max() < num_joints):
        raise SubsongError(f"{path}: edge_inds must hold pairs of joints, 0 to {num_joints - 1}: export it again")
    if not edges.size:
        return ()
    return tuple((int(first), int(second)) for first, second in edges)
