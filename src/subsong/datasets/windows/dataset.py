"""Windows of song as datasets: drawn afresh each epoch, or at fixed places.

Legend: N = windows, B = rows of a batch, F, T = rows and columns of a picture.
"""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import torch

from subsong.core.seeds import numpy_generator
from subsong.datasets.types import Batch
from subsong.datasets.windows.axes import WindowAxis
from subsong.datasets.windows.drawing import Stretches, Windows, draw_windows
from subsong.datasets.windows.frames import RegionFrames

_NOT_OF_WINDOWS = ("onset_s", "offset_s", "first_frame", "num_frames")


class FixedWindows:
    """Windows at fixed places: their spectrograms are made when they are fetched.

    Parameters
    ----------
    frames
        The spectrograms of the regions.
    axis
        Which moments the columns of a window show.
    windows
        Where.

    Attributes
    ----------
    item_shape
        (F, T).
    value_range
        Smallest and largest value of a picture.
    """

    value_range: tuple[float, float] = (0.0, 1.0)

    def __init__(self, frames: RegionFrames, axis: WindowAxis, windows: Windows) -> None:
        self.frames, self.axis, self.windows = frames, axis, windows
        self.item_shape: tuple[int, ...] = (frames.num_freq_bins, axis.num_time_bins)

    def __len__(self) -> int:
        return len(self.windows.region_N)

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the windows `index` (whole numbers in 0..N-1, shape (B,)); input and target are one tensor (B, F, T).

        Raises
        ------
        IndexError
            When an index is outside 0..N-1.
        """
        region_B, start_B = (values_N[index] for values_N in self.windows)
        images_BFT = self.frames.fetch(region_B, self.axis.times(region_B, start_B))
        return Batch(torch.tensor(index, dtype=torch.int64), images_BFT, images_BFT)

    @property
    def items(self) -> pl.DataFrame:
        """One row a window: ``source``, ``onset_s`` and ``offset_s`` in it, ``row`` (which region), ..."""
        return describe_windows(self.frames, self.axis, self.windows)

    def hash(self) -> str:
        """Return the SHA-256 of where the windows are, in hexadecimal."""
        return hashlib.sha256(self.items.write_csv().encode()).hexdigest()


class DrawnWindows(FixedWindows):
    """Windows at places that are drawn for each epoch, by the seed and the number of the epoch alone.

    Parameters
    ----------
    frames, axis
        As for `FixedWindows`.
    stretches
        Where windows may begin.
    num_windows
        How many make an epoch.
    seed
        Of the draws.
    """

    def __init__(
        self, frames: RegionFrames, axis: WindowAxis, stretches: Stretches, num_windows: int, seed: int
    ) -> None:
        self._stretches, self._num_windows, self._seed = stretches, num_windows, seed
        super().__init__(frames, axis, self._draw(0))

    def start_epoch(self, epoch: int) -> None:
        """Draw the windows of an epoch, counted from 0."""
        self.windows = self._draw(epoch)

    def _draw(self, epoch: int) -> Windows:
        return draw_windows(self._stretches, self._num_windows, numpy_generator(self._seed, "windows", epoch))

    def hash(self) -> str:
        """Return the SHA-256 of what the windows of all epochs follow from, in hexadecimal."""
        digest = hashlib.sha256(self.frames.regions.write_csv().encode())
        for values_M in self._stretches:
            digest.update(np.ascontiguousarray(values_M).data)
        digest.update(repr((self._num_windows, self._seed, self.axis.window_s, self.axis.num_time_bins)).encode())
        return digest.hexdigest()


def describe_windows(frames: RegionFrames, axis: WindowAxis, windows: Windows) -> pl.DataFrame:
    """Return one row a window: the columns of its region, and from when to when of the recording it shows."""
    region_N, start_N = windows
    times_NT = axis.times(region_N, start_N)
    places = {"onset_s": times_NT[:, 0], "offset_s": times_NT[:, -1]}
    if axis.start_column not in places:
        places[axis.start_column] = start_N
    of_regions = frames.regions.drop(_NOT_OF_WINDOWS)[region_N]
    first = [name for name in ("source", "row") if name in of_regions.columns]
    return of_regions.with_columns(**places).select(*first, *places, pl.exclude(*first, *places))
