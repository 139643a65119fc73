"""Routes of the Map page: ``/api/maps``, and below it each map's points, columns, pictures and sounds.

Legend: N = items of the map.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import read_json
from subsong.projects.maps.folder import MAP_NAME, MapColumn
from subsong.reports.sound_map.clips import choose_slow_down
from subsong.sources.audio import read_audio_info
from subsong.studio.answers import answer_json, read_query
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.maps.changes import build_change_routes
from subsong.studio.maps.columns import describe_column, pack, pack_column
from subsong.studio.maps.pictures import encode_picture
from subsong.studio.maps.requests import ColumnQuery, ImageQuery, ItemQuery, OpeningQuery, SoundQuery
from subsong.studio.maps.shelf import Now, OpenMap, Shelf, check_items
from subsong.studio.maps.sounds import MARGIN_S, Stretch, encode_sound
from subsong.studio.maps.tags import TAG_COLUMN

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

_SUMMARY = ("title", "kind", "noun", "num_items")
_KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}


def build_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes of maps."""
    from starlette.routing import Route

    shelf = Shelf(context)
    reading = MapReading(context, shelf)
    return [
        Route("/api/maps", reading.list_maps),
        Route("/api/map-opening", reading.send_opening),
        Route("/api/maps/{name}", reading.describe),
        Route("/api/maps/{name}/column", reading.send_column),
        Route("/api/maps/{name}/image", reading.send_image),
        Route("/api/maps/{name}/item", reading.send_item),
        Route("/api/maps/{name}/sound", reading.send_sound),
        *build_change_routes(context, shelf),
    ]


class MapReading:
    """Answers that change nothing."""

    def __init__(self, context: StudioContext, shelf: Shelf) -> None:
        self._context, self._shelf = context, shelf

    def list_maps(self, request: Request) -> Response:
        """Return the maps there are; one that cannot be opened says why."""
        return answer_json(self._summarise_all())

    def _summarise_all(self) -> list[dict[str, Any]]:
        return [self._summarise(name) for name in self._shelf.list_names()]

    def _summarise(self, name: str) -> dict[str, Any]:
        try:
            said = read_json(self._shelf.find_place(name) / MAP_NAME)
            return {"name": name, **{key: said[key] for key in _SUMMARY}, "problem": None}
        except (SubsongError, KeyError, TypeError) as error:
            problem = str(error) if isinstance(error, SubsongError) else f"{name}/{MAP_NAME} is damaged: draw it again"
            return {"name": name, "title": name, "kind": None, "noun": "", "num_items": 0, "problem": problem}

    def send_opening(self, request: Request) -> Response:
        """Return all that a map's first picture waits for: the maps there are, one of them, points, and their colours.

        The header has ``maps`` as `list_maps`, ``map`` as `describe`, null where there is none, and ``column`` as
        `send_column`, null for one colour; after it come x, y of each item in turn, then the numbers of the column.
        """
        query, maps = read_query(request, OpeningQuery), self._summarise_all()
        name = query.name or next((one["name"] for one in maps if one["problem"] is None), None)
        if name is None:
            return _answer_bytes(pack({"maps": maps, "map": None, "column": None}))
        opened = self._shelf.find(name)
        now = self._shelf.refresh(opened)
        colour = _choose_colour(opened, now, query.colour)
        column, values = (None, None) if colour is None else describe_column(now.items[colour.name], colour.kind)
        header = {"maps": maps, "map": self._describe(opened, now), "column": column}
        return _answer_bytes(pack(header, _list_points(opened), *([] if values is None else [values])))

    def describe(self, request: Request) -> Response:
        """Return what a map says of itself, and what was changed since it was drawn."""
        opened = self._find(request)
        return answer_json(self._describe(opened, self._shelf.refresh(opened)))

    def _describe(self, opened: OpenMap, now: Now) -> dict[str, Any]:
        return {
            **opened.folder.description.model_dump(mode="json"),
            "columns": [column.model_dump(mode="json") for column in _list_columns(opened, now.items)],
            "name": opened.name,
            "version": opened.version,
            "can_change_labels": opened.has_annotations and not self._context.read_only,
            "removed": sorted(now.removed),
            "num_relabelled": now.num_relabelled,
        }

    def send_column(self, request: Request) -> Response:
        """Return a column as it is now, as `columns` packs it."""
        opened = self._find(request)
        name = read_query(request, ColumnQuery).column
        items = self._shelf.refresh(opened).items
        column = next((one for one in _list_columns(opened, items) if one.name == name), None)
        if column is None:
            raise NotFoundError(f"the map {opened.name} has no column {name!r}: reload the page")
        return _answer_bytes(pack_column(items[column.name], column.kind))

    def send_image(self, request: Request) -> Response:
        """Return the picture of an item as PNG."""
        opened, query = self._find(request), read_query(request, ImageQuery)
        check_items(opened, (query.item,))
        if opened.folder.images is None:
            raise NotFoundError(f"the map {opened.name} has no pictures")
        theme = None if opened.folder.description.kind == "pictures" else query.theme
        content = encode_picture(opened.folder.images[query.item], theme)
        return _answer_bytes(content, "image/png", is_kept=query.v == opened.version)

    def send_item(self, request: Request) -> Response:
        """Return all that is known of an item."""
        opened, query = self._find(request), read_query(request, ItemQuery)
        check_items(opened, (query.item,))
        now = self._shelf.recall(opened)
        values = now.items.row(query.item, named=True)
        recording = self._context.recordings().get(str(values.get("recording")))
        speed = None if recording is None else _find_speed(recording.path)
        more = {"is_removed": query.item in now.removed, "is_at_hand": speed is not None, "speed": speed}
        return answer_json({**_to_texts(values), **more})

    def send_sound(self, request: Request) -> Response:
        """Return the sound of an item, or of the whole trajectory it belongs to, as wav."""
        opened, query = self._find(request), read_query(request, SoundQuery)
        check_items(opened, (query.item,))
        items = opened.folder.items
        if not {"recording", "channel", "onset_s", "offset_s"} <= set(items.columns):
            raise NotFoundError(f"the map {opened.name} has no sounds")
        part = items[[query.item]]
        column = opened.folder.description.path_column
        if query.whole and column is not None:
            part = items.filter(pl.col(column) == part[column][0])
        stretch = Stretch(
            self._context.find_recording(part["recording"][0]).path,
            part["channel"][0],
            float(part["onset_s"].min()),  # type: ignore[arg-type]
            float(part["offset_s"].max()),  # type: ignore[arg-type]
        )
        margin_s = 0.0 if query.whole else MARGIN_S
        return _answer_bytes(encode_sound(stretch, margin_s), "audio/wav", is_kept=query.v == opened.version)

    def _find(self, request: Request) -> OpenMap:
        return self._shelf.find(request.path_params["name"])


