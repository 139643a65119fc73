"""A tile of the spectrogram, as grey values.

Legend: H = rows, C = columns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from subsong.sources.audio import AudioInfo
from subsong.studio.sound.bands import Band
from subsong.studio.sound.columns import choose_window, compute_columns
from subsong.studio.sound.grey import to_grey
from subsong.studio.sound.grid import lay_tile


def compute_tile(
    read: Callable[[int, int], np.ndarray], info: AudioInfo, place: tuple[int, int], band: Band, window_ms: float = 0.0
) -> np.ndarray:
    """Return a tile, uint8, shape (H, 512): 0 is -120 dB re a sine of full scale or less, 255 is 0 dB.

    Equal whatever was asked before, and one tile goes on where the one before it ends.

    Parameters
    ----------
    read
        Returns the samples of a channel from one number to before another, zeros beyond the ends of the recording.
    info
        The recording.
    place
        Level and index of the tile.
    band
        Its rows; row 0 is the highest.
    window_ms
        Length of the window; 0: chosen from rate, band and level.
    """
    grid = lay_tile(info, *place)
    if grid.num_inside == 0:
        return np.zeros((band.height, len(grid.edges_C) - 1), np.uint8)
    window = choose_window(info.sample_rate_hz, band.high_hz, grid.hop, window_ms)
    return to_grey(compute_columns(read, grid, band, info.sample_rate_hz, window))
