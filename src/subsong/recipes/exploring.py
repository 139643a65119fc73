"""Exploring a table of latent codes: what the map knows, on one page, with the tables and figures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong import __version__
from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_folder, hash_file, write_json
from subsong.core.progress import Progress
from subsong.core.seeds import numpy_generator
from subsong.core.words import count_noun
from subsong.inference.embeddings import TABLE_COLUMN, Embedding, read_embeddings
from subsong.inference.projection import Projection, ProjectionKind, fit_projection
from subsong.recipes.exploring_page import write_exploration
from subsong.recipes.part_pages import REPORT_NAME
from subsong.recipes.result_folders import check_result_folder
from subsong.reports.exploration.clusters import explore_clusters
from subsong.reports.exploration.conditions import compare_values, compare_within_labels, describe_labels
from subsong.reports.exploration.features import explore_features
from subsong.reports.exploration.labels import explore_labels, get_labels
from subsong.reports.exploration.parts import Part, Sample
from subsong.reports.exploration.space import describe_dimensions, draw_maps

MANIFEST_NAME = "exploration.json"
PROJECTION_DIR = "projections"
_FORMAT = "subsong-exploration-1"
_MAX_ITEMS, _MIN_ITEMS, _MAX_VALUES = 5000, 20, 100
_KINDS: tuple[ProjectionKind, ...] = ("umap", "pca")


class Explored(NamedTuple):
    """What was explored.

    Attributes
    ----------
    report_path
        The page.
    items
        One row an item of the tables: what they say of it, its place on the maps, and where it is one of the
        `num_explored`, its ``cluster`` and the label its neighbours tell (``told_label``).
    num_explored
        Items that the numbers are of.
    warnings
        As on the page.
    """

    report_path: Path
    items: pl.DataFrame
    num_explored: int
    warnings: tuple[str, ...]


def explore(
    paths: str | Path | Sequence[str | Path],
    out: str | Path = "explore",
    by: str | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Explored:
    """Say what a map of latent codes knows: dimensions, labels, clusters, conditions, acoustic features.

    Parameters
    ----------
    paths
        Tables as ``subsong embed`` writes them (.parquet, .csv, .npz), one or several.
    out
        Folder of the page, the figures (PNG and PDF), the tables behind them and the maps, for new items to be placed
        on.
    by
        Column whose values are compared: individual, session, folder, ... or, of several tables, ``table``.
    seed
        Of every random draw; of more than 5,000 items, a random sample is explored.
    overwrite
        Replace the exploration that is there.
    progress
        Told what is done, how much of it is done and how much there is.

    Raises
    ------
    SubsongError
        When a table cannot be read, there are fewer than 20 items, `by` is no column with two values at least, or
        `out` holds something else; nothing that was there is lost.
    """
    chosen = [Path(path).expanduser() for path in ([paths] if isinstance(paths, str | Path) else paths)]
    out, tell = Path(out).expanduser(), progress or _tell_nobody
    check_result_folder(out, MANIFEST_NAME, "an exploration", chosen, overwrite)
    embedding = read_embeddings(chosen)
    _check_items(embedding, by)
    tell("items read", len(embedding.items), len(embedding.items))
    rows = np.sort(numpy_generator(seed, "exploration").permutation(len(embedding.items))[:_MAX_ITEMS])
    sample = Sample(embedding.items[rows], embedding.latents_NL[rows], _name_recordings(embedding.items[rows]), seed)
    projections = _fit_maps(sample, tell)
    places = {name: projection.transform(embedding.latents_NL) for name, projection in projections.items()}
    parts, found = _explore_parts(sample, by, {name: places[name][rows] for name in places}, projections, tell)
    items = _build_items(embedding.items, places, rows, found)
    warnings = (*_warn_of_sample(len(items), len(rows), seed), *(text for part in parts for text in part.warnings))
    described = {
        "tables": [{"name": path.name, "sha256": hash_file(path)} for path in chosen],
        "by": by,
        "seed": seed,
        "num_items": len(items),
        "num_explored": len(rows),
        "latent_dim": embedding.latents_NL.shape[1],
        "subsong": __version__,
    }
    with atomic_folder(out) as folder:
        write_json(folder / MANIFEST_NAME, {"format": _FORMAT, **described})
        for name, projection in projections.items():
            projection.save(folder / PROJECTION_DIR / name)
        write_exploration(folder, [path.name for path in chosen], items, parts, warnings, described)
    return Explored(out / REPORT_NAME, items, len(rows), warnings)


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Pass over what is done."""


