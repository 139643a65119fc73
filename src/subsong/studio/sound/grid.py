"""Which samples a column of a picture stands for: the one grid that spectrograms and waveforms share.

Legend: C = columns.
"""

from __future__ import annotations

import numpy as np

from subsong.sources.audio import AudioInfo

NUM_COLUMNS = 512
"""Columns of a tile."""
_BASE_HOP_S = 0.0005


class Grid:
    """The columns of a picture, and where each lies in the recording.

    Parameters
    ----------
    info
        The recording.
    start_s, hop_s
        Where the first column begins, and how long a column is.
    num_columns
        C.

    Attributes
    ----------
    hop
        Samples a column stands for; not a whole number, and below 1 where one looks closely.
    edges_C
        Where each column begins, and the last one ends, int64, C + 1 numbers, none beyond the recording.
    num_inside
        How many columns begin before the recording ends; the others show nothing.
    """

    def __init__(self, info: AudioInfo, start_s: float, hop_s: float, num_columns: int = NUM_COLUMNS) -> None:
        rate = info.sample_rate_hz
        self.hop = hop_s * rate
        edges_C = np.rint((start_s + hop_s * np.arange(num_columns + 1)) * rate)
        self.edges_C = edges_C.clip(0, info.num_samples).astype(np.int64)
        self.num_inside = int(np.count_nonzero(edges_C[:-1] < info.num_samples))


def find_hop_s(level: int) -> float:
    """Return how long a column of a level is: 0.5 ms, twice as much with every level."""
    return _BASE_HOP_S * 2.0**level


def lay_tile(info: AudioInfo, level: int, index: int) -> Grid:
    """Return the columns of a tile.

    Parameters
    ----------
    info
        The recording.
    level
        Of the zoom; below 0 a column is shorter than half a millisecond.
    index
        Of the tile, from 0; one that begins after the end has no column inside.
    """
    hop_s = find_hop_s(level)
    return Grid(info, index * NUM_COLUMNS * hop_s, hop_s)


def lay_stretch(info: AudioInfo, start_s: float, stop_s: float, num_columns: int) -> Grid:
    """Return columns over a stretch of a recording, all inside; at least one sample in all.

    What reaches beyond either end of the recording is cut off.
    """
    start_s = min(max(start_s, 0.0), max(0.0, (info.num_samples - 1) / info.sample_rate_hz))
    stop_s = min(max(stop_s, start_s + 1 / info.sample_rate_hz), info.duration_s)
    return Grid(info, start_s, (stop_s - start_s) / num_columns, num_columns)
