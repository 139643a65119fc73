"""torchvision's ``datasets.MNIST``, read from idx files that are there; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch.utils.data import Dataset

from subsong.core.errors import SubsongError
from subsong.interop.torchbearer.vision.transforms import takes_arrays
from subsong.sources.idx import IdxPair, find_idx_pairs, read_idx_pictures


class MNIST(Dataset[Any]):
    """Digits and their labels.

    Parameters
    ----------
    root
        Folder of the four idx files, gzipped or not; also where torchvision keeps them, ``MNIST/raw`` in it.
    train
        The training part, or the test part.
    transform, target_transform
        Applied to each picture, of PIL, and to each label.
    download
        Ignored: files that are missing are named, with the way to get them.

    Raises
    ------
    SubsongError
        When the files are missing or damaged.
    """

    def __init__(
        self,
        root: str | Path,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        pair = _find_files(Path(root), "train" if train else "test")
        images, labels = read_idx_pictures(pair.images_path, pair.labels_path)
        self.data = torch.from_numpy(images)
        self.targets = (
            torch.zeros(len(images), dtype=torch.int64) if labels is None else torch.from_numpy(labels).long()
        )
        self.transform, self.target_transform = transform, target_transform
        # Ten times as fast as by way of PIL, and the same numbers.
        self._takes_arrays = takes_arrays(transform)
        self._images, self._labels = images, self.targets.tolist()

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Return a picture and its label, transformed."""
        array, label = self._images[index], self._labels[index]
        picture: Any = array if self._takes_arrays else Image.fromarray(array)
        return (
            picture if self.transform is None else self.transform(picture),
            label if self.target_transform is None else self.target_transform(label),
        )


def _find_files(root: Path, split: str) -> IdxPair:
    for folder in (root, root / "MNIST" / "raw", root / "raw"):
        found = [pair for pair in find_idx_pairs(folder) if pair.split == split] if folder.is_dir() else []
        if found:
            return found[0]
    name = "train" if split == "train" else "t10k"
    raise SubsongError(
        f"{root} holds no {name}-images-idx3-ubyte: nothing is downloaded here; put the four files of MNIST (gzipped "
        "or not) into that folder, or name the folder they are in"
    )
