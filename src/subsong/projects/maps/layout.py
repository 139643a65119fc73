"""Where the points of a map lie: all are laid out, or of very many a random sample, among which the others are placed.

Legend: N = points, L = latent dimensions.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.seeds import numpy_generator
from subsong.inference.projection import Projection, ProjectionKind, fit_projection, load_projection

MAX_LAID_OUT = 10_000
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
