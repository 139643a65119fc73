"""What a part of an exploration is given, and what it returns.

Legend: N = items, L = latent dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.reports.content import KeyFigure
from subsong.reports.drawn import Drawn


class Sample(NamedTuple):
    """The items that are explored.

    Attributes
    ----------
    items
        One row an item.
    latents_NL
        Shape (N, L).
    recordings
        Which recording each item is of, text, shape (N,); None when there are not two.
    seed
        Of every random draw.
    """

    items: pl.DataFrame
    latents_NL: np.ndarray
    recordings: np.ndarray | None
    seed: int


class Part(NamedTuple):
    """What one part found.

    Attributes
    ----------
    figures
        In reading order.
    tables
        File name -> the data behind a figure.
    key_figures
        Stand at the top of the page.
    warnings
        What a reader has to know before believing the numbers.
    """

    figures: tuple[Drawn, ...] = ()
    tables: Mapping[str, pl.DataFrame] = {}
    key_figures: tuple[KeyFigure, ...] = ()
    warnings: tuple[str, ...] = ()
