"""From pictures with keypoints to a store of posed pictures: everything is read and checked, and poses drawn, once."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import Field

from subsong.datasets.manifest import SourceFile, describe_sources
from subsong.datasets.poses.drawing import PoseSource, draw_poses, hold_pictures
from subsong.datasets.poses.store import KIND, describe_skeleton
from subsong.datasets.store_writing import AS_USUAL, Part, StoreContent, WritingOptions, begin_store, write_store
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures
from subsong.sources.stickmen import StickmanStyle

_BYTES_PER_PART = 2**30


class PoseStoreReading(PoseReading):
    """How a store of posed pictures is made."""

    stickman: StickmanStyle = Field("port", description="How poses are drawn from keypoints.")


def build_poses(
    source: str | Path, out: str | Path, reading: PoseStoreReading | None = None, options: WritingOptions = AS_USUAL
) -> Path:
    """Turn pictures with keypoints into a store of posed pictures, whole or not at all.

    Parameters
    ----------
    source
        A file or folder; see `read_posed_pictures`.
    out
        Folder of the store.
    reading
        How pictures are read.
    options
        How the store is written; one part at a time, as what takes the time has been done before.

    Returns
    -------
    Path
        The store's folder.

    Raises
    ------
    SubsongError
        When nothing can be read or the store cannot be written; nothing that was there is lost.
    """
    source, out = begin_store(source, out, options, "pictures")
    reading = reading or PoseStoreReading()
    drawn = draw_poses(hold_pictures(read_posed_pictures(source, reading)), reading.stickman)
    parameters = {**reading.model_dump(mode="json"), "joints": describe_skeleton(drawn.skeleton)}
    per_part = max(1, _BYTES_PER_PART // math.prod(drawn.images.item_shape))
    content = StoreContent(KIND, parameters, _list_files(source, drawn.items), drawn.items, per_part)

    def compute(rows: range) -> Part:
        return Part(_take_arrays(drawn, np.array(rows)), drawn.items[rows.start : rows.stop])

    write_store(out, content, compute, {}, options._replace(num_workers=1), "writing pictures")
    return out


def _take_arrays(source: PoseSource, rows: np.ndarray) -> dict[str, list[np.ndarray]]:
    assert source.stickmen is not None
    assert source.stickman_N is not None
    arrays = {"x": [source.images.fetch(rows)], "stickman": [source.stickmen.fetch(source.stickman_N[rows])]}
    if source.keypoints_NK2 is not None:
        arrays["keypoints"] = [source.keypoints_NK2[rows].astype(np.float32)]
    return arrays


def _list_files(source: Path, items: pl.DataFrame) -> list[SourceFile]:
    """Return what the pictures were read from, as far as it lies in the source."""
    if source.is_file():
        return describe_sources([source], source.parent)
    named = [source / name for name in items["source"].unique().sort()]
    return describe_sources([path for path in named if path.is_file()], source)
