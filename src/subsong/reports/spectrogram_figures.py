"""Spectrograms as figures: contact sheets of a dataset, and coloured pictures for the figures of `pictures`.

Legend: N = items, F = frequency bins (low to high), T = time bins, H, W = pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.reports.latent import sort_labels
from subsong.reports.pictures import tile_pictures
from subsong.reports.style import FULL_WIDTH_MM, house_style, new_figure

SPECTROGRAM_MAP = "magma"
_LABEL_MM_PER_LETTER = 1.5
_MAX_CELL_MM = 18.0
_TITLE_MM = 6.0


def colour_spectrograms(images: np.ndarray) -> np.ndarray:
    """Return spectrograms of shape (..., F, T) as upright colour pictures, shape (..., 3, H, W), values in [0, 1].

    What every figure of `subsong.reports.pictures` (reconstructions, walks, interpolations) draws.
    """
    upright = np.nan_to_num(np.asarray(images, np.float32)).clip(0.0, 1.0)[..., ::-1, :]
    return np.moveaxis(matplotlib.colormaps[SPECTROGRAM_MAP](upright)[..., :3], -1, -3)


def choose_examples(
    num_items: int,
    labels: Sequence[str] | np.ndarray | None = None,
    num_columns: int = 16,
    num_rows: int = 8,
    seed: int = 0,
) -> pl.DataFrame:
    """Choose random items for a contact sheet.

    Parameters
    ----------
    num_items
        N.
    labels
        The label of each item: every label has a row of its own, the largest `num_rows` labels are shown. Without
        labels all rows are one sample.
    num_columns, num_rows
        Most pictures in a row, and most rows.
    seed
        Of the choice. The items of a label do not depend on which other labels there are.

    Returns
    -------
    pl.DataFrame
        ``item``, ``row``, ``column``, and ``label`` (null without labels), in reading order.
    """
    rows: list[tuple[int, int, int, str | None]] = []
    if labels is None:
        chosen = np.sort(numpy_generator(seed, "contact sheet").permutation(num_items)[: num_columns * num_rows])
        rows += [(int(item), place // num_columns, place % num_columns, None) for place, item in enumerate(chosen)]
    else:
        names = np.asarray(labels).astype(str)
        if len(names) != num_items:
            raise SubsongError(f"{num_items} items need as many labels, not {len(names)}")
        found, counts = np.unique(names, return_counts=True)
        kept = sort_labels(found[np.argsort(-counts, kind="stable")[:num_rows]])
        for row, label in enumerate(kept):
            drawn = numpy_generator(seed, "contact sheet", label).permutation(np.flatnonzero(names == label))
            rows += [(int(item), row, column, label) for column, item in enumerate(np.sort(drawn[:num_columns]))]
    schema = {"item": pl.Int64, "row": pl.Int64, "column": pl.Int64, "label": pl.String}
    return pl.DataFrame(rows, schema, orient="row")


@house_style()
def plot_contact_sheet(
    images: np.ndarray | Callable[[np.ndarray], np.ndarray], examples: pl.DataFrame, title: str = ""
) -> Figure:
    """Draw the spectrograms that `choose_examples` chose.

    Parameters
    ----------
    images
        Values in [0, 1], shape (N, F, T), or a function that returns those of the given rows.
    examples
        The data behind the figure: ``item``, ``row``, ``column``, ``label``.
    title
        Stands above the sheet.

    Raises
    ------
    SubsongError
        When there are no examples, or an image has another shape.
    """
    if not len(examples):
        raise SubsongError("a contact sheet needs at least 1 item")
    items = examples["item"].to_numpy()
    found = np.asarray(images(items) if callable(images) else images[items])
    if found.ndim != 3:
        raise SubsongError(f"spectrograms should have the shape (items, F, T), not {found.shape}")
    num_rows, num_columns = (int(examples[name].max()) + 1 for name in ("row", "column"))  # type: ignore[arg-type]
    cells = np.ones((num_rows * num_columns, 3, *found.shape[1:]), np.float32)
    cells[(examples["row"] * num_columns + examples["column"]).to_numpy()] = colour_spectrograms(found)
    pad = max(1, found.shape[2] // 24)
    sheet = tile_pictures(cells, num_columns, pad=pad)[pad:-pad, pad:-pad]
    labels = dict(examples.drop_nulls("label").select("row", "label").unique(maintain_order=True).iter_rows())
    label_mm = _LABEL_MM_PER_LETTER * max(map(len, labels.values()), default=-2) + 3.0
    width_mm = min(FULL_WIDTH_MM - label_mm, _MAX_CELL_MM * num_columns)
    height_mm, title_mm = width_mm * sheet.shape[0] / sheet.shape[1], _TITLE_MM if title else 0.0
    full_mm = label_mm + width_mm, height_mm + title_mm
    figure = new_figure(*full_mm, layout=None)
    axes = figure.add_axes((label_mm / full_mm[0], 0.0, width_mm / full_mm[0], height_mm / full_mm[1]))
    axes.imshow(sheet, interpolation="antialiased", aspect="auto")
    axes.set_axis_off()
    axes.set_title(title)
    for row, label in labels.items():
        middle = 1 - (row + 0.5) / num_rows
        axes.annotate(
            label,
            (0, middle),
            (-4, 0),
            ha="right",
            va="center",
            xycoords="axes fraction",
            textcoords="offset points",
            annotation_clip=False,
        )
    return figure
