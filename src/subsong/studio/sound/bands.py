"""Which frequencies a row of a picture stands for.

Legend: B = bins of the Fourier transform that the band needs, low to high; H = rows, high to low; C = columns.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from subsong.studio.sound.grey import FLOOR_DB

_FLOOR_POWER = 10 ** (FLOOR_DB / 10)


class Band(NamedTuple):
    """The frequencies of a picture.

    Attributes
    ----------
    low_hz, high_hz
        Of its lower and upper edge; the upper may lie beyond what the recording holds.
    height
        H.
    """

    low_hz: float
    high_hz: float
    height: int


class BandRows:
    """Rows of equal width in frequency, made of bins.

    Where a row has several bins it is the loudest of them, so that a pure tone never disappears between rows; where
    bins are wider than rows, it is interpolated between them, in dB.

    Parameters
    ----------
    band
        The frequencies.
    sample_rate_hz
        Of the recording.
    window
        Samples of a frame.

    Attributes
    ----------
    bins
        The bins that are needed, B of them.
    """

    def __init__(self, band: Band, sample_rate_hz: int, window: int) -> None:
        bin_hz = sample_rate_hz / window
        edges_H = np.linspace(band.high_hz, band.low_hz, band.height + 1) / bin_hz
        last = window // 2
        first = min(max(0, math.floor(edges_H[-1])), last)
        self.bins = slice(first, min(math.ceil(edges_H[0]), last) + 1)
        num_bins = self.bins.stop - first
        middle_H = ((edges_H[:-1] + edges_H[1:]) / 2 - first).clip(0, num_bins - 1)
        self._below_H = np.floor(middle_H).astype(np.int64)
        self._above_H = np.minimum(self._below_H + 1, num_bins - 1)
        self._weight_H1 = (middle_H - self._below_H).astype(np.float32)[:, None]
        self._is_beyond_H = (edges_H[:-1] + edges_H[1:]) / 2 * bin_hz > sample_rate_hz / 2
        # Bins from starts[i] to before starts[i + 1] lie in row H - 1 - i.
        starts = (np.ceil(edges_H[::-1]).astype(np.int64) - first).clip(0, num_bins)
        self._stop = int(starts[-1])
        self._rows_with_bins = np.flatnonzero(starts[:-1] < starts[1:])
        self._starts = starts[self._rows_with_bins]

    def pool(self, power_BC: np.ndarray) -> np.ndarray:
        """Return dB re a sine of full scale, float32, shape (H, C), not below `FLOOR_DB`.

        Parameters
        ----------
        power_BC
            Power of `bins`; that of a sine of full scale is 1 in the bin of its frequency.
        """
        return self.pool_decibels(to_decibels(power_BC))

    def pool_decibels(self, decibels_BC: np.ndarray) -> np.ndarray:
        """Return the same from decibels, float32."""
        below_HC = decibels_BC[self._below_H]
        rows_HC: np.ndarray = below_HC + (decibels_BC[self._above_H] - below_HC) * self._weight_H1
        if len(self._starts):
            loudest = np.maximum.reduceat(decibels_BC[: self._stop], self._starts, axis=0)
            rows = len(rows_HC) - 1 - self._rows_with_bins
            rows_HC[rows] = np.maximum(rows_HC[rows], loudest)
        rows_HC[self._is_beyond_H] = FLOOR_DB
        return rows_HC


def to_decibels(power: np.ndarray) -> np.ndarray:
    """Return power in dB, not below `FLOOR_DB`, float32, of the same shape."""
    decibels: np.ndarray = np.maximum(power, np.float32(_FLOOR_POWER))
    np.log10(decibels, out=decibels)
    decibels *= np.float32(10)
    return decibels
