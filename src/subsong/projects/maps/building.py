"""A model and data -> a map in a folder: embed, lay out, describe every point, draw its picture.

Legend: N = points, L = latent dimensions.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_folder, write_json
from subsong.inference.projection import ProjectionKind
from subsong.inference.tables import write_table
from subsong.projects.maps.folder import (
    ITEMS_NAME,
    MAP_NAME,
    PROJECTION_DIR,
    MapColumn,
    MapDescription,
    MapFolder,
    is_map,
    load_map,
)
from subsong.projects.maps.layout import Layout, lay_out
from subsong.projects.maps.pictures import write_pictures
from subsong.projects.maps.reading import MapItems, Progress, read_items
from subsong.projects.maps.sounds import SOUND_COLUMNS, describe_sounds
from subsong.projects.project import PROJECT_FILE, Project, open_project

_COLOUR_COLUMNS = ("cluster", "label", "bird", "identity", "num_species")


class MapOptions(NamedTuple):
    """How a map is drawn.

    Attributes
    ----------
    title
        Stands above it; None: after the data.
    colour_by
        Column that colours the points at first; None: the first of cluster, label, bird there is.
    recordings
        Folder the recordings of a dataset are in; None: the project's, or that of the data.
    kind, onto
        umap, pca or tsne; a layout made before, on which the points are placed in place of one of their own.
    seed
        Of the layout.
    image_height
        Rows of the pictures at most.
    device
        As for `load_model`.
    """

    title: str | None = None
    colour_by: str | None = None
    recordings: Path | None = None
    kind: ProjectionKind = "umap"
    onto: Path | None = None
    seed: int = 0
    image_height: int = 64
    device: str = "auto"


def build_map(
    project: Project | None,
    model_path: str | Path,
    data_path: str | Path,
    out: str | Path,
    options: MapOptions | None = None,
    more: pl.DataFrame | None = None,
    layout: Layout | None = None,
    progress: Progress | None = None,
) -> MapFolder:
    """Draw the map of syllables, windows, checklists or pictures into a folder that the studio opens.

    Parameters
    ----------
    project
        Whose recordings and birds these are; None: none.
    model_path
        A trained model with a latent code, or its run.
    data_path
        A dataset, or files as for training.
    out
        The folder, which appears whole or not at all; a map that is there is replaced.
    options
        How.
    more
        Further columns, one row an item of the data in their order; they replace those of equal name.
    layout
        Where the points lie, where that is known: nothing is embedded or laid out then.
    progress
        Told how far it is.

    Raises
    ------
    SubsongError
        When model and data do not fit, `more` or the layout are of another number of items, a column is not there, or
        `out` holds something else than a map.
    """
    options, tell, out = options or MapOptions(), progress or _tell_nobody, Path(out).expanduser()
    check_free(out)
    items = read_items(model_path, data_path, options.device)
    num_items = len(items.items)
    _check_number(num_items, more, layout)
    sounds = describe_sounds(items, Path(data_path).expanduser(), options.recordings, project)
    table = _join(sounds.table, more)
    colour_by = _choose_colour(table, options.colour_by)
    layout = layout or _embed_and_lay_out(items, options, tell)
    with atomic_folder(out) as folder:
        image = items.fetch and write_pictures(folder, items.fetch, num_items, options.image_height, tell)
        description = MapDescription(
            kind=items.kind,
            title=options.title or f"{items.noun.capitalize()}s of {Path(data_path).name}",
            subtitle=layout.said,
            noun=items.noun,
            num_items=num_items,
            colour_by=colour_by,
            columns=_describe_columns(table),
            image=image,
            has_sound=sounds.has_sound,
            path_column=items.path_column,
        )
        _write(folder, description, table, layout)
    return load_map(out)


def _embed_and_lay_out(items: MapItems, options: MapOptions, tell: Progress) -> Layout:
    num_items = len(items.items)
    tell("items embedded", 0, num_items)
    latents_NL = items.model.embed(items.dataset)
    tell("items embedded", num_items, num_items)
    return lay_out(latents_NL, items.noun, options.kind, options.onto, options.seed)


def _write(folder: Path, description: MapDescription, table: pl.DataFrame, layout: Layout) -> None:
    layout.projection.save(folder / PROJECTION_DIR)
    places = pl.DataFrame({"x": layout.coordinates_N2[:, 0], "y": layout.coordinates_N2[:, 1]})
    write_table(folder / ITEMS_NAME, pl.concat([places, table], how="horizontal"))
    write_json(folder / MAP_NAME, description.model_dump(mode="json"))


def find_project(out: str | Path) -> Project | None:
    """Return the project among whose maps a folder lies; None where there is none."""
    maps_dir = Path(out).expanduser().resolve().parent
    home = maps_dir.parent
    for file in (home / PROJECT_FILE, home.with_name(f"{home.name}.yaml")):
        if file.is_file() and (project := open_project(file)).maps_dir == maps_dir:
            return project
    return None


def check_free(out: Path) -> None:
    """Raise a `SubsongError` when writing a map to `out` would take away anything but a map."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not is_map(out)):
        raise SubsongError(f"{out} holds something else than a map: choose a new or empty folder")


def _check_number(num_items: int, more: pl.DataFrame | None, layout: Layout | None) -> None:
    for what, values in (("further columns", more), ("layout", layout and layout.coordinates_N2)):
        if values is not None and len(values) != num_items:
            raise SubsongError(f"the data have {num_items:,} items, the {what} {len(values):,} rows: they do not fit")


def _join(table: pl.DataFrame, more: pl.DataFrame | None) -> pl.DataFrame:
    """Return the columns that a map can show, those of `more` in place of others of their name."""
    joined = table if more is None else table.with_columns(more.get_columns())
    shown = [
        series.name
        for series in joined
        if not (series.dtype.is_nested() or series.dtype == pl.Binary or series.name in ("x", "y"))
        and (series.name in SOUND_COLUMNS or series.null_count() < len(series))
    ]
    return joined.select(shown)


def _describe_columns(table: pl.DataFrame) -> tuple[MapColumn, ...]:
    from subsong.reports.sound_map.columns import find_kind

    return tuple(MapColumn(name=series.name, kind=find_kind(series)) for series in table)


def _choose_colour(table: pl.DataFrame, wanted: str | None) -> str | None:
    if wanted is None:
        held = [name for name in table.columns if table[name].null_count() < len(table)]
        return next((name for name in _COLOUR_COLUMNS if name in held), None)
    if wanted not in table.columns:
        raise SubsongError(f"the items have no column {wanted!r}: {did_you_mean(wanted, table.columns)}")
    return wanted


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Pass over what is done."""
