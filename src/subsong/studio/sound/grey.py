"""Decibels as grey values of eight bits: 0 is `FLOOR_DB` or less, 255 is 0 dB re a sine of full scale."""

from __future__ import annotations

import numpy as np

FLOOR_DB = -120.0


def to_grey(decibels: np.ndarray) -> np.ndarray:
    """Return decibels as grey values, uint8, of the same shape."""
    grey: np.ndarray = np.rint((decibels - FLOOR_DB) * (255 / -FLOOR_DB)).clip(0, 255).astype(np.uint8)
    return grey


def from_grey(grey: np.ndarray) -> np.ndarray:
    """Return the decibels of grey values, float32, of the same shape; within a quarter of a decibel."""
    decibels: np.ndarray = grey * np.float32(-FLOOR_DB / 255) + np.float32(FLOOR_DB)
    return decibels
