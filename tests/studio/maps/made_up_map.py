"""A small map folder, written as its format says, without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from subsong.core.files import write_json
from subsong.projects.maps.folder import FORMAT, IMAGES_NAME, ITEMS_NAME, MAP_NAME

HEIGHT, WIDTH = 12, 16


def write_map(path: Path, items: pl.DataFrame, kinds: dict[str, str], **more: Any) -> Path:
    """Write a map whose pictures are grey ramps, each as bright as its item's number."""
    path.mkdir(parents=True)
    items.write_parquet(path / ITEMS_NAME)
    ramp = np.linspace(0, 200, HEIGHT)[None, :, None] + np.arange(len(items))[:, None, None]
    np.save(path / IMAGES_NAME, np.broadcast_to(ramp, (len(items), HEIGHT, WIDTH)).astype(np.uint8))
    columns = [{"name": name, "kind": kinds.get(name, "number")} for name in items.columns[2:]]
    image = {"file": IMAGES_NAME, "height": HEIGHT, "width": WIDTH, "channels": 1}
    what = {"format": FORMAT, "title": path.name, "noun": "syllable", "num_items": len(items)}
    write_json(path / MAP_NAME, {**what, "columns": columns, "image": image, **more})
    return path


def write_syllables(path: Path, syllables: pl.DataFrame) -> Path:
    """Write a map of annotations (recording, onset_s, offset_s, label), side by side on the map."""
    num_items = len(syllables)
    places = pl.DataFrame(
        {"x": np.arange(num_items), "y": np.arange(num_items) % 3}, schema=dict(x=pl.Float32, y=pl.Float32)
    )
    sounds = syllables.select(
        "recording",
        pl.lit(None, pl.Int64).alias("channel"),
        "onset_s",
        "offset_s",
        "label",
        pl.lit("blue12").alias("bird"),
    )
    kinds = {"recording": "text", "label": "category", "bird": "category"}
    table = pl.concat([places, sounds], how="horizontal")
    return write_map(path, table, kinds, kind="syllables", colour_by="label", has_sound=True)


def write_windows(path: Path, recording: str, num_windows: int) -> Path:
    """Write a map of the windows of one song, one after the other."""
    onsets = 0.05 * np.arange(num_windows)
    table = pl.DataFrame(
        {
            "x": np.cos(onsets).astype(np.float32),
            "y": np.sin(onsets).astype(np.float32),
            "recording": [recording] * num_windows,
            "channel": pl.Series([None] * num_windows, dtype=pl.Int64),
            "onset_s": onsets,
            "offset_s": onsets + 0.1,
            "trajectory": ["song"] * num_windows,
        }
    )
    kinds = {"recording": "text", "trajectory": "category"}
    return write_map(path, table, kinds, kind="windows", has_sound=True, path_column="trajectory")
