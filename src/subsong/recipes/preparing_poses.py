"""Preparing pictures with keypoints, and looking at what was prepared before a network is trained on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.config_files import read_config
from subsong.core.overrides import Overrides
from subsong.core.progress import Progress
from subsong.core.seeds import numpy_generator
from subsong.core.words import count_noun
from subsong.datasets.poses.building import PoseStoreReading, build_poses
from subsong.datasets.poses.counting import count_missing, count_poses
from subsong.datasets.poses.drawing import PoseSource
from subsong.datasets.poses.store import load_poses
from subsong.datasets.store_writing import WritingOptions
from subsong.recipes.console import open_console
from subsong.reports.poses_sheet import ShownPoses, plot_pose_sheet
from subsong.reports.style import save_figure

SHEET_NAME = "sheet.png"
_NUM_SHOWN = 24
_NUM_JOINTS = 10


def prepare_poses(
    source: str | Path,
    out: str | Path,
    overrides: Overrides | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Turn pictures with keypoints into a store, whole or not at all, and draw a sheet of some of them into it.

    Parameters
    ----------
    source
        A file or folder of pictures with keypoints.
    out
        Folder of the store; beside the store's own files it holds ``sheet.png``.
    overrides
        ``{"size": 64}``; see `PoseStoreReading`.
    overwrite
        Replace the store that is there.
    progress
        Told what is done, how much of it is done and how much there is.

    Returns
    -------
    Path
        The store's folder.

    Raises
    ------
    SubsongError
        When nothing can be read or the store cannot be written; nothing that was there is lost.
    """
    reading = read_config(PoseStoreReading, overrides=overrides)
    path = build_poses(source, out, reading, WritingOptions(overwrite, progress))
    save_figure(plot_pose_sheet(choose_shown(load_poses(path))), path / SHEET_NAME)
    return path


def choose_shown(source: PoseSource, num_shown: int = _NUM_SHOWN) -> ShownPoses:
    """Return some of the pictures for a sheet, drawn by chance, the same each time, in order."""
    assert source.stickmen is not None
    assert source.stickman_N is not None
    num_pictures = len(source.images)
    rows = np.sort(numpy_generator(0, "sheet").choice(num_pictures, min(num_shown, num_pictures), replace=False))
    keypoints_NK2 = None if source.keypoints_NK2 is None else source.keypoints_NK2[rows]
    stickmen = source.stickmen.fetch(source.stickman_N[rows])
    return ShownPoses(source.images.fetch(rows), stickmen, _label(source.items, rows), keypoints_NK2, source.skeleton)


def _label(items: pl.DataFrame, rows: np.ndarray) -> list[str]:
    """Return who is seen, where there are several, and in which pose; or else from where a picture is."""
    several, sources = items["identity"].n_unique() > 1, items["source"]
    labels = []
    for row in items[rows].iter_rows(named=True):
        known = [row["identity"] if several else None, row["pose"]]
        place = [Path(row["source"]).name] if sources.n_unique() > 1 else []
        place += [f"row {row['row']}"] if sources.is_duplicated().any() else []
        labels.append("\n".join([text for text in known if text is not None] or place))
    return labels


def inspect_poses(path: str | Path) -> tuple[pl.DataFrame, list[str]]:
    """Look at a store of posed pictures.

    Returns
    -------
    The table of identities (``identity``, ``num_pictures``, ``num_poses``), and lines for people.

    Raises
    ------
    SubsongError
        When there is no such store.
    """
    source = load_poses(path)
    identities = (
        source.items.group_by("identity")
        .agg(pl.len().alias("num_pictures"), pl.col("pose").drop_nulls().n_unique().alias("num_poses"))
        .sort("identity")
    )
    return identities, list(_describe(Path(path), source, identities))


def print_poses(path: Path) -> pl.DataFrame:
    """Print what a store of posed pictures holds; return the table of its identities."""
    identities, lines = inspect_poses(path)
    console = open_console()
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return identities


def _describe(path: Path, source: PoseSource, identities: pl.DataFrame) -> Iterator[str]:
    num_channels, height, width = source.images.item_shape
    colour = "grey" if num_channels == 1 else "colour"
    yield (
        f"{path}: {count_noun(len(source.images), 'picture')} of {height} x {width} pixels (height x width), {colour}; "
        f"{_count_identities(identities.height)}, {count_noun(count_poses(source), 'pose')}"
    )
    yield from _describe_joints(source)
    counts = identities["num_pictures"].to_list()
    fewest, most = min(counts), max(counts)
    yield f"pictures of an identity: {fewest:,}" + (f" to {most:,}" if most != fewest else "")
    num_single = identities.filter(pl.col("num_pictures") < 2).height
    if num_single:
        yield (
            f"{_count_identities(num_single)} with one picture only: no other picture shows their appearance, so "
            "training needs data.pairing=same, data.pairing=any or data.on_single=self"
        )


def _describe_joints(source: PoseSource) -> Iterator[str]:
    joints = count_missing(source)
    if joints is None or source.skeleton is None:
        yield "poses are pictures: there are no keypoints, so appearance cannot be cut into parts"
        return
    missing = joints.filter(pl.col("num_missing") > 0).sort("num_missing", "joint", descending=[True, False])
    share = joints["num_missing"].sum() / (joints.height * len(source.images))
    found = f"{share:.1%} of all joints are missing" if missing.height else "no joint is missing"
    yield (
        f"{count_noun(joints.height, 'joint')} ({source.skeleton.layout}), "
        f"{count_noun(len(source.skeleton.edges), 'edge')}; {found}"
    )
    if missing.height:
        listed = ", ".join(f"{joint} in {num:,}" for joint, num in missing.head(_NUM_JOINTS).iter_rows())
        more = f" and {missing.height - _NUM_JOINTS} more" if missing.height > _NUM_JOINTS else ""
        yield f"missing: {listed}{more}"


def _count_identities(number: int) -> str:
    return "1 identity" if number == 1 else f"{number:,} identities"
