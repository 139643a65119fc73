"""Pictures from wherever they lie: idx files, a folder of pictures, a NumPy file, or the packaged digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.idx import IdxPair, find_idx_labels, find_idx_pairs, read_idx_pictures
from subsong.sources.picture_arrays import read_picture_array
from subsong.sources.picture_folder import PICTURE_SUFFIXES, read_picture_folder
from subsong.sources.types import Pictures, picture_items

__all__ = ["Pictures", "read_packaged_digits", "read_pictures"]


def read_pictures(path: str | Path | None = None) -> Pictures:
    """Read equal-sized pictures.

    Parameters
    ----------
    path
        None: the 1,797 digits of 8 x 8 pixels packaged with scikit-learn. A folder: MNIST's idx files when it holds
        any, else its pictures (see `read_picture_folder`). A file: idx (gzip or not), ``.npy`` or ``.npz``. The labels
        of an idx file are taken from the file beside it that is named like it.

    Raises
    ------
    SubsongError
        When there is nothing at the path, or what is there cannot be read as pictures.
    """
    if path is None:
        return read_packaged_digits()
    path = Path(path).expanduser()
    if not path.exists():
        raise SubsongError(f"{path} does not exist: expected a folder of pictures, an idx file, .npy or .npz")
    if path.is_dir():
        pairs = find_idx_pairs(path)
        return _read_idx_pairs(pairs) if pairs else read_picture_folder(path)
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        raise SubsongError(f"{path} is a single picture: give the folder that holds the pictures")
    if suffix in (".npy", ".npz"):
        return read_picture_array(path)
    return _read_idx_pairs([IdxPair("train", path, find_idx_labels(path))])


def read_packaged_digits() -> Pictures:
    """Return scikit-learn's packaged digits: 1,797 grey pictures of 8 x 8 pixels, their 17 levels spread over 0-255.

    A copy of the test set of the "Optical Recognition of Handwritten Digits" data set (Alpaydin & Kaynak, 1998).
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[:, None]
    num_pictures = len(images)
    return Pictures(images, picture_items(["scikit-learn digits"] * num_pictures, range(num_pictures), digits.target))


def _read_idx_pairs(pairs: list[IdxPair]) -> Pictures:
    """Read the parts of a data set one after the other; a part that is alone is the whole, and has no split."""
    parts = [_read_idx_pair(pair, is_alone=len(pairs) == 1) for pair in pairs]
    sizes = [part.images.shape[1:] for part in parts]
    if len(set(sizes)) > 1:
        first, second = (
            f"{pair.images_path.name} {size[2]} x {size[1]}" for pair, size in zip(pairs, sizes, strict=True)
        )
        raise SubsongError(
            f"{pairs[0].images_path.parent}: pictures of unequal size (width x height), {first} and {second}: the "
            "files do not belong together"
        )
    return Pictures(np.concatenate([part.images for part in parts]), pl.concat([part.items for part in parts]))


def _read_idx_pair(pair: IdxPair, is_alone: bool) -> Pictures:
    images, labels = read_idx_pictures(pair.images_path, pair.labels_path)
    splits = None if is_alone else [pair.split] * len(images)
    items = picture_items([pair.images_path.name] * len(images), np.arange(len(images)), labels, splits)
    return Pictures(images[:, None], items)
