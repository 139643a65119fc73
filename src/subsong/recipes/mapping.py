"""A map of syllables or windows that one can look at and hear: embed, lay out, draw, with the sound of every point.

Legend: N = syllables or windows, L = latent dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.manifest import is_store
from subsong.datasets.syllables.dataset import SyllableDataset
from subsong.datasets.syllables.selection import ID_COLUMN, build_ids
from subsong.datasets.windows.dataset import FixedWindows
from subsong.inference.load import load_sound_model
from subsong.inference.projection import Projection, ProjectionKind, fit_projection, load_projection
from subsong.inference.tables import write_table
from subsong.reports.sound_map.options import SoundMapOptions
from subsong.reports.sound_map.page import write_sound_map
from subsong.sources.audio import Channel, read_audio

_MARGIN_S = 0.01
_NAMES = {"umap": "UMAP", "pca": "Principal components", "tsne": "t-SNE"}


class SoundMap(NamedTuple):
    """What was written.

    Attributes
    ----------
    page_path
        The map.
    table_path
        One row a syllable or window: where it comes from, its features, ``x`` and ``y``.
    projection_path
        The layout, for `load_projection` and for placing other birds on it.
    num_items
        N.
    has_sound
        Whether the recordings were at hand.
    """

    page_path: Path
    table_path: Path
    projection_path: Path
    num_items: int
    has_sound: bool


def map_sounds(
    model_path: str | Path,
    data_path: str | Path,
    out: str | Path = "map.html",
    kind: ProjectionKind = "umap",
    onto: str | Path | None = None,
    recordings: str | Path | None = None,
    colour_by: str | None = None,
    seed: int = 0,
) -> SoundMap:
    """Write the latent map of syllables, or of windows of song, as one page without a network, with the data behind it.

    Parameters
    ----------
    model_path
        A trained ``syllable-vae``, ``shotgun-vae`` or ``warped-shotgun-vae``.
    data_path
        A store of what the model was trained on, or recordings with annotations; of windows, those that follow each
        other without overlap are shown.
    out
        The page; its table and layout stand beside it.
    kind
        umap, pca or tsne.
    onto
        A layout written before: the sounds are placed on that map instead of one of their own.
    recordings
        Folder of the recordings a store was made from, whose sound the map plays.
    colour_by
        Column the points are coloured by at first; None: the label where there is one.
    seed
        Of the layout.

    Raises
    ------
    SubsongError
        When model and data do not fit, or a column, folder or layout is not there.
    """
    model, out = load_sound_model(model_path), Path(out)
    if out.suffix.lower() != ".html":
        raise SubsongError(f"{out} ends in {out.suffix or 'nothing'}: expected .html")
    data_path = Path(data_path).expanduser()
    dataset, noun = model.read_items(data_path), model.item_name
    if colour_by is not None and colour_by not in dataset.items.columns:
        raise SubsongError(
            f"the {noun}s have no column {colour_by!r}; {did_you_mean(colour_by, dataset.items.columns)}"
        )
    root = find_recordings(data_path, recordings)
    audio = None if root is None else _build_audio(root, dataset.items, model.reading.channel)
    latents_NL = model.embed(dataset)
    projection = load_projection(onto) if onto is not None else fit_projection(latents_NL, kind, seed)
    coordinates_N2 = projection.transform(latents_NL) if onto is not None else projection.coordinates
    table = _describe_items(dataset.items)
    options = SoundMapOptions(
        id_column=ID_COLUMN, colour_by=colour_by, subtitle=_describe(projection, len(dataset), noun, onto)
    )
    write_sound_map(
        out, coordinates_N2, table, _fetch_images(dataset), audio, f"{noun.capitalize()}s of {data_path.name}", options
    )
    result = SoundMap(out, out.with_suffix(".csv"), out.with_suffix(".projection"), len(dataset), audio is not None)
    places = pl.DataFrame({"x": coordinates_N2[:, 0], "y": coordinates_N2[:, 1]})
    write_table(result.table_path, pl.concat([table, places], how="horizontal"))
    projection.save(result.projection_path)
    return result


def find_recordings(data_path: Path, recordings: str | Path | None) -> Path | None:
    """Return the folder that recordings are named relative to; None for a store whose recordings nobody named.

    Raises
    ------
    SubsongError
        When the folder that was named is none.
    """
    if recordings is None:
        if is_store(data_path):
            return None
        return data_path if data_path.is_dir() else data_path.parent
    root = Path(recordings).expanduser()
    if not root.is_dir():
        raise SubsongError(f"{root} is not a folder: expected the one the dataset was prepared from")
    return root


def _build_audio(root: Path, items: pl.DataFrame, channel: Channel) -> Callable[[int], tuple[np.ndarray, int]]:
    first = root / items["source"][0]
    if not first.is_file():
        raise SubsongError(f"{first} is missing: expected {root} to be the folder the dataset was prepared from")
    places = items.select("source", "onset_s", "offset_s").rows()

    def fetch(item: int) -> tuple[np.ndarray, int]:
        source, onset_s, offset_s = places[item]
        audio = read_audio(root / source, channel, max(0.0, onset_s - _MARGIN_S), offset_s + _MARGIN_S)
        return audio.samples, audio.sample_rate_hz

    return fetch


def _fetch_images(dataset: SyllableDataset | FixedWindows) -> Callable[[np.ndarray], np.ndarray]:
    def fetch(rows: np.ndarray) -> np.ndarray:
        images: np.ndarray = dataset.fetch(rows).input.numpy()
        return images

    return fetch


def _describe_items(items: pl.DataFrame) -> pl.DataFrame:
    """Return the columns that hold anything, with an id that says where a sound comes from."""
    is_window = items.select("source", "row").is_duplicated().any()
    identity = _build_window_ids(items) if is_window else build_ids(items)
    held = [name for name in items.columns if items[name].null_count() < items.height]
    return items.select(identity, *held)


def _build_window_ids(items: pl.DataFrame) -> pl.Series:
    """Return ``recording @seconds``: a region holds many windows."""
    return items.select(pl.format("{} @{}", "source", pl.col("onset_s").round(4)).alias(ID_COLUMN))[ID_COLUMN]


def _describe(projection: Projection, num_items: int, noun: str, onto: str | Path | None) -> str:
    place = f", placed on the map {Path(onto).name}" if onto is not None else ""
    return f"{_NAMES[projection.kind]} of {num_items:,} {noun}s{place}"
