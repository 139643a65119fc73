"""From pictures with keypoints to a store of posed pictures: everything is read and checked, and poses drawn, once."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import Field

from subsong.core.errors import SubsongError
from subsong.datasets.apart import check_apart
from subsong.datasets.manifest import SourceFile, describe_sources, is_store
from subsong.datasets.part_workers import Progress, divide_rows
from subsong.datasets.parts import StorePlan, check_store_is_free
from subsong.datasets.poses.drawing import PoseSource, draw_poses, hold_pictures
from subsong.datasets.poses.store import KIND, describe_skeleton
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures
from subsong.sources.stickmen import StickmanStyle

_BYTES_PER_PART = 2**30


class PoseStoreReading(PoseReading):
    """How a store of posed pictures is made."""

    stickman: StickmanStyle = Field("port", description="How poses are drawn from keypoints.")


def build_poses(
    source: str | Path,
    out: str | Path,
    reading: PoseStoreReading | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Turn pictures with keypoints into a store of posed pictures, whole or not at all.

    Parameters
    ----------
    source
        A file or folder; see `read_posed_pictures`.
    out
        Folder of the store.
    reading
        How.
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
    reading, tell = reading or PoseStoreReading(), progress or (lambda *_: None)
    source, out = Path(source).expanduser(), Path(out).expanduser()
    check_apart(source, out)
    if is_store(source):
        raise SubsongError(f"{source} is a dataset already: name the pictures it was prepared from")
    check_store_is_free(out.resolve(), overwrite)
    drawn = draw_poses(hold_pictures(read_posed_pictures(source, reading)), reading.stickman)
    parameters = {**reading.model_dump(mode="json"), "joints": describe_skeleton(drawn.skeleton)}
    per_part = max(1, _BYTES_PER_PART // math.prod(drawn.images.item_shape))
    parts = [np.array(rows) for rows in divide_rows(len(drawn.images), per_part)]
    key = hashlib.sha256(drawn.items.write_csv().encode()).hexdigest()
    with StorePlan(out, KIND, parameters, _list_files(source, drawn.items), len(parts), overwrite, key) as plan:
        for part in plan.begin():
            tell("writing pictures", int(parts[part][0]), len(drawn.images))
            plan.write_part(part, _take_arrays(drawn, parts[part]), drawn.items[parts[part]])
        plan.finish()
    tell("writing pictures", len(drawn.images), len(drawn.images))
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
