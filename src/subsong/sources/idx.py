"""Idx files: the format of MNIST and its kin, packed with gzip or not.

An idx file is a magic number (two zero bytes, a type code, the number of dimensions), one big-endian 32-bit size per
dimension, and the values, big-endian, last dimension fastest (LeCun, Cortes & Burges, 1998).
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from subsong.core.errors import SubsongError

_GZIP_MAGIC = b"\x1f\x8b"
_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_IMAGES_NAME = re.compile(r"(?P<before>.*?)(?P<part>train|t10k|test)-images(?P<dot>[-.])idx3-ubyte(?:\.gz)?$")


class IdxPair(NamedTuple):
    """The pictures of one part of a data set and their labels.

    Attributes
    ----------
    split
        ``"train"`` or ``"test"``, as the file's name says.
    images_path
        File of the pictures.
    labels_path
        File of their labels, or None when there is none.
    """

    split: Literal["train", "test"]
    images_path: Path
    labels_path: Path | None


def read_idx(path: str | Path) -> np.ndarray:
    """Read one idx file; whether it is packed with gzip is seen from its content, not from its name.

    Returns
    -------
    numpy.ndarray
        As many dimensions as the file has, in the machine's byte order; its memory is its own and can be written to.

    Raises
    ------
    SubsongError
        When the file is missing, empty, damaged, cut short, too long, or not an idx file.
    """
    path = Path(path)
    content = _unpack(path, _read_bytes(path))
    dtype, shape, start = _parse_header(path, content)
    num_expected = math.prod(shape) * dtype.itemsize
    num_found = len(content) - start
    if num_found != num_expected:
        size = " x ".join(map(str, shape))
        what = "cut short" if num_found < num_expected else "followed by bytes that do not belong to it"
        raise SubsongError(
            f"{path} is {what}: its header announces {size} values ({num_expected} bytes), the file holds {num_found} "
            "bytes of values; copy or download it again"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise SubsongError(f"{path} is a folder, expected an idx file")
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise SubsongError(f"{path} does not exist: check the path") from error
    except OSError as error:
        raise SubsongError(f"{path} cannot be read ({error.strerror}): check the path and its permissions") from error
    if not content:
        raise SubsongError(f"{path} is empty (0 bytes), expected an idx file: copy or download it again")
    return content


def _unpack(path: Path, content: bytes) -> bytes:
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except EOFError as error:
        raise SubsongError(f"{path} is cut short: its gzip stream has no end; copy or download it again") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise SubsongError(f"{path} is damaged: gzip cannot unpack it ({error}); copy or download it again") from error


def _parse_header(path: Path, content: bytes) -> tuple[np.dtype, tuple[int, ...], int]:
    """Return the type of the values, their shape, and where they begin."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _DTYPES or content[3] == 0:
        raise SubsongError(
            f"{path} is not an idx file: expected a magic number such as 00 00 08 03, found "
            f"{content[:4].hex(' ') or 'nothing'}"
        )
    num_dims = content[3]
    start = 4 + 4 * num_dims
    if len(content) < start:
        raise SubsongError(f"{path} is cut short: its header of {num_dims} sizes is not whole; copy it again")
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4"))
    return np.dtype(_DTYPES[content[2]]), shape, start


def find_idx_pairs(folder: str | Path) -> list[IdxPair]:
    """Return the idx files of pictures in `folder`, the training part first; an empty list where there are none.

    ``train-images-idx3-ubyte``, ``t10k-images-idx3-ubyte`` and their labels are known by name, with or without
    ``.gz``, also with a dot before ``idx`` or words before ``train`` (EMNIST). Of a file that lies there packed and
    unpacked, the unpacked one is taken.

    Raises
    ------
    SubsongError
        When the folder holds two data sets.
    """
    found: dict[Literal["train", "test"], Path] = {}
    # Sorted, the unpacked file comes before the packed one of the same name.
    for path in sorted(Path(folder).iterdir()):
        match = _IMAGES_NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        split: Literal["train", "test"] = "train" if match["part"] == "train" else "test"
        first = found.setdefault(split, path)
        if first.name != path.name.removesuffix(".gz") and first != path:
            raise SubsongError(f"{folder} holds two sets of {split} pictures, {first.name} and {path.name}: keep one")
    return [
        IdxPair(split, found[split], find_idx_labels(found[split])) for split in ("train", "test") if split in found
    ]


def find_idx_labels(images_path: Path) -> Path | None:
    """Return the file of labels that lies beside a file of pictures and is named like it, or None."""
    match = _IMAGES_NAME.fullmatch(images_path.name)
    if match is None:
        return None
    stem = f"{match['before']}{match['part']}-labels{match['dot']}idx1-ubyte"
    candidates = (images_path.with_name(stem), images_path.with_name(stem + ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def read_idx_pictures(images_path: str | Path, labels_path: str | Path | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Read pictures and their labels.

    Returns
    -------
    images : numpy.ndarray
        uint8, shape (N, H, W).
    labels : numpy.ndarray or None
        Whole numbers, shape (N,).

    Raises
    ------
    SubsongError
        When a file is not a whole idx file, holds another kind of values, or the two differ in number.
    """
    images = read_idx(images_path)
    if images.dtype != np.uint8 or images.ndim != 3 or images.size == 0:
        raise SubsongError(
            f"{images_path} holds {images.dtype} values of shape {images.shape}, expected pictures: uint8 values of "
            "shape (number, height, width), none of them 0"
        )
    if labels_path is None:
        return images, None
    labels = read_idx(labels_path)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise SubsongError(
            f"{labels_path} holds {labels.dtype} values of shape {labels.shape}, expected whole numbers (N,)"
        )
    if len(labels) != len(images):
        raise SubsongError(
            f"{labels_path} holds {len(labels)} labels for the {len(images)} pictures of {images_path}: the two files "
            "do not belong together"
        )
    return images, labels