def _check_items(embedding: Embedding, by: str | None) -> None:
    items = embedding.items
    if len(embedding.latents_NL) < _MIN_ITEMS:
        raise SubsongError(
            f"{count_noun(len(embedding.latents_NL), 'item')} are too few to explore: expected at least {_MIN_ITEMS}"
        )
    if not np.ptp(embedding.latents_NL, axis=0).any():
        raise SubsongError("all items have the same latent code: the model has collapsed, or embeds nothing")
    if by is None:
        return
    if by not in items.columns:
        raise SubsongError(f"the table has no column {by!r} to compare by: {did_you_mean(by, items.columns)}")
    counts = items[by].drop_nulls().cast(pl.String).value_counts()
    if len(counts) > _MAX_VALUES:
        raise SubsongError(
            f"column {by!r} has {len(counts):,} different values: expected groups, {_MAX_VALUES} at most; "
            "choose another --by"
        )
    if counts.filter(pl.col("count") >= 2).height < 2:
        raise SubsongError(
            f"column {by!r} has {count_noun(len(counts), 'value')}, fewer than two of them with two items: nothing "
            "can be compared; choose another --by"
        )


def _name_recordings(items: pl.DataFrame) -> np.ndarray | None:
    """Return which recording each item is of, text; None when there are not two."""
    if "source" not in items.columns:
        return None
    columns = [name for name in (TABLE_COLUMN, "source") if name in items.columns]
    names = items.select(pl.concat_str(pl.col(columns).cast(pl.String).fill_null(""), separator="/")).to_series()
    return names.to_numpy() if names.n_unique() > 1 else None


def _fit_maps(sample: Sample, tell: Progress) -> dict[str, Projection]:
    projections: dict[str, Projection] = {}
    for done, kind in enumerate(_KINDS):
        tell("maps drawn", done, len(_KINDS))
        projections[kind] = fit_projection(sample.latents_NL, kind, sample.seed)
    tell("maps drawn", len(_KINDS), len(_KINDS))
    return projections


def _explore_parts(
    sample: Sample,
    by: str | None,
    places: dict[str, np.ndarray],
    projections: dict[str, Projection],
    tell: Progress,
) -> tuple[list[Part], dict[str, pl.Series]]:
    """Return what each part found, in reading order, and new columns of the items."""
    labels = get_labels(sample.items)
    clusters = explore_clusters(sample, labels, tell)
    found = {"cluster": pl.Series(clusters.clusters.astype(np.int64))}
    classes: dict[str, np.ndarray] = {} if labels is None else {"label": labels}
    parts: list[Part] = []
    if labels is not None:
        told = explore_labels(sample, labels)
        found["told_label"] = pl.Series(told.told.tolist(), dtype=pl.String)
        parts += [told.part, describe_labels(sample, labels)]
    parts.append(clusters.part)
    if by is not None:
        values = sample.items[by].cast(pl.String).to_numpy()
        classes[by] = values
        parts.append(compare_values(sample, by, values))
        if labels is not None and by != "label":
            parts.append(compare_within_labels(sample, values, labels))
    classes["cluster"] = clusters.clusters.astype(str)
    parts.append(explore_features(sample))
    return [describe_dimensions(sample), draw_maps(projections, places, classes), *parts], found


def _build_items(
    items: pl.DataFrame, places: dict[str, np.ndarray], rows: np.ndarray, found: dict[str, pl.Series]
) -> pl.DataFrame:
    columns = [
        pl.Series(f"{name}_{axis + 1}", place_N2[:, axis]) for name, place_N2 in places.items() for axis in range(2)
    ]
    for name, values in found.items():
        empty = pl.Series(name, [None] * len(items), dtype=values.dtype)
        columns.append(empty.scatter(pl.Series(rows), values))
    return items.with_columns(columns)


def _warn_of_sample(num_items: int, num_explored: int, seed: int) -> tuple[str, ...]:
    if num_explored == num_items:
        return ()
    return (
        f"A random sample of {num_explored:,} of the {num_items:,} items was explored (seed {seed}); all have a place "
        "on the maps.",
    )
