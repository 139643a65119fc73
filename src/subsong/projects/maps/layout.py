"""Where the points of a map lie: all are laid out, or of very many a random sample, among which the others are placed.

Legend: N = points, L = latent dimensions.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, atomic_folder, read_json, write_json
from subsong.core.seeds import numpy_generator
from subsong.inference.projection import Projection, ProjectionKind, fit_projection, load_projection

MAX_LAID_OUT = 10_000
_PROJECTION_DIR, _PLACES_NAME, _DESCRIPTION_NAME = "projection", "places.npy", "layout.json"
_NAMES = {"umap": "UMAP", "pca": "Principal components", "tsne": "t-SNE"}


class Layout(NamedTuple):
    """Where points lie.

    Attributes
    ----------
    projection
        On which others can be placed.
    coordinates_N2
        float32, shape (N, 2).
    said
        How the points were placed, for readers.
    """

    projection: Projection
    coordinates_N2: np.ndarray
    said: str


def lay_out(latents_NL: np.ndarray, noun: str, kind: ProjectionKind, onto: Path | None, seed: int) -> Layout:
    """Place points on a map.

    Parameters
    ----------
    latents_NL
        Shape (N, L).
    noun
        What a point is called.
    kind
        umap, pca or tsne.
    onto
        A layout made before, or the map it belongs to: points are placed on that one.
    seed
        Of the sample and the layout.

    Notes
    -----
    Of more than 10,000 points, UMAP and t-SNE lay out a random sample; the others are placed among their nearest
    neighbours in it (see `place_among`), which does not show what is rarer than about one in a thousand.
    """
    told = f"{len(latents_NL):,} {noun}s"
    if onto is not None:
        projection = load_projection(onto)
        placed = f"{_NAMES[projection.kind]} of {told}, placed on the map {onto.name}"
        return Layout(projection, projection.transform(latents_NL).astype(np.float32), placed)
    if kind == "pca" or len(latents_NL) <= MAX_LAID_OUT:
        projection = fit_projection(latents_NL, kind, seed)
        said = f"{_NAMES[projection.kind]} of {told}"
        return Layout(projection, projection.coordinates.astype(np.float32), said)
    rows = np.sort(numpy_generator(seed, "layout").permutation(len(latents_NL))[:MAX_LAID_OUT])
    projection = fit_projection(latents_NL[rows], kind, seed)
    said = (
        f"{_NAMES[projection.kind]} of a random sample of {MAX_LAID_OUT:,} of {told}, the others placed among their "
        "nearest neighbours"
    )
    return Layout(projection, projection.transform(latents_NL).astype(np.float32), said)


def save_layout(layout: Layout, folder: Path) -> None:
    """Write a layout into a folder: ``projection/``, ``places.npy`` and ``layout.json``, whole or not at all."""
    with atomic_folder(folder) as partial:
        layout.projection.save(partial / _PROJECTION_DIR)
        with atomic_file(partial / _PLACES_NAME) as file:
            np.save(file, layout.coordinates_N2, allow_pickle=False)
        write_json(partial / _DESCRIPTION_NAME, {"said": layout.said})


def load_layout(folder: Path) -> Layout:
    """Read a layout written by `save_layout`.

    Raises
    ------
    SubsongError
        When a part of it is missing or damaged.
    """
    said = read_json(folder / _DESCRIPTION_NAME)
    projection = load_projection(folder / _PROJECTION_DIR)
    try:
        return Layout(projection, np.load(folder / _PLACES_NAME, allow_pickle=False), str(said["said"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SubsongError(f"{folder}: the layout is damaged ({error}); remove it and run again") from error
