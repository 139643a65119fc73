"""A map in a folder: what it says of itself, one row a point, one small picture a point.

``map.json`` (`MapDescription`), ``items.parquet`` (``x``, ``y``, then the columns it names), ``images.npy`` where
points have pictures, and ``projection/``, on which other items can be placed.

Legend: N = points, H, W = rows and columns of a picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
import pydantic
from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.core.files import read_json

MAP_NAME, ITEMS_NAME, IMAGES_NAME, PROJECTION_DIR = "map.json", "items.parquet", "images.npy", "projection"
FORMAT: Literal["subsong-map-1"] = "subsong-map-1"

MapKind = Literal["syllables", "windows", "checklists", "pictures"]
ColumnKind = Literal["category", "number", "text"]


class MapColumn(ConfigBase):
    """A column of the points."""

    name: str = Field(description="As in items.parquet.")
    kind: ColumnKind = Field(description="category: colours and a key; number: a colour bar; text: shown and searched.")


class MapImage(ConfigBase):
    """The pictures of the points: uint8, shape (N, H, W), or (N, H, W, 3) in colour; row 0 is the top."""

    file: str = Field(IMAGES_NAME, description="Beside the description.")
    height: int = Field(ge=1, description="H.")
    width: int = Field(ge=1, description="W.")
    channels: Literal[1, 3] = Field(description="3 where pictures have colours.")


class MapDescription(ConfigBase):
    """What a map says of itself."""

    format: Literal["subsong-map-1"] = Field(FORMAT, description="Of the folder.")
    kind: MapKind = Field(description="What a point is.")
    title: str = Field(description="Stands above the map.")
    subtitle: str = Field("", description="How the points were placed.")
    noun: str = Field(description="What one point is called.")
    num_items: int = Field(ge=1, description="N.")
    colour_by: str | None = Field(None, description="Column that colours the points at first.")
    columns: tuple[MapColumn, ...] = Field((), description="In the order they are shown.")
    image: MapImage | None = Field(None, description="None: points have no pictures.")
    has_sound: bool = Field(False, description="Whether the recordings were at hand.")
    path_column: str | None = Field(
        None, description="Points of equal value, in the order of onset_s, are one trajectory."
    )


class MapFolder(NamedTuple):
    """A map that was opened.

    Attributes
    ----------
    path
        The folder.
    description
        What it says of itself.
    items
        One row a point: ``x``, ``y``, then the columns of the description.
    images
        The pictures, read as they are asked for, uint8, shape (N, H, W) or (N, H, W, 3); None where there are none.
    """

    path: Path
    description: MapDescription
    items: pl.DataFrame
    images: np.ndarray | None


def is_map(path: str | Path) -> bool:
    """Whether a folder holds a map."""
    return (Path(path) / MAP_NAME).is_file()


def load_map(path: str | Path) -> MapFolder:
    """Open a map.

    Raises
    ------
    SubsongError
        When the folder holds none, or a damaged one.
    """
    path = Path(path).expanduser()
    if not is_map(path):
        raise SubsongError(f"{path} is no map: expected a folder with {MAP_NAME}, as 'subsong map --folder' writes it")
    try:
        description = MapDescription.model_validate(read_json(path / MAP_NAME))
    except pydantic.ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the whole file"
        raise SubsongError(
            f"{path / MAP_NAME}: {where} is not as this version of Subsong has it; draw the map again"
        ) from error
    try:
        items = pl.read_parquet(path / ITEMS_NAME)
        image = description.image
        images = None if image is None else np.load(path / IMAGES_NAME, mmap_mode="r", allow_pickle=False)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise SubsongError(f"{path}: the map is damaged ({str(error).splitlines()[0]}); draw it again") from error
    _check(path, description, items, images)
    return MapFolder(path, description, items, images)


def _check(path: Path, description: MapDescription, items: pl.DataFrame, images: np.ndarray | None) -> None:
    """Raise a `SubsongError` where the parts of a map do not fit together."""
    expected = ["x", "y", *(column.name for column in description.columns)]
    fits = items.columns == expected and len(items) == description.num_items
    if images is not None and description.image is not None:
        image = description.image
        colours = (3,) if image.channels == 3 else ()
        fits &= images.dtype == np.uint8 and images.shape == (len(items), image.height, image.width, *colours)
    if not fits:
        raise SubsongError(f"{path}: the parts of the map do not fit together; draw it again")
