"""Pictures that lie in a NumPy file, ``.npy`` or ``.npz``; nothing in it is ever executed."""

from __future__ import annotations

import logging
import zipfile
import zlib
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.types import Pictures, picture_items

_IMAGE_KEYS = ("images", "pictures", "x")
_LABEL_KEYS = ("labels", "label", "y")
log = logging.getLogger(__name__)


def read_picture_array(path: str | Path) -> Pictures:
    """Read pictures from a NumPy file.

    Parameters
    ----------
    path
        ``.npy``: one array of shape (N, H, W) or (N, H, W, C), C in 1, 3 and 4 (the fourth, alpha, is dropped).
        ``.npz``: such an array called ``images``, ``pictures`` or ``x``, or alone in its file, and maybe labels, shape
        (N,), called ``labels``, ``label`` or ``y``. Values are whole numbers in 0-255, True and False, or fractions
        in 0-1, which are rounded to steps of 1/255.

    Raises
    ------
    SubsongError
        When the file is damaged or holds pickled objects, another shape or other values.
    """
    path = Path(path)
    values, labels = _load(path)
    images = _to_bytes(path, _to_channels_first(path, values))
    if labels is not None and labels.shape != (len(images),):
        raise SubsongError(f"{path} holds labels of shape {labels.shape} for {len(images)} pictures, expected one each")
    items = picture_items([path.name] * len(images), np.arange(len(images)), labels)
    return Pictures(images, items)


def _load(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    if path.stat().st_size == 0:
        raise SubsongError(f"{path} is empty (0 bytes), expected a NumPy file: copy it again")
    try:
        with open(path, "rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return (loaded, None) if isinstance(loaded, np.ndarray) else _choose(path, dict(loaded.items()))
    except SubsongError:
        raise
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise SubsongError(
            f"{path} cannot be read as a NumPy file of plain numbers: it is damaged, or holds pickled objects, which "
            "are not loaded; save the pictures again with numpy.save"
        ) from error


def _choose(path: Path, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
    labels = next((arrays.pop(key) for key in _LABEL_KEYS if key in arrays), None)
    images = next((arrays[key] for key in _IMAGE_KEYS if key in arrays), None)
    if images is None and len(arrays) == 1:
        (images,) = arrays.values()
    if images is None:
        raise SubsongError(
            f"{path} holds the arrays {', '.join(sorted(arrays)) or '(none)'}: expected the pictures under "
            f"{', '.join(_IMAGE_KEYS)}"
        )
    return images, labels


def _to_channels_first(path: Path, values: np.ndarray) -> np.ndarray:
    """Return the values as shape (N, C, H, W), C 1 or 3."""
    shape = values.shape
    values_NHWC = values[..., None] if values.ndim == 3 else values
    if values_NHWC.ndim != 4 or values_NHWC.shape[-1] not in (1, 3, 4) or values.size == 0:
        raise SubsongError(
            f"{path} holds an array of shape {shape}, expected (number, height, width) or (number, height, width, "
            "channels) with 1, 3 or 4 channels, none of them 0"
        )
    num_channels = min(values_NHWC.shape[-1], 3)
    return values_NHWC[..., :num_channels].transpose(0, 3, 1, 2)


def _to_bytes(path: Path, values: np.ndarray) -> np.ndarray:
    """Return the values as uint8, contiguous."""
    if values.dtype.kind not in "buif":
        raise SubsongError(f"{path} holds values of type {values.dtype}, expected numbers")
    low, high = float(values.min()), float(values.max())
    is_fraction = values.dtype.kind == "f" and high <= 1
    if not (low >= 0 and high <= 255) or not (is_fraction or np.array_equal(values, np.trunc(values))):
        raise SubsongError(
            f"{path} holds values from {low:g} to {high:g}: expected whole numbers in 0-255 or fractions in 0-1, "
            "without NaN; scale them first"
        )
    if values.dtype.kind == "b" or is_fraction:
        return np.ascontiguousarray(np.rint(values * np.float64(255)).astype(np.uint8))
    if high <= 1:
        log.warning("%s: the largest value is %g of 255, nearly black; if 1 is white, multiply by 255", path, high)
    return np.ascontiguousarray(values.astype(np.uint8, copy=False))
