"""Routes of what is done with a selection of a map: tag it, send it on, take it away; and of drawing a new map.

Labels are changed by the routes of annotations, which a selection reaches through its places.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.manifest import is_store
from subsong.projects.maps.folder import is_map
from subsong.studio.answers import answer_json, read_body
from subsong.studio.context import StudioContext
from subsong.studio.errors import ConflictError, NotFoundError
from subsong.studio.maps.export import TABLE, export_annotations, export_table
from subsong.studio.maps.requests import Exporting, NewMap, Selection, Tagging
from subsong.studio.maps.sent import SENT_NAME, SENT_SCHEMA, add_sent
from subsong.studio.maps.shelf import OpenMap, Shelf, check_items

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

RECORDINGS = "recordings"


def build_change_routes(context: StudioContext, shelf: Shelf) -> list[BaseRoute]:
    """Return the routes of what changes a map, or makes something of it."""
    from starlette.routing import Route

    changes = MapChanges(context, shelf)
    return [
        Route("/api/maps", changes.draw, methods=["POST"]),
        Route("/api/map-sources", changes.list_sources),
        Route("/api/maps/{name}/places", changes.list_places, methods=["POST"]),
        Route("/api/maps/{name}/tags", changes.tag, methods=["POST"]),
        Route("/api/maps/{name}/send", changes.send, methods=["POST"]),
        Route("/api/maps/{name}/export", changes.export, methods=["POST"]),
    ]


class MapChanges:
    """Answers to what is done with a selection."""

    def __init__(self, context: StudioContext, shelf: Shelf) -> None:
        self._context, self._shelf = context, shelf
        self._lock = threading.Lock()

    def list_places(self, request: Request) -> Response:
        """Return where in the recordings items are, and at which revision their documents are now."""
        opened, selection = self._find(request), read_body(request, Selection)
        places = _list_places(opened, check_items(opened, selection.items))
        names = places["recording"].unique(maintain_order=True).to_list()
        known = self._context.recordings()
        missing = [name for name in names if name not in known]
        if missing:
            raise NotFoundError(
                f"the project has no recording {missing[0]!r}, which the map {opened.name} was drawn of"
            )
        revisions = {name: self._context.documents.load(name).revision for name in names}
        return answer_json({"intervals": places.to_dicts(), "revisions": revisions})

    def tag(self, request: Request) -> Response:
        """Give items a tag, or take theirs away."""
        opened, tagging = self._find(request), read_body(request, Tagging)
        items = check_items(opened, tagging.items)
        self._shelf.tag(opened, tuple(items), tagging.tag)
        return answer_json({"num_changed": len(items)})

    def send(self, request: Request) -> Response:
        """Put items at the head of the queue of what is to be looked at."""
        opened, selection = self._find(request), read_body(request, Selection)
        places = _list_places(opened, check_items(opened, selection.items))
        with self._lock:
            num_added = add_sent(self._context.project.studio_dir / SENT_NAME, places)
        return answer_json({"num_sent": places.height, "num_added": num_added, "first": places.row(0, named=True)})

    def export(self, request: Request) -> Response:
        """Return items as a file to download."""
        from starlette.responses import Response

        opened, wanted = self._find(request), read_body(request, Exporting)
        numbers = check_items(opened, wanted.items)
        now = self._shelf.refresh(opened)
        items = now.items[numbers]
        if wanted.format == TABLE:
            made = export_table(opened.name, items)
        elif opened.has_annotations:
            kept = items.filter(pl.Series([number not in now.removed for number in numbers]))
            recordings = self._context.recordings()
            made = export_annotations(
                opened.name, kept, wanted.format, lambda name: recordings[name].path if name in recordings else None
            )
        else:
            raise SubsongError(f"items of the map {opened.name} are no annotations: take them away as {TABLE}")
        disposition = f'attachment; filename="{made.name}"'
        return Response(made.content, media_type=made.media_type, headers={"Content-Disposition": disposition})

    def list_sources(self, request: Request) -> Response:
        """Return the runs and the data that a new map can be drawn of."""
        return answer_json({"runs": self._list_runs(), "data": [RECORDINGS, *self._list_datasets()]})

    def draw(self, request: Request) -> Response:
        """Start drawing a map in a process of its own."""
        wanted = read_body(request, NewMap)
        folder = self._shelf.find_place(wanted.name)
        if is_map(folder):
            raise ConflictError(f"there is a map {wanted.name!r} already: choose another name")
        run = _choose("run", wanted.run, self._list_runs())
        data = _choose("data", wanted.data, [RECORDINGS, *self._list_datasets()])
        project = self._context.project
        source = project.recordings_dir if data == RECORDINGS else project.datasets_dir / data
        arguments = ["map", str(project.runs_dir / run), str(source), "--folder", str(folder)]
        return answer_json(
            {"job": self._context.jobs.start("map", f"Map {wanted.name}", arguments), "name": wanted.name}
        )

    def _list_runs(self) -> list[str]:
        folder = self._context.project.runs_dir
        runs = [path for path in folder.iterdir() if (path / "config.yaml").is_file()] if folder.is_dir() else []
        return [path.name for path in sorted(runs, key=lambda path: path.stat().st_mtime, reverse=True)]

    def _list_datasets(self) -> list[str]:
        folder = self._context.project.datasets_dir
        return sorted(path.name for path in folder.iterdir() if is_store(path)) if folder.is_dir() else []

    def _find(self, request: Request) -> OpenMap:
        return self._shelf.find(request.path_params["name"])


def _list_places(opened: OpenMap, items: list[int]) -> pl.DataFrame:
    """Return where in the recordings items are, columns as in `SENT_SCHEMA`."""
    table = opened.folder.items
    if not set(SENT_SCHEMA) <= set(table.columns):
        raise SubsongError(f"items of the map {opened.name} are no sounds: they have no place in a recording")
    return table[items].select(*SENT_SCHEMA)


def _choose(what: str, name: str, known: list[str]) -> str:
    if name not in known:
        raise SubsongError(f"{what} is {name!r}; {did_you_mean(name, known)}")
    return name