def _list_points(opened: OpenMap) -> np.ndarray:
    """Return x and y of each item, float32, shape (N, 2)."""
    return opened.folder.items.select("x", "y").to_numpy().astype(np.float32, copy=False)


def _choose_colour(opened: OpenMap, now: Now, wanted: str | None) -> MapColumn | None:
    """Return the column that is asked for, else the map's own; None where that is none, or a text."""
    columns = {column.name: column for column in _list_columns(opened, now.items)}
    chosen = columns.get(wanted or "") or columns.get(opened.folder.description.colour_by or "")
    return None if chosen is None or chosen.kind == "text" else chosen


def _answer_bytes(content: bytes, media_type: str = "application/octet-stream", is_kept: bool = False) -> Response:
    from starlette.responses import Response

    return Response(content, media_type=media_type, headers=_KEPT if is_kept else None)


@functools.lru_cache(maxsize=4096)
def _find_speed(path: Path) -> float | None:
    """Return the seconds of a recording that are heard in one second; None where it cannot be read."""
    try:
        return 1.0 / choose_slow_down(read_audio_info(path).sample_rate_hz)
    except SubsongError:
        return None


def _to_texts(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a row with dates and the like as text."""
    return {name: one if isinstance(one, int | float | None) else str(one) for name, one in values.items()}


def _list_columns(opened: OpenMap, items: pl.DataFrame) -> list[MapColumn]:
    """Return the columns of a map; tags are one where there are any."""
    columns = list(opened.folder.description.columns)
    if TAG_COLUMN in items.columns and TAG_COLUMN not in opened.folder.items.columns:
        columns.append(MapColumn(name=TAG_COLUMN, kind="category"))
    return columns
