"""AVA's ``ava.models.vae_dataset``: files of spectrograms -> partition -> loaders.

Legend: B = rows of a batch, F, T = bins of frequency and time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from subsong.core.errors import SubsongError
from subsong.datasets.types import Batch
from subsong.interop.ava.hdf5 import count_specs, find_hdf5, map_specs

Partition = dict[str, list[str]]
Loaders = dict[str, "DataLoader[Tensor] | None"]
_SEED = 42


def get_syllable_partition(
    dirs: Sequence[str | Path], split: float, shuffle: bool = True, max_num_files: int | None = None
) -> Partition:
    """Divide files of spectrograms into those to train on and those to test on.

    Parameters
    ----------
    dirs
        Folders with ``.hdf5`` files.
    split
        Share of the files to train on, in (0, 1]; 1.0 leaves none to test on.
    shuffle
        Whether the files are put into a random order first, the same one each time; else by name.
    max_num_files
        Use no more files than this; None uses all.

    Returns
    -------
    ``{"train": [paths], "test": [paths]}``.

    Raises
    ------
    SubsongError
        When the split is none, a folder does not exist, or there are no files.

    Notes
    -----
    Neighbouring syllables of a recording lie in one file, but a recording, and an animal, spreads over several: the
    test loss tells of other syllables of the same recordings. The command ``subsong prepare`` splits by recording.
    """
    if not 0 < split <= 1:
        raise SubsongError(f"split is {split}: expected the share of files to train on, above 0 and at most 1")
    if isinstance(dirs, str | Path):
        raise SubsongError(f"dirs is {str(dirs)!r}: expected a list of folders")
    paths = sorted(str(path) for path in find_hdf5(dirs))
    if not paths:
        raise SubsongError(f"no .hdf5 files in {', '.join(map(str, dirs))}: make them with process_sylls first")
    if shuffle:
        # NumPy's legacy generator: AVA's own order.
        np.random.RandomState(_SEED).shuffle(paths)
    paths = paths[:max_num_files]
    num_train = round(split * len(paths))
    return {"train": paths[:num_train], "test": paths[num_train:]}


def get_syllable_data_loaders(
    partition: Partition, batch_size: int = 64, shuffle: tuple[bool, bool] = (True, False), num_workers: int = 4
) -> Loaders:
    """Return ``{"train": loader, "test": loader}``; the latter is None when there are no files to test on.

    Parameters
    ----------
    partition
        From `get_syllable_partition`.
    batch_size
        Spectrograms in a batch.
    shuffle
        Whether training and test come in random order.
    num_workers
        Used only when a loader is iterated over, and no more than there are processors; `VAE` reads the mapped files
        itself, which is faster.

    Raises
    ------
    SubsongError
        When there are no files to train on, or a file holds no spectrograms.
    """
    if not partition["train"]:
        raise SubsongError("there are no files to train on: give more files, or a larger split")
    num_workers = min(num_workers, os.cpu_count() or 1)
    loaders: Loaders = {"test": None}
    for name, is_shuffled in zip(("train", "test"), shuffle, strict=True):
        if partition[name]:
            dataset = SyllableDataset(partition[name])
            loaders[name] = DataLoader(dataset, batch_size=batch_size, shuffle=is_shuffled, num_workers=num_workers)
    return loaders


class SyllableDataset(Dataset[Tensor]):
    """The spectrograms of files, in their order; files may hold different numbers of them.

    Parameters
    ----------
    filenames
        The files.
    sylls_per_file
        Not needed: they are counted. AVA takes all files to hold as many as the first.
    transform
        Applied to each spectrogram, a float array (F, T); None makes a float32 tensor of it.

    Raises
    ------
    SubsongError
        When a file is missing or damaged, or holds no spectrograms.
    """

    def __init__(
        self,
        filenames: Sequence[str | Path],
        sylls_per_file: int | None = None,
        transform: Callable[[np.ndarray], Tensor] | None = None,
    ) -> None:
        self.filenames = [str(filename) for filename in filenames]
        self.transform = transform
        self._ends = np.cumsum([count_specs(Path(filename)) for filename in self.filenames])
        self._specs: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, index: int | Iterable[int]) -> Any:
        """Return a spectrogram, tensor (F, T), or a list of them."""
        if isinstance(index, Iterable):
            return [self._read(int(row)) for row in index]
        return self._read(int(index))

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the rows `index`, shape (B,), as one batch."""
        try:
            spec_BFT = torch.stack([self._read(row) for row in index.tolist()])
        except RuntimeError as error:
            raise SubsongError(f"spectrograms of different sizes cannot be one batch: {error}") from error
        return Batch(torch.tensor(index, dtype=torch.int64), spec_BFT, spec_BFT)

    @property
    def items(self) -> pl.DataFrame:
        """One row a spectrogram: its file, and its row there."""
        counts = np.diff(self._ends, prepend=0)
        rows = np.arange(len(self)) - np.repeat(self._ends - counts, counts)
        return pl.DataFrame({"source": np.repeat(np.array(self.filenames, dtype=str), counts), "row": rows})

    def _read(self, row: int) -> Tensor:
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of {len(self)} spectrograms")
        row %= len(self)
        number = int(np.searchsorted(self._ends, row, side="right"))
        if number not in self._specs:
            self._specs[number] = map_specs(Path(self.filenames[number]))
        specs = self._specs[number]
        spec_FT = specs[row - int(self._ends[number]) + len(specs)]
        return torch.from_numpy(spec_FT.astype(np.float32)) if self.transform is None else self.transform(spec_FT)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the maps out: a worker process makes its own."""
        return {**self.__dict__, "_specs": {}}
