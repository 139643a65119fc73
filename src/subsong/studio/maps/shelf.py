"""The maps of a project, each opened once, with what was corrected since it was drawn laid over it."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.projects.maps.folder import ITEMS_NAME, MAP_NAME, MapFolder, is_map, load_map
from subsong.studio.errors import NotFoundError
from subsong.studio.maps.present import compute_present
from subsong.studio.maps.tags import TAG_COLUMN, change_tags, name_items, read_tags, write_tags

if TYPE_CHECKING:
    from subsong.projects.documents import Document
    from subsong.studio.context import StudioContext


# Pictures are read as they are asked for, so that an open map takes little more than its table.
_MAX_OPEN = 8
_NAME = re.compile(r"[\w][\w .+-]{0,79}")
_PLACE_COLUMNS = {"recording", "channel", "onset_s", "offset_s", "label"}


class OpenMap(NamedTuple):
    """A map of the project.

    Attributes
    ----------
    name
        Of its folder.
    folder
        What lies in it.
    version
        Another one when the map was drawn anew.
    """

    name: str
    folder: MapFolder
    version: str

    @property
    def has_annotations(self) -> bool:
        """Whether an item is an annotation of a recording, whose label can be changed."""
        return self.folder.description.kind == "syllables" and set(self.folder.items.columns) >= _PLACE_COLUMNS


class Now(NamedTuple):
    """The items of a map with what was changed since it was drawn.

    Attributes
    ----------
    items
        With the labels and tags they have now.
    removed
        Numbers of those that are no annotation any more.
    num_relabelled
        Items of another label than the map was drawn with.
    key
        What all this was computed of: version of the map, revisions of the documents, tags.
    """

    items: pl.DataFrame
    removed: frozenset[int] = frozenset()
    num_relabelled: int = 0
    key: tuple[str, dict[str, int], dict[str, str]] = ("", {}, {})


class Shelf:
    """The maps of a project.

    Parameters
    ----------
    context
        What the studio works on.
    """

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._open: dict[str, OpenMap] = {}
        self._now: dict[str, Now] = {}
        self._lock = threading.RLock()

    def list_names(self) -> list[str]:
        """Return the names of the maps there are."""
        folder = self._context.project.maps_dir
        return sorted(path.name for path in folder.iterdir() if is_map(path)) if folder.is_dir() else []

    def find_place(self, name: str) -> Path:
        """Return where a map of this name lies, or would.

        Raises
        ------
        NotFoundError
            When a map cannot be called so.
        """
        if not _NAME.fullmatch(name) or name.endswith("."):
            raise NotFoundError(
                f"a map cannot be called {name!r}: expected letters, digits, spaces, and . _ + - inside"
            )
        return self._context.project.maps_dir / name

    def find(self, name: str) -> OpenMap:
        """Return a map.

        Raises
        ------
        SubsongError
            When there is none of this name, or it is damaged.
        """
        path = self.find_place(name)
        if not is_map(path):
            raise NotFoundError(f"the project has no map {name!r}: reload the page to see what there is")
        parts = [path / part for part in (MAP_NAME, ITEMS_NAME)]
        version = "-".join(f"{part.stat().st_mtime_ns:x}" for part in parts if part.is_file())
        with self._lock:
            found = self._open.pop(name, None)
            if found is None or found.version != version:
                found = OpenMap(name, load_map(path), version)
            self._open[name] = found
            while len(self._open) > _MAX_OPEN:
                self._open.pop(next(iter(self._open)))
            return found

    def refresh(self, opened: OpenMap) -> Now:
        """Return the items of a map with the labels and tags they have at this moment."""
        held = set(opened.folder.items["recording"].unique().to_list()) if opened.has_annotations else set()
        corrected = self._context.documents.list_corrected() if held else {}
        documents = {name: one for name, one in corrected.items() if name in held}
        tags = read_tags(self._find_tags(opened.name))
        key = opened.version, {name: one.revision for name, one in documents.items()}, tags
        known = self._now.get(opened.name)
        if known is None or known.key != key:
            known = self._now[opened.name] = _lay_over(opened.folder.items, documents, tags)._replace(key=key)
        return known

    def recall(self, opened: OpenMap) -> Now:
        """Return the items as they were when the page last asked for all of them."""
        known = self._now.get(opened.name)
        return known if known is not None and known.key[0] == opened.version else self.refresh(opened)

    def tag(self, opened: OpenMap, items: tuple[int, ...], tag: str | None) -> None:
        """Give a tag to items of a map; None takes theirs away."""
        names = name_items(opened.folder.items).gather(list(items)).to_list()
        with self._lock:
            path = self._find_tags(opened.name)
            write_tags(path, change_tags(read_tags(path), names, tag))

    def _find_tags(self, name: str) -> Path:
        return self._context.project.studio_dir / "tags" / f"{name}.csv"


def check_items(opened: OpenMap, items: tuple[int, ...]) -> list[int]:
    """Return the items a request names, sorted.

    Raises
    ------
    SubsongError
        When there is one that the map does not have.
    """
    num_items = len(opened.folder.items)
    beyond = [item for item in items if not 0 <= item < num_items]
    if beyond:
        raise SubsongError(
            f"the map {opened.name} has no item {beyond[0]}: it has {num_items}, numbered from 0; reload the page"
        )
    return sorted(set(items))


def _lay_over(items: pl.DataFrame, documents: Mapping[str, Document], tags: Mapping[str, str]) -> Now:
    """Return items with what documents and tags say of them."""
    now = Now(items)
    if documents:
        present = compute_present(items, documents)
        labelled = items.with_columns(pl.Series("label", present.labels, pl.String))
        now = Now(labelled, frozenset(present.removed), present.num_relabelled)
    if tags:
        given = [tags.get(name) for name in name_items(items).to_list()]
        now = now._replace(items=now.items.with_columns(pl.Series(TAG_COLUMN, given, pl.String)))
    return now
