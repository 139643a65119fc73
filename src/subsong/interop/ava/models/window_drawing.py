"""Windows as AVA's data sets hand them out: drawn afresh each epoch by a seed, looked up one by one or as batches.

Legend: B = rows of a batch, F, T = rows and columns of a picture.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.types import Batch
from subsong.datasets.windows.axes import WindowAxis
from subsong.datasets.windows.drawing import Stretches, Windows, draw_windows
from subsong.interop.ava.hdf5 import SUFFIX, SpecFile, write_specs
from subsong.interop.ava.models.window_pictures import SHOULDER_S, PictureSource

Transform = Callable[[np.ndarray], Any]
_MOST_DRAWS = 1000


class Draw(NamedTuple):
    """Windows, and what they were drawn by.

    Attributes
    ----------
    windows
        Where they are. One that cannot be shown is replaced.
    seed
        Of the draw.
    purpose
        What was drawn for.
    """

    windows: Windows
    seed: int
    purpose: tuple[str | int, ...]


class DrawnPictures(Dataset[Tensor]):
    """Pictures of windows at places drawn by the seed and the number of the epoch alone.

    Parameters
    ----------
    source
        Makes the pictures.
    axis
        Which moments the columns of a window show.
    stretches
        Where windows may begin.
    transform
        Applied to each picture, a float32 array (F, T); None makes a tensor of it.
    dataset_length
        Windows of an epoch.
    seed
        Of the draws; None takes torch's.
    """

    _shoulder: float | None = SHOULDER_S

    def __init__(
        self,
        source: PictureSource,
        axis: WindowAxis,
        stretches: Stretches,
        transform: Transform | None,
        dataset_length: int,
        seed: int | None,
    ) -> None:
        self._source, self._axis, self._stretches = source, axis, stretches
        self.transform, self.dataset_length = transform, dataset_length
        self.seed = torch.initial_seed() if seed is None else seed
        self.start_epoch(0)

    def __len__(self) -> int:
        return self.dataset_length

    @property
    def in_workers(self) -> bool:
        """Whether processes of a loader make pictures sooner than this one does."""
        return self._source.in_workers

    def start_epoch(self, epoch: int) -> None:
        """Draw the windows of an epoch, counted from 0."""
        self._current = self._draw(self.dataset_length, self.seed, "windows", epoch)

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the windows `index` of this epoch, shape (B,), as one batch."""
        images_BFT = self._make(self._current, index, self._shoulder)
        if self.transform is not None:
            images_BFT = torch.stack([self.transform(image_FT) for image_FT in images_BFT.numpy()])
        return Batch(torch.tensor(index, dtype=torch.int64), images_BFT, images_BFT)

    def __getitem__(self, index: int | Iterable[int], seed: int | None = None) -> Any:
        """Return a picture, or a list of them.

        Parameters
        ----------
        index
            Which windows of this epoch.
        seed
            Draw as many windows as indices by this seed alone instead.
        """
        pictures, _ = self._look_up(index, seed, self._shoulder)
        return pictures if isinstance(index, Iterable) else pictures[0]

    def __getitems__(self, index: list[int]) -> list[Any]:
        """Return a batch of pictures at once, for loaders of torch."""
        pictures: list[Any] = self[index]
        return pictures

    @property
    def items(self) -> pl.DataFrame:
        """One row a window of this epoch: ``source``, ``row`` (which region), ``onset_s``, ``offset_s``, ..."""
        return self._describe(self._current.windows)

    def _look_up(
        self, index: int | Iterable[int], seed: int | None, shoulder: float | None
    ) -> tuple[list[Any], Windows]:
        """Return pictures, transformed, and where they are; without a table, which worker processes cannot make."""
        rows_B = np.atleast_1d(np.asarray(index if isinstance(index, int) else list(index), dtype=np.int64))
        draw = self._current
        if seed is not None:
            draw, rows_B = self._draw(len(rows_B), int(seed), "windows of a seed"), np.arange(len(rows_B))
        elif len(rows_B) and not (-len(self) <= rows_B.min() and rows_B.max() < len(self)):
            raise IndexError(f"rows {rows_B.min()} to {rows_B.max()} of {len(self)} windows")
        else:
            rows_B %= len(self)
        images_BFT = self._make(draw, rows_B, shoulder)
        pictures = list(images_BFT) if self.transform is None else list(map(self.transform, images_BFT.numpy()))
        return pictures, Windows(*(values[rows_B] for values in draw.windows))

    def _draw(self, num_windows: int, seed: int, *purpose: str | int) -> Draw:
        generator = numpy_generator(seed, *purpose)
        return Draw(draw_windows(self._stretches, num_windows, generator), seed, purpose)

    def _make(self, draw: Draw, rows_B: np.ndarray, shoulder: float | None) -> Tensor:
        """Return pictures, shape (B, F, T); windows without one are drawn again, each by its own row."""
        images_BFT, shown_B = self._picture(draw, rows_B, shoulder)
        for attempt in range(_MOST_DRAWS):
            hidden = np.flatnonzero(~shown_B)
            if len(hidden) == 0:
                return images_BFT
            for row in rows_B[hidden].tolist():
                again = self._draw(1, draw.seed, *draw.purpose, "again", row, attempt)
                for values, new in zip(draw.windows, again.windows, strict=True):
                    values[row] = new.item()
            images_BFT[hidden], shown_B[hidden] = self._picture(draw, rows_B[hidden], shoulder)
        raise SubsongError(
            f"p['get_spec'] gave no picture with a value of min_spec_val or more for {_MOST_DRAWS} windows in a row: "
            "lower min_spec_val, or leave silent recordings out"
        )

    def _picture(self, draw: Draw, rows_B: np.ndarray, shoulder: float | None) -> tuple[Tensor, np.ndarray]:
        region_B, start_B = (values[rows_B] for values in draw.windows)
        return self._source.make(region_B, self._axis.times(region_B, start_B), shoulder)

    def _describe(self, windows: Windows) -> pl.DataFrame:
        region_B, start_B = windows
        times_BT = self._axis.times(region_B, start_B)
        places = {"onset_s": times_BT[:, 0], "offset_s": times_BT[:, -1]}
        if self._axis.start_column not in places:
            places[self._axis.start_column] = start_B
        return self._source.regions.select("source", "row", "recording")[region_B].with_columns(**places)

    def _write_files(self, save_dir: str | Path, stem: str, num_files: int, sylls_per_file: int) -> None:
        """Write files of windows, those of each drawn by its number."""
        for number in range(num_files):
            pictures, windows = self._look_up(range(sylls_per_file), number, self._shoulder)
            places = self._describe(windows)
            specs = np.stack([np.asarray(picture, dtype=np.float32) for picture in pictures])
            onsets, offsets = places["onset_s"].to_numpy(), places["offset_s"].to_numpy()
            content = SpecFile(specs, onsets, offsets, places["source"].to_list())
            write_specs(Path(save_dir) / f"{stem}_{number:04d}{SUFFIX}", content)


class DrawnLoader(DataLoader[Tensor]):
    """A loader whose dataset draws the windows of the next epoch each time it is iterated over."""

    _num_epochs = 0

    def __iter__(self) -> Any:
        assert isinstance(self.dataset, DrawnPictures)
        self.dataset.start_epoch(self._num_epochs)
        self._num_epochs += 1
        return super().__iter__()


def build_loader(
    dataset: DrawnPictures, batch_size: int, is_shuffled: bool, num_workers: int, is_drawn: bool
) -> DataLoader[Tensor]:
    """Return a loader of windows.

    Parameters
    ----------
    dataset
        The windows.
    batch_size, is_shuffled
        As torch takes them.
    num_workers
        Used only where each picture is made by a call of the user's function, and no more than there are processors.
        Pictures of ours are made faster than they could be handed from process to process.
    is_drawn
        Whether windows are drawn afresh for each pass; else they stay.
    """
    num_workers = min(num_workers, os.cpu_count() or 1) if dataset.in_workers else 0
    kind = DrawnLoader if is_drawn else DataLoader[Tensor]
    return kind(dataset, batch_size=batch_size, shuffle=is_shuffled, num_workers=num_workers)
