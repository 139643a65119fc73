"""How many directions the latents use, and their maps.

Legend: N = items, K = principal components.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from subsong.core.words import count_noun
from subsong.evaluation.variability import compute_participation_ratio, count_effective_dimensions
from subsong.inference.projection import Projection, fit_principal_axes
from subsong.reports.checklist_maps import plot_class_map
from subsong.reports.content import KeyFigure
from subsong.reports.drawn import Drawn
from subsong.reports.exploration.figures import plot_spectrum
from subsong.reports.exploration.parts import Part, Sample
from subsong.reports.latent import plot_latent_map

SMALLEST_SHARE = 0.01
"""A direction counts when it has at least this share of the variance (Goffinet et al. 2021)."""
_SECTION = "The latent space"
_MAX_NAME_LETTERS, _MAX_NAMED = 4, 24
_MAP_CAPTIONS = {
    "pca": "Items on their first two principal components. Distances mean what they are in the latent space, but what "
    "lies along the other components is not seen.",
    "umap": "Items laid out by UMAP. Neighbours on the map are neighbours in the latent space; distances between "
    "groups, and their sizes, mean little.",
    "tsne": "Items laid out by t-SNE. Neighbours on the map are neighbours in the latent space.",
}


def describe_dimensions(sample: Sample) -> Part:
    """Say how the variance of the latents is spread over directions."""
    latents_NL = sample.latents_NL
    share_K = fit_principal_axes(latents_NL, latents_NL.shape[1]).explained
    table = pl.DataFrame({"component": np.arange(1, len(share_K) + 1), "share": share_K})
    table = table.with_columns(cumulative=pl.col("share").cum_sum())
    number, ratio = count_effective_dimensions(latents_NL, SMALLEST_SHARE), compute_participation_ratio(latents_NL)
    caption = (
        f"Share of the latents' variance along each principal component. {count_noun(number, 'component')} of "
        f"{latents_NL.shape[1]} (blue) have at least 1 % of it (dashed); the participation ratio, which asks for no "
        f"threshold, is {ratio:.1f}. Data: dimensions.csv."
    )
    key = KeyFigure(
        "effective dimensions",
        number,
        explanation=f"principal components with at least 1 % of the variance, of {latents_NL.shape[1]}",
    )
    drawn = Drawn(_SECTION, "dimensions", "Directions in use", caption, plot_spectrum(table, SMALLEST_SHARE))
    return Part((drawn,), {"dimensions.csv": table}, (key,))


def draw_maps(
    projections: Mapping[str, Projection], coordinates: Mapping[str, np.ndarray], classes: Mapping[str, np.ndarray]
) -> Part:
    """Draw each map once for each way to class the items.

    Parameters
    ----------
    projections
        Name -> the map.
    coordinates
        Name of the map -> places of the items, shape (N, 2).
    classes
        What they are coloured by -> the class of each item, shape (N,), None where it is not known; without any, maps
        show how dense items lie.
    """
    figures = []
    for name, projection in projections.items():
        axis_names = _name_axes(projection)
        for what in classes or ["density"]:
            values = classes.get(what)
            caption = f"{_MAP_CAPTIONS[projection.kind]} Data: items.csv, {name}_1 and {name}_2."
            title = f"{name.upper()}, {'density' if values is None else f'coloured by {what}'}"
            figure = _draw_map(coordinates[name], values, axis_names)
            figures.append(Drawn(_SECTION, f"{name}_by_{what}", title, caption, figure))
    return Part(tuple(figures))


def _name_axes(projection: Projection) -> tuple[str, str]:
    if projection.axes is None:
        return "", ""
    shares = np.zeros(2)
    shares[: len(projection.axes.explained)] = projection.axes.explained
    first, second = (f"component {number} ({100 * share:.0f} %)" for number, share in enumerate(shares, start=1))
    return first, second


def _draw_map(places_N2: np.ndarray, classes: np.ndarray | None, axis_names: tuple[str, str]) -> Figure:
    """Draw a map; few short names of classes stand upon it, others in a key beside it."""
    if classes is None:
        return plot_latent_map(places_N2, axis_names=axis_names)
    known = {str(name) for name in classes if name is not None}
    is_brief = len(known) <= _MAX_NAMED and max(map(len, known), default=0) <= _MAX_NAME_LETTERS
    if is_brief and not any(name is None for name in classes):
        return plot_latent_map(places_N2, classes, axis_names=axis_names, max_classes=_MAX_NAMED)
    return plot_class_map(places_N2, classes, axis_names=axis_names)
