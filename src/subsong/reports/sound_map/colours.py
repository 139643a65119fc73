"""Colours of points on light and on dark ground, and of spectrograms."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex

from subsong.reports.style import PALETTE

_DARK_PALETTE = (
    *("#4ba6e6", "#ff8a4c", "#2fc99a", "#f2b632", "#9fd8ff", "#ee9cc4", "#f5ec6b"),
    *("#a796ff", "#ff7b7b", "#4cc7cc", "#c9ced4", "#9be08f"),
)
"""The house colours in the same order, lightened: they keep their distances on dark ground."""
_NUM_STEPS = 64
_PAPER_SOUND = LinearSegmentedColormap.from_list("ink", ["#fbfcfd", "#b9cfe0", "#4a7ba6", "#123a5e", "#06141f"])
_NIGHT_SOUND = LinearSegmentedColormap.from_list(
    "night", ["#0d1016", "#2a1a52", "#7a2a73", "#d5524f", "#f9a242", "#fdf3c3"]
)


def build_colours() -> dict[str, Any]:
    """Return for ``light`` and ``dark``: colours of categories, a scale for numbers, a scale for spectrograms."""
    viridis = matplotlib.colormaps["viridis"]
    return {
        "light": _build_scheme(
            PALETTE, LinearSegmentedColormap.from_list("v", viridis(np.linspace(0, 0.9, 32))), _PAPER_SOUND
        ),
        "dark": _build_scheme(
            _DARK_PALETTE, LinearSegmentedColormap.from_list("v", viridis(np.linspace(0.2, 1, 32))), _NIGHT_SOUND
        ),
    }


def _build_scheme(palette: tuple[str, ...], numbers: Any, sound: Any) -> dict[str, list[str]]:
    steps = np.linspace(0.0, 1.0, _NUM_STEPS)
    return {
        "categories": list(palette),
        "numbers": [to_hex(numbers(step)) for step in steps],
        "sound": [to_hex(sound(step)) for step in steps],
    }
