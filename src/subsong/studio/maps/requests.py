"""What may be asked of maps, checked."""

from __future__ import annotations

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.studio.maps.export import TABLE
from subsong.studio.maps.pictures import Theme


class ColumnQuery(ConfigBase):
    """Which column."""

    column: str = Field(description="Its name.")


class OpeningQuery(ConfigBase):
    """Which map to open, and how."""

    name: str | None = Field(None, description="None: the first that can be opened.")
    colour: str | None = Field(None, description="Column that colours it; None: as the map says.")


class ItemQuery(ConfigBase):
    """Which item."""

    item: int = Field(ge=0, description="Its number, from 0.")
    v: str = Field("", description="Version of the map; an answer of a given version may be kept.")


class ImageQuery(ItemQuery):
    """Whose picture, in which colours."""

    theme: Theme = Field("light", description="Of the page.")


class SoundQuery(ItemQuery):
    """Which sound."""

    whole: bool = Field(False, description="The whole trajectory the item belongs to, without margins.")


class Selection(ConfigBase):
    """Some items."""

    items: tuple[int, ...] = Field(min_length=1, description="Their numbers, from 0.")


class Tagging(Selection):
    """A tag for some items."""

    tag: str | None = Field(None, min_length=1, max_length=200, description="None: they lose theirs.")


class Exporting(Selection):
    """Some items to take away."""

    format: str = Field(TABLE, description="table, or a format of annotations.")


class NewMap(ConfigBase):
    """A map to draw."""

    run: str = Field(description="Of the project's runs.")
    data: str = Field(description="'recordings', or a dataset of the project.")
    name: str = Field(min_length=1, description="What the map is to be called.")
