"""Patterns on a limb, as a share of the second colour at every place; a place moves with the limb.

Legend: P = pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_SHARPNESS = 7.0
_DOT_RADIUS = 0.34


def _no_pattern(along_P: np.ndarray, across_P: np.ndarray, share_P: np.ndarray) -> np.ndarray:
    return np.zeros_like(along_P)


def _rings(along_P: np.ndarray, across_P: np.ndarray, share_P: np.ndarray) -> np.ndarray:
    return _alternate(along_P)


def _lines(along_P: np.ndarray, across_P: np.ndarray, share_P: np.ndarray) -> np.ndarray:
    return _alternate(across_P + 0.5)


def _dots(along_P: np.ndarray, across_P: np.ndarray, share_P: np.ndarray) -> np.ndarray:
    row_P = np.floor(along_P)
    shifted_P = across_P + 0.5 * (row_P % 2)
    down_P, right_P = along_P - row_P - 0.5, shifted_P - np.floor(shifted_P) - 0.5
    return _soften(_DOT_RADIUS - np.sqrt(down_P**2 + right_P**2))


def _gradient(along_P: np.ndarray, across_P: np.ndarray, share_P: np.ndarray) -> np.ndarray:
    return share_P


PATTERN_FUNCTIONS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "plain": _no_pattern,
    "rings": _rings,
    "lines": _lines,
    "dots": _dots,
    "gradient": _gradient,
}
"""Of the place along the limb and across it, both in repeats, and the share of its length; to 0 ... 1."""
PATTERNS = tuple(PATTERN_FUNCTIONS)


def _alternate(place_P: np.ndarray) -> np.ndarray:
    return _soften(np.abs(place_P - np.floor(place_P) - 0.5) - 0.25)


def _soften(inside_P: np.ndarray) -> np.ndarray:
    softened: np.ndarray = np.clip(0.5 + _SHARPNESS * inside_P, 0, 1)
    return softened
