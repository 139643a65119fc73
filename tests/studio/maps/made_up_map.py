"""A small map folder, written as its format says, without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from subsong.core.files import write_json
from subsong.projects.maps.folder import FORMAT, IMAGES_NAME, ITEMS_NAME, MAP_NAME

HEIGHT, WIDTH = 12, 16


def write_map(path: Path, items: pl.DataFrame, kinds: dict[str, str], images: np.ndarray | None, **more: Any) -> Path:
    """Write a map of items (x, y, then columns) with pictures, uint8, shape (N, H, W) or (N, H, W, 3), or none."""
    path.mkdir(parents=True)
    items.write_parquet(path / ITEMS_NAME)
    size = None
    if images is not None:
        np.save(path / IMAGES_NAME, images)
        size = {"file": IMAGES_NAME, "height": images.shape[1], "width": images.shape[2]}
        size["channels"] = 3 if images.ndim == 4 else 1
    columns = [{"name": name, "kind": kinds.get(name, "number")} for name in items.columns[2:]]
    what = {"format": FORMAT, "title": path.name, "num_items": len(items), "noun": more["kind"].rstrip("s")}
    write_json(path / MAP_NAME, {**what, "columns": columns, "image": size, **more})
    return path


def draw_ramps(num_items: int) -> np.ndarray:
    """Return grey ramps, each as bright as its item's number."""
    ramp = np.linspace(0, 200, HEIGHT)[None, :, None] + np.arange(num_items)[:, None, None]
    return np.broadcast_to(ramp, (num_items, HEIGHT, WIDTH)).astype(np.uint8)


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
    return write_map(path, table, kinds, draw_ramps(num_items), kind="syllables", colour_by="label", has_sound=True)


def write_windows(path: Path, recording: str, num_windows: int) -> Path:
    """Write a map of the windows of two songs of a recording, each on a circle of its own."""
    onsets = 0.05 * np.arange(num_windows)
    is_second = np.arange(num_windows) >= num_windows // 2
    turn = 4 * np.pi * np.arange(num_windows) / num_windows
    table = pl.DataFrame(
        {
            "x": (np.cos(turn) + 3 * is_second).astype(np.float32),
            "y": np.sin(turn).astype(np.float32),
            "recording": [recording] * num_windows,
            "channel": pl.Series([None] * num_windows, dtype=pl.Int64),
            "onset_s": onsets,
            "offset_s": onsets + 0.1,
            "trajectory": np.where(is_second, "song 2", "song 1"),
        }
    )
    kinds, more = {"recording": "text", "trajectory": "category"}, {"has_sound": True, "path_column": "trajectory"}
    return write_map(path, table, kinds, draw_ramps(num_windows), kind="windows", **more)


def write_checklists(path: Path, num_lists: int) -> Path:
    """Write a map of lists of birds, which has no pictures: list n has n + 1 species."""
    species = ["Turdus merula", "Parus major", "Sitta europaea", "Strix aluco", "Corvus corax", "Pica pica"]
    table = pl.DataFrame(
        {
            "x": np.arange(num_lists).astype(np.float32),
            "y": (np.arange(num_lists) % 3).astype(np.float32),
            "list": [f"S{100 + number}" for number in range(num_lists)],
            "num_species": np.arange(1, num_lists + 1),
            "species": [", ".join(species[: number + 1]) for number in range(num_lists)],
            "date": [f"2024-05-{number + 1:02}" for number in range(num_lists)],
        }
    )
    kinds = {"list": "text", "species": "text", "date": "text"}
    return write_map(path, table, kinds, None, kind="checklists", noun="list", colour_by="num_species")


def write_pictures(path: Path, num_pictures: int) -> Path:
    """Write a map of pictures in colour of two persons: one is red, one is blue."""
    images = np.zeros((num_pictures, HEIGHT, HEIGHT, 3), np.uint8)
    images[::2, :, :, 0], images[1::2, :, :, 2] = 220, 220
    table = pl.DataFrame(
        {
            "x": np.arange(num_pictures).astype(np.float32),
            "y": (np.arange(num_pictures) % 3).astype(np.float32),
            "source": [f"{number:03}.png" for number in range(num_pictures)],
            "identity": ["red" if number % 2 == 0 else "blue" for number in range(num_pictures)],
        }
    )
    kinds = {"source": "text", "identity": "category"}
    return write_map(path, table, kinds, images, kind="pictures", colour_by="identity")
