"""The page itself: everything inside one file, nothing fetched, no text read as markup.

A content policy in the page's head lets only our own script run, by its hash, and forbids every connection.

Legend: N = items.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_file
from subsong.reports.sound_map.clips import CLIPS_PER_BLOCK, AudioSource, Clips, build_clips
from subsong.reports.sound_map.colours import build_colours
from subsong.reports.sound_map.columns import build_columns, encode_array
from subsong.reports.sound_map.options import SoundMapOptions
from subsong.reports.sound_map.sprites import SHEET_SIDE, ImageSource, Sprites, build_sprites

_SCRIPTS = (
    *("data", "theme", "view", "mask", "colour", "pictures", "points", "overlay", "sound"),
    *("legend", "item", "selection", "search", "pointer", "keys", "main"),
)
_MEGABYTE = 1e6


def write_sound_map(
    path: str | Path,
    coordinates_N2: np.ndarray,
    table: pl.DataFrame,
    images: ImageSource | None = None,
    audio: AudioSource | None = None,
    title: str = "Sound map",
    options: SoundMapOptions | None = None,
) -> None:
    """Write a map of sounds as one HTML file that needs no network, whole or not at all.

    Parameters
    ----------
    path
        File to write.
    coordinates_N2
        Where the items lie, shape (N, 2), as of `subsong.inference.projection`.
    table
        One row an item, in the same order: the columns to colour by, search in and show.
    images
        Spectrograms in [0, 1] of shape (N, F, T), low frequencies first, or a function that returns those of rows.
    audio
        Returns the samples and the sample rate in hertz of an item, or None.
    title
        Stands at the top.
    options
        See `SoundMapOptions`.

    Raises
    ------
    SubsongError
        When there are no items, coordinates are not finite, the numbers of items differ, or a column is unknown.
    """
    options = options or SoundMapOptions()
    coordinates_N2 = _check_coordinates(coordinates_N2, table)
    num_items = len(table)
    budgets = options.picture_megabytes * _MEGABYTE, options.sound_megabytes * _MEGABYTE
    sprites = (
        None
        if images is None
        else build_sprites(images, coordinates_N2, options.picture_height, budgets[0], options.seed)
    )
    clips = None if audio is None else build_clips(audio, num_items, options.slow_down, budgets[1], options.seed)
    content = _build_content(coordinates_N2, table, sprites, clips, options)
    with atomic_file(path, "w") as file:
        file.writelines(_render(title, options.subtitle, content, sprites, clips))


def _check_coordinates(coordinates_N2: np.ndarray, table: pl.DataFrame) -> np.ndarray:
    points = np.asarray(coordinates_N2, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise SubsongError(f"a map needs coordinates of the shape (items, 2), at least 1 item, not {points.shape}")
    if len(table) != len(points):
        raise SubsongError(f"a map of {len(points)} points needs a table of {len(points)} rows, not {len(table)}")
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(bad):
        raise SubsongError(f"coordinates of row {bad[0]} are not finite ({len(bad)} such rows): leave these rows out")
    return points


def _build_content(
    coordinates_N2: np.ndarray,
    table: pl.DataFrame,
    sprites: Sprites | None,
    clips: Clips | None,
    options: SoundMapOptions,
) -> dict[str, Any]:
    """Return what the script reads, ready for JSON."""
    id_column = _choose_column(table, options.id_column, "id")
    ids = (
        list(map(str, range(len(table))))
        if id_column is None
        else table[id_column].cast(pl.String).fill_null("").to_list()
    )
    columns = build_columns(table if id_column is None else table.drop(id_column))
    # Coordinates of single precision, about their middle: a map far from the origin keeps its detail.
    centre_2 = coordinates_N2.mean(axis=0)
    return {
        "num_items": len(table),
        "points": encode_array(coordinates_N2 - centre_2, "f4"),
        "id_name": id_column or "row",
        "ids": ids,
        "columns": columns,
        "colour_by": _choose_column(table, options.colour_by, "label"),
        "pictures": None if sprites is None else _describe_sprites(sprites),
        "sounds": None if clips is None else _describe_clips(clips),
        "colours": build_colours(),
        "note": options.note,
        "facts": _build_facts(len(table), sprites, clips, options),
    }


def _choose_column(table: pl.DataFrame, wanted: str | None, default: str) -> str | None:
    if wanted is None:
        return default if default in table.columns else None
    if wanted not in table.columns:
        raise SubsongError(f"the table of the map has no column {wanted!r}: {did_you_mean(wanted, table.columns)}")
    return wanted


def _describe_sprites(sprites: Sprites) -> dict[str, Any]:
    size = {"width": sprites.width, "height": sprites.height, "side": SHEET_SIDE}
    return {**size, "place": encode_array(sprites.place_N, "i4")}


def _describe_clips(clips: Clips) -> dict[str, Any]:
    return {"place": encode_array(clips.place_N, "i4"), "per_block": CLIPS_PER_BLOCK, "slow_down": clips.slow_down}


def _build_facts(num_items: int, sprites: Sprites | None, clips: Clips | None, options: SoundMapOptions) -> list[str]:
    """Return what a reader must know about what the file holds, as sentences."""
    facts = []
    if sprites is not None:
        facts.append(_build_share("a picture", int((sprites.place_N >= 0).sum()), num_items, 0, options.seed))
    if clips is not None:
        num_clips = int((clips.place_N >= 0).sum())
        facts.append(_build_share("a sound", num_clips, num_items, clips.num_silent, options.seed))
        facts.append("All sounds are played at the same peak level: loudness cannot be compared.")
        if clips.slow_down != 1.0:
            facts.append(_build_speed(clips.slow_down))
    return facts


def _build_share(what: str, number: int, num_items: int, num_without: int, seed: int) -> str:
    if number == num_items:
        return f"Every item has {what}."
    sample = (
        f", a random sample (seed {seed}) within the file's size budget" if number + num_without < num_items else ""
    )
    return f"{number:,} of {num_items:,} items have {what}{sample}."


def _build_speed(slow_down: float) -> str:
    word, factor = ("slowed", slow_down) if slow_down > 1 else ("sped up", 1 / slow_down)
    ear = "lower" if slow_down > 1 else "higher"
    return f"Sounds are {word} {factor:g} times, and {factor:g} times {ear} than they were."


def _render(
    title: str, subtitle: str, content: dict[str, Any], sprites: Sprites | None, clips: Clips | None
) -> Iterator[str]:
    """Yield the page in pieces: with sounds it may be large."""
    folder = resources.files("subsong.reports.sound_map").joinpath("assets")
    parts = [folder.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    script = '\n"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"
    values = {
        "title": escape(title),
        "subtitle": f'<p class="subtitle">{escape(subtitle)}</p>' if subtitle else "",
        "style": folder.joinpath("page.css").read_text(encoding="utf-8"),
        "hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "script": script,
    }
    before, after = folder.joinpath("page.html").read_text(encoding="utf-8").split("$content")
    yield Template(before).substitute(values)
    yield _build_block("map-data", _to_safe_json(content))
    for number, sheet in enumerate(sprites.sheets if sprites else []):
        yield _build_block(f"sheet-{number}", base64.b64encode(sheet).decode())
    for number, block in enumerate(clips.blocks if clips else []):
        yield _build_block(f"sounds-{number}", block)
    yield Template(after).substitute(values)


def _build_block(address: str, text: str) -> str:
    return f'<script type="text/plain" id="{address}">{text}</script>\n'


def _to_safe_json(value: Any) -> str:
    """Return JSON that cannot end the element it stands in, whatever the texts hold."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
