"""Colours of contexts, the same in every figure of a page."""

from __future__ import annotations

from itertools import cycle

import numpy as np
from matplotlib.lines import Line2D

from subsong.core.words import count_noun
from subsong.reports.latent import sort_labels
from subsong.reports.style import PALETTE


def choose_colours(classes: np.ndarray) -> dict[str, str]:
    """Return the colour of each class, sorted by name."""
    return dict(zip(sort_labels(classes), cycle(PALETTE), strict=False))


def build_keys(classes: np.ndarray, noun: str) -> list[Line2D]:
    """Return a key of the classes of sequences, with their numbers, such as ``directed (12 renditions)``."""
    return [
        Line2D([], [], color=colour, linewidth=1.6, label=f"{name} ({count_noun(int((classes == name).sum()), noun)})")
        for name, colour in choose_colours(classes).items()
    ]
