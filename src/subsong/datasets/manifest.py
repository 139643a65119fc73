"""The manifest of a dataset store: what a folder on the disk says about itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.core.files import hash_file, read_json

MANIFEST_NAME = "manifest.json"
ITEMS_NAME = "items.parquet"
FORMAT: Literal["subsong-dataset"] = "subsong-dataset"
VERSION: Literal[1] = 1

DtypeName = Literal["uint8", "int16", "float16", "float32"]
ArrayName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class SourceFile(ConfigBase):
    """A file the dataset was made from.

    Attributes
    ----------
    name
        Path relative to the folder that was read, with forward slashes.
    num_bytes, sha256
        Its size and the hash of its bytes, in hexadecimal.
    """

    name: str
    num_bytes: int
    sha256: str


class Shard(ConfigBase):
    """A ``.npy`` file that holds consecutive items of one array."""

    # The pattern also keeps a forged manifest from naming files outside the store.
    file: str = Field(pattern=r"^[a-z][a-z0-9_]*-\d{5,}\.npy$")
    num_items: int = Field(ge=1)


class ArrayEntry(ConfigBase):
    """One array of the store, divided into shards."""

    dtype: DtypeName
    item_shape: tuple[int, ...]
    shards: tuple[Shard, ...]


class Manifest(ConfigBase):
    """What is in a store and how it was made.

    Attributes
    ----------
    kind
        What an item is, such as ``"pictures"``.
    parameters
        The settings the items were computed with.
    sources
        The files they were computed from.
    num_items
        N, the rows of ``items.parquet`` and of every array.
    arrays
        By name; ``x`` is what a model sees.
    """

    format: Literal["subsong-dataset"] = FORMAT
    version: Literal[1] = VERSION
    kind: str
    parameters: dict[str, Any]
    sources: tuple[SourceFile, ...]
    num_items: int = Field(ge=1)
    arrays: dict[ArrayName, ArrayEntry] = Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _check_counts(self) -> Manifest:
        for name, entry in self.arrays.items():
            num_items = sum(shard.num_items for shard in entry.shards)
            if num_items != self.num_items:
                raise ValueError(f"array {name!r} has {num_items} items, num_items is {self.num_items}")
        return self

    @property
    def num_bytes(self) -> int:
        """The size of all arrays in bytes."""
        sizes = {"uint8": 1, "int16": 2, "float16": 2, "float32": 4}
        return self.num_items * sum(sizes[entry.dtype] * math.prod(entry.item_shape) for entry in self.arrays.values())


def describe_sources(paths: Iterable[str | Path], root: str | Path) -> list[SourceFile]:
    """Return name, size and hash of each file, named relative to the folder `root` they all lie in."""
    return [
        SourceFile(
            name=Path(path).relative_to(root).as_posix(), num_bytes=Path(path).stat().st_size, sha256=hash_file(path)
        )
        for path in paths
    ]


def is_store(folder: str | Path) -> bool:
    """Whether `folder` holds a manifest of ours, of any version; never raises."""
    try:
        content = read_json(Path(folder) / MANIFEST_NAME)
    except (SubsongError, OSError):
        return False
    return isinstance(content, dict) and content.get("format") == FORMAT


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the store `folder`.

    Raises
    ------
    SubsongError
        When the folder is missing, is no store or a half-written one, or was written by a newer version.
    """
    if not folder.is_dir():
        raise SubsongError(f"{folder} is not a folder: expected a dataset made by 'subsong prepare'")
    path = folder / MANIFEST_NAME
    if not path.exists():
        raise SubsongError(
            f"{folder} is not a whole dataset, it has no {MANIFEST_NAME}: it was never finished or is something else; "
            "prepare it again"
        )
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise SubsongError(f"{path} is not the manifest of a dataset: expected format {FORMAT!r}")
    if content.get("version") != VERSION:
        raise SubsongError(
            f"{path} has version {content.get('version')!r}, this program reads version {VERSION}: update subsong or "
            "prepare the dataset again"
        )
    try:
        return Manifest.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise SubsongError(f"{path} is damaged at {place} ({first['msg']}): prepare the dataset again") from error


def is_store_of(path: str | Path, *kinds: str) -> bool:
    """Whether the folder `path` is a store of one of these kinds."""
    path = Path(path).expanduser()
    return is_store(path) and read_manifest(path).kind in kinds


def read_manifest_of(path: Path, kinds: Sequence[str], made_from: str = "recordings") -> Manifest:
    """Read the manifest of the store in the folder `path`, which should be of one of these kinds.

    Parameters
    ----------
    path
        The folder.
    kinds
        What an item may be; the first is what ``subsong prepare`` is told.
    made_from
        What such a store is prepared from.

    Raises
    ------
    SubsongError
        When there is none, it is damaged, or it is one of something else; says how to make one.
    """
    if path.is_dir() and not is_store(path):
        raise SubsongError(
            f"{path} is a folder but no dataset: turn {made_from} into one with 'subsong prepare {kinds[0]} {path}'"
        )
    manifest = read_manifest(path)
    if manifest.kind not in kinds:
        raise SubsongError(
            f"{path} is a dataset of {manifest.kind}, expected one of {' or '.join(kinds)}: 'subsong prepare "
            f"{kinds[0]}' makes one"
        )
    return manifest
