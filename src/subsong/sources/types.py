"""What readers of pictures hand on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

_ITEMS_SCHEMA = {"source": pl.String, "row": pl.Int64, "label": pl.String, "split": pl.String}


class Pictures(NamedTuple):
    """Equal-sized pictures and where each came from.

    Attributes
    ----------
    images
        uint8, shape (N, C, H, W); C is 1 (grey) or 3 (red, green, blue).
    items
        One row a picture, in order: ``source`` (file, relative to the folder that was read), ``row`` (within it, from
        0), ``label`` (text, or null), ``split`` (``"train"``, ``"test"``, or null where the source has no parts).
    """

    images: np.ndarray
    items: pl.DataFrame


def picture_items(
    sources: Sequence[str],
    rows: Sequence[int] | np.ndarray,
    labels: Sequence[object] | np.ndarray | None = None,
    splits: Sequence[str | None] | None = None,
) -> pl.DataFrame:
    """Return the table of a `Pictures`; labels become text, what is not given becomes null."""
    num_items = len(sources)
    texts = [None] * num_items if labels is None else [None if label is None else str(label) for label in labels]
    columns = {"source": list(sources), "row": list(rows), "label": texts, "split": splits or [None] * num_items}
    return pl.DataFrame(columns, schema=_ITEMS_SCHEMA)
