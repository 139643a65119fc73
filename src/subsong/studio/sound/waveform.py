"""A tile of the waveform: the least and the greatest sample of each column.

Legend: C = columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from subsong.sources.audio import AudioInfo
from subsong.studio.sound.grid import Grid, lay_tile

# A tile of more samples is sampled: runs of samples at a few places of each column.
_MOST_SAMPLES = 1 << 23
_SAMPLES_A_BLOCK = 1 << 20
_PLACES, _SAMPLES_A_PLACE = 2, 2048


def compute_waveform(read: Callable[[int, int], np.ndarray], info: AudioInfo, place: tuple[int, int]) -> np.ndarray:
    """Return the least and the greatest sample of each column of a tile, float32, shape (512, 2).

    Zero beyond the end. A column of a tile of minutes is exact; one of hours is made of samples at two places until
    `peaks` are there, so that a tile of any length takes about as long.

    Parameters
    ----------
    read
        Returns the samples of a channel from one number to before another.
    info
        The recording.
    place
        Level and index of the tile.
    """
    grid = lay_tile(info, *place)
    extremes_C2 = np.zeros((len(grid.edges_C) - 1, 2), np.float32)
    if grid.num_inside == 0:
        return extremes_C2
    for columns, found in find_extremes(read, grid) if reads_all(grid) else _find_sampled(read, grid):
        extremes_C2[columns] = found
    return extremes_C2


def reads_all(grid: Grid) -> bool:
    """Return whether there are few enough samples to read all while somebody waits."""
    return grid.hop * grid.num_inside <= _MOST_SAMPLES


def find_extremes(read: Callable[[int, int], np.ndarray], grid: Grid) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the extremes of some columns at a time, all of whose samples are read."""
    num_columns = max(1, int(_SAMPLES_A_BLOCK // max(grid.hop, 1.0)))
    for first in range(0, grid.num_inside, num_columns):
        columns = slice(first, min(first + num_columns, grid.num_inside))
        starts_C = grid.edges_C[columns]
        # Looked at closely, neighbouring columns share a sample.
        stop = max(int(grid.edges_C[columns.stop]), int(starts_C[-1]) + 1)
        samples_T = read(int(starts_C[0]), stop)
        offsets_C = starts_C - starts_C[0]
        yield columns, np.stack([ufunc.reduceat(samples_T, offsets_C) for ufunc in (np.minimum, np.maximum)], axis=1)


def _find_sampled(read: Callable[[int, int], np.ndarray], grid: Grid) -> Iterator[tuple[slice, np.ndarray]]:
    for column in range(grid.num_inside):
        start, stop = int(grid.edges_C[column]), int(grid.edges_C[column + 1])
        runs = [read(at, min(at + _SAMPLES_A_PLACE, stop)) for at in _choose_places(start, stop)]
        yield slice(column, column + 1), np.array([min(r.min() for r in runs), max(r.max() for r in runs)])


def _choose_places(start: int, stop: int) -> list[int]:
    """Return where runs of samples begin, spread evenly from `start` to before `stop`."""
    last = max(start, stop - _SAMPLES_A_PLACE)
    places = np.rint(start + (last - start) * (np.arange(_PLACES) + 0.5) / _PLACES).astype(int)
    return sorted(set(places.tolist()))
