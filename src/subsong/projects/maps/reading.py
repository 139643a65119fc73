"""What of a dataset becomes a point of a map: syllables, windows, checklists, pictures.

Legend: N = points, B = some of them, F, T = rows and columns of a spectrogram, C, H, W = channels, rows, columns.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.projects.maps.folder import MapKind

Fetch = Callable[[np.ndarray], np.ndarray]
"""Returns the pictures of some rows, bytes, upright: shape (B, H, W) or (B, H, W, 3)."""
Progress = Callable[[str, int, int], None]
"""Told what is done, how much of it is done and how much there is."""
PATH_COLUMN = "trajectory"
_WINDOWS_PER_LENGTH = 4


class MapItems(NamedTuple):
    """What a map is drawn of.

    Attributes
    ----------
    kind, noun
        What a point is, and what one is called.
    model, dataset
        What embeds, and what is embedded.
    items
        One row a point; recordings are called ``source``.
    fetch
        The pictures; None where points have none.
    path_column
        Column whose equal values are one trajectory.
    """

    kind: MapKind
    noun: str
    model: Any
    dataset: Any
    items: pl.DataFrame
    fetch: Fetch | None
    path_column: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether points are stretches of recordings."""
        return self.kind in ("syllables", "windows")


def read_items(model_path: str | Path, data_path: str | Path, device: str = "auto") -> MapItems:
    """Read what is to be mapped with a model, in the shape the model wants.

    Parameters
    ----------
    model_path
        A trained model with a latent code, or its run.
    data_path
        What is mapped: a dataset, or files as for training. Of windows, those at every quarter of their length.
    device
        As for `load_model`.

    Raises
    ------
    SubsongError
        When the model has no latent code, or model and data do not fit.
    """
    from subsong.inference.checklists import TrainedChecklistVae
    from subsong.inference.load import load_encoder
    from subsong.inference.syllables import TrainedSyllableVae
    from subsong.inference.windows import TrainedWindowVae

    model, path = load_encoder(model_path, device), Path(data_path).expanduser()
    if isinstance(model, TrainedSyllableVae):
        syllables = model.read_syllables(path)
        return MapItems("syllables", "syllable", model, syllables, syllables.items, _fetch_sound(syllables))
    if isinstance(model, TrainedWindowVae):
        windows = model.read_windows(path, model.window_s / _WINDOWS_PER_LENGTH)
        items = windows.items.with_columns(pl.format("{} #{}", "source", "row").alias(PATH_COLUMN))
        return MapItems("windows", "window", model, windows, items, _fetch_sound(windows), PATH_COLUMN)
    if isinstance(model, TrainedChecklistVae):
        lists = model.as_dataset(path)
        return MapItems("checklists", "list", model, lists, describe_lists(lists), None)
    dataset = _read_pictures(model, path)
    return MapItems("pictures", "picture", model, dataset, dataset.items, _fetch_pictures(dataset))


def _read_pictures(model: Any, path: Path) -> Any:
    from subsong.recipes.catalogue import load_recipe

    dataset: Any = load_recipe(model.description.recipe).read_data(path, model)
    if len(model.item_shape) != 3 or model.item_shape[0] not in (1, 3):
        raise SubsongError(
            f"items of {model.description.recipe} have shape {tuple(model.item_shape)}: a map shows syllables, "
            "windows, checklists, and grey or coloured pictures"
        )
    return dataset


def describe_lists(lists: Any) -> pl.DataFrame:
    """Return one row a list: its id, how many and which species, date and place where there are.

    Parameters
    ----------
    lists
        A `ChecklistDataset` of N lists.
    """
    names = lists.species.select(pl.coalesce("name", "key"))["name"].to_list()
    presence = lists.presence()
    found = [
        ", ".join(names[place] for place in presence.indices[start:stop])
        for start, stop in zip(presence.indptr[:-1], presence.indptr[1:], strict=True)
    ]
    counts = np.diff(presence.indptr)
    covariates = lists.covariates.select(pl.exclude(lists.items.columns))
    first = lists.items.select("list").with_columns(num_species=pl.Series(counts, dtype=pl.Int64))
    parts = [first, pl.DataFrame({"species": found}), lists.items.select(pl.exclude("list", "num_species", "species"))]
    described: pl.DataFrame = pl.concat(
        [*parts, covariates.select(pl.exclude("num_species", "species"))], how="horizontal"
    )
    return described


def _fetch_sound(dataset: Any) -> Fetch:
    def fetch(rows: np.ndarray) -> np.ndarray:
        # Low frequencies come first in a spectrogram, and last in a picture.
        return _to_bytes(dataset.fetch(rows).input.numpy()[:, ::-1])

    return fetch


def _fetch_pictures(dataset: Any) -> Fetch:
    low, high = dataset.value_range

    def fetch(rows: np.ndarray) -> np.ndarray:
        images_BCHW = _to_bytes((dataset.fetch(rows).target.numpy() - low) / (high - low))
        return images_BCHW[:, 0] if images_BCHW.shape[1] == 1 else np.moveaxis(images_BCHW, 1, -1)

    return fetch


def _to_bytes(shares: np.ndarray) -> np.ndarray:
    return np.asarray((np.nan_to_num(shares).clip(0.0, 1.0) * 255.0).round().astype(np.uint8))
