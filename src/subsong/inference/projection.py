"""Maps of a latent space that outlive the run: fitted once, saved without pickle, and applied to new birds.

Principal components apply to new items exactly. UMAP and t-SNE have no formula for them: the fitted items are kept,
latents and places, and a new item is placed among its nearest fitted ones (`place_among`).

Legend: N = items, M = fitted items, L = latent dimensions, K = dimensions of the map or neighbours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field
from safetensors.numpy import load_file, save_file

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_folder, read_json, write_json
from subsong.inference.neighbour_graph import find_neighbour_graph
from subsong.inference.umap_layout import lay_out_graph

ProjectionKind = Literal["umap", "pca", "tsne"]
_FORMAT = "subsong-projection-1"
_ARRAYS_FILE, _DESCRIPTION_FILE = "arrays.safetensors", "projection.json"
_MIN_ITEMS = 5
_NUM_PLACING = 15
_BLOCK_CELLS = 1 << 22


class ProjectionOptions(ConfigBase):
    """How a map is laid out. The defaults are those of AVA."""

    num_neighbours: int = Field(default=20, ge=2, description="UMAP: neighbours of an item; more show larger patterns.")
    min_distance: float = Field(default=0.1, ge=0.0, le=1.0, description="UMAP: how close items may come on the map.")
    metric: Literal["euclidean", "cosine", "correlation", "manhattan"] = Field(
        default="euclidean", description="Distance between latents; principal components know the euclidean only."
    )
    perplexity: float = Field(default=30.0, gt=1.0, description="t-SNE: about how many neighbours an item has.")


class PrincipalAxes(NamedTuple):
    """Directions of greatest variance.

    Attributes
    ----------
    mean
        Shape (L,).
    loadings
        Unit vectors, the most telling first, shape (K, L).
    explained
        Share of the total variance in each direction, shape (K,); zeros when nothing varies.
    """

    mean: np.ndarray
    loadings: np.ndarray
    explained: np.ndarray


class Projection(NamedTuple):
    """A fitted map.

    Attributes
    ----------
    kind, options, seed
        What was fitted, and how.
    latents, coordinates
        The fitted items, shape (M, L), and their places, shape (M, 2). Principal components keep the places only.
    axes
        The directions, of principal components.
    """

    kind: ProjectionKind
    options: ProjectionOptions
    seed: int
    latents: np.ndarray
    coordinates: np.ndarray
    axes: PrincipalAxes | None = None

    def transform(self, latents_NL: np.ndarray) -> np.ndarray:
        """Return the places of items on this map, shape (N, 2): each by itself, whatever stands beside it.

        A fitted item has its own place. An item unlike all fitted ones is placed too, near those it is least unlike:
        look at its distances before you read anything into its place.

        Raises
        ------
        SubsongError
            When the latents have another number of dimensions or are not finite.
        """
        latents = check_latents(latents_NL)
        latent_dim = self.latents.shape[1] if self.axes is None else len(self.axes.mean)
        if latents.shape[1] != latent_dim:
            raise SubsongError(f"latents have {latents.shape[1]} dimensions, the map was fitted on {latent_dim}")
        if self.axes is not None:
            return project(latents, self.axes, 2)
        return place_among(latents, self.latents, self.coordinates, self.options.metric)

    def save(self, folder: str | Path) -> None:
        """Write the map as a folder of a JSON file and a safetensors file, whole or not at all."""
        arrays = {"latents": self.latents, "coordinates": self.coordinates}
        if self.axes is not None:
            arrays |= {f"axes.{name}": values for name, values in self.axes._asdict().items()}
        with atomic_folder(folder) as partial:
            save_file({name: np.ascontiguousarray(values) for name, values in arrays.items()}, partial / _ARRAYS_FILE)
            described = {"kind": self.kind, "seed": self.seed, "options": self.options.model_dump()}
            write_json(partial / _DESCRIPTION_FILE, {"format": _FORMAT, **described})


def load_projection(folder: str | Path) -> Projection:
    """Read a map written by `Projection.save`.

    Raises
    ------
    SubsongError
        When the folder is missing, damaged, or of another kind.
    """
    folder = Path(folder)
    described = read_json(folder / _DESCRIPTION_FILE)
    if not isinstance(described, dict) or described.get("format") != _FORMAT:
        raise SubsongError(f"{folder / _DESCRIPTION_FILE}: not a map of this version of Subsong; fit it again")
    try:
        arrays = load_file(folder / _ARRAYS_FILE)
        axes = [arrays[f"axes.{name}"] for name in PrincipalAxes._fields] if described["kind"] == "pca" else None
        options = ProjectionOptions(**described["options"])
        found = arrays["latents"], arrays["coordinates"], PrincipalAxes(*axes) if axes else None
    except Exception as error:  # safetensors has several classes of errors, and tells of a missing file by others
        raise SubsongError(f"{folder}: the map is damaged ({error}); fit it again") from error
    return Projection(described["kind"], options, described["seed"], *found)


def fit_projection(
    latents_NL: np.ndarray, kind: ProjectionKind, seed: int = 0, options: ProjectionOptions | None = None
) -> Projection:
    """Fit a map to latents of shape (N, L); its `coordinates` are their places.

    Fewer than five items, or items that are all the same, have no neighbourhoods: their map is that of principal
    components, whatever was asked for, and says so in its `kind`.

    Raises
    ------
    SubsongError
        When there are no items, or a value is not finite.
    """
    latents, options = check_latents(latents_NL), options or ProjectionOptions()
    axes = fit_principal_axes(latents, 2)
    start = project(latents, axes, 2)
    if kind == "pca" or len(latents) < _MIN_ITEMS or not np.ptp(start, axis=0).any():
        return Projection("pca", options, seed, np.zeros((0, latents.shape[1])), start, axes)
    lay_out = lay_out_by_umap if kind == "umap" else _lay_out_by_tsne
    coordinates = lay_out(latents, start, seed, options)
    return Projection(kind, options, seed, latents, coordinates)


def fit_principal_axes(latents_NL: np.ndarray, num_axes: int) -> PrincipalAxes:
    """Find the directions of greatest variance; fewer than `num_axes` where the data has fewer.

    The sign of each is chosen so that its largest loading is positive: the same data gives the same map.
    """
    mean = latents_NL.mean(axis=0)
    _, scales, loadings = np.linalg.svd(latents_NL - mean, full_matrices=False)
    loadings = loadings[:num_axes]
    largest = np.take_along_axis(loadings, np.abs(loadings).argmax(axis=1, keepdims=True), axis=1)
    variance = (scales**2).sum()
    explained = scales[:num_axes] ** 2 / variance if variance > 0 else np.zeros(len(loadings))
    return PrincipalAxes(mean, loadings * np.where(largest < 0, -1.0, 1.0), explained)


def project(latents_NL: np.ndarray, axes: PrincipalAxes, num_columns: int) -> np.ndarray:
    """Return items along principal axes, shape (N, `num_columns`); zeros along axes that the data does not have."""
    coordinates = np.zeros((len(latents_NL), num_columns))
    coordinates[:, : len(axes.loadings)] = (latents_NL - axes.mean) @ axes.loadings.T
    return coordinates


def lay_out_by_umap(latents_NL: np.ndarray, start_N2: np.ndarray, seed: int, options: ProjectionOptions) -> np.ndarray:
    """Return places of items by UMAP, shape (N, 2), beginning at `start_N2`; the seed repeats them."""
    graph = find_neighbour_graph(latents_NL, min(options.num_neighbours, len(latents_NL) - 1), options.metric)
    return lay_out_graph(graph, start_N2, seed, options.min_distance)


def _lay_out_by_tsne(latents_NL: np.ndarray, start_N2: np.ndarray, seed: int, options: ProjectionOptions) -> np.ndarray:
    from sklearn.manifold import TSNE

    fit = TSNE(
        perplexity=min(options.perplexity, (len(latents_NL) - 1) / 3),
        metric=options.metric,
        # The usual small start (Kobak and Linderman 2021).
        init=(1e-4 * start_N2 / start_N2[:, 0].std()).astype(np.float32),
        random_state=seed,
        n_jobs=1,
    )
    return np.asarray(fit.fit_transform(latents_NL), dtype=np.float64)


def place_among(latents_NL: np.ndarray, fitted_ML: np.ndarray, coordinates_M2: np.ndarray, metric: str) -> np.ndarray:
    """Place new items at the weighted mean of their nearest fitted items, shape (N, 2).

    Weights fall with the distance beyond the nearest neighbour, as UMAP's memberships do, at the scale of the distance
    from the nearest to the furthest of the neighbours. This is where UMAP's own ``transform`` begins; it goes on by
    random draws that depend on the other items of the call, which this does not.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(_NUM_PLACING, len(fitted_ML)), metric=metric).fit(fitted_ML)
    size = max(1, _BLOCK_CELLS // len(fitted_ML))
    blocks = [np.zeros((0, 2))]
    for begin in range(0, len(latents_NL), size):
        distance_BK, near_BK = search.kneighbors(latents_NL[begin : begin + size])
        beyond_BK = distance_BK - distance_BK[:, :1]
        scale_B1 = np.maximum(beyond_BK.mean(axis=1, keepdims=True), 1e-12)
        weight_BK = np.exp(-beyond_BK / scale_B1)
        is_same_BK = distance_BK <= 1e-9 * np.maximum(scale_B1, 1.0)
        weight_BK = np.where(is_same_BK.any(axis=1, keepdims=True), is_same_BK, weight_BK)
        weight_BK /= weight_BK.sum(axis=1, keepdims=True)
        blocks.append((weight_BK[..., None] * coordinates_M2[near_BK]).sum(axis=1))
    return np.concatenate(blocks)


def check_latents(latents_NL: np.ndarray) -> np.ndarray:
    """Return latents as float64.

    Raises
    ------
    SubsongError
        When there are no items, or a value is not finite.
    """
    latents = np.asarray(latents_NL, dtype=np.float64)
    if latents.ndim != 2 or latents.size == 0:
        raise SubsongError(f"latents should have the shape (items, dimensions), at least 1 each, not {latents.shape}")
    bad = np.flatnonzero(~np.isfinite(latents).all(axis=1))
    if len(bad):
        raise SubsongError(f"latents of row {bad[0]} are not finite ({len(bad)} such rows): the model has diverged")
    return latents
