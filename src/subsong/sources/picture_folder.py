"""A folder of picture files (PNG, JPEG, BMP, TIFF) of one size, grey or RGB."""

from __future__ import annotations

import contextlib
import logging
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.sources.types import Pictures, picture_items

PICTURE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff")
_GREY_MODES = ("1", "L", "LA")
_COLOUR_MODES = ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr")
# What Pillow's decoders were seen to raise on damaged files, beside OSError.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, struct.error)
log = logging.getLogger(__name__)

ColourMode = Literal["L", "RGB"]


def read_picture_folder(folder: str | Path) -> Pictures:
    """Read every picture under `folder`, in the order of their paths.

    Parameters
    ----------
    folder
        Pictures may lie in sub-folders of any depth; hidden files and other kinds of files are passed over. Where
        there are sub-folders, the first one on a picture's path is its label. Sub-folders named ``train`` and
        ``test``, and no others, are the parts of the data set, and the next level is the label.

    Returns
    -------
    Pictures
        Grey when all pictures are grey; else RGB, and a warning is logged when some were grey.

    Raises
    ------
    SubsongError
        When the folder holds no pictures, or a picture is damaged, of another size, or has more than 8 bits a sample.

    Notes
    -----
    Alpha channels are dropped. The orientation noted by a camera (EXIF) is not applied: pictures are read as stored.
    """
    folder = Path(folder)
    paths = _find_pictures(folder)
    size, mode = _check_headers(folder, paths)
    images = np.empty((len(paths), len(mode), size[1], size[0]), np.uint8)
    for image, path in zip(images, paths, strict=True):
        image[...] = _decode(path, mode)
    relative = [path.relative_to(folder) for path in paths]
    splits, labels = _name_parts(relative)
    return Pictures(images, picture_items([path.as_posix() for path in relative], [0] * len(paths), labels, splits))


def _find_pictures(folder: Path) -> list[Path]:
    def is_hidden(path: Path) -> bool:
        return any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)

    paths = [path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]
    paths = sorted(
        (path for path in paths if not is_hidden(path)), key=lambda path: path.relative_to(folder).as_posix()
    )
    if not paths:
        raise SubsongError(
            f"{folder} holds no pictures: expected files ending in {', '.join(PICTURE_SUFFIXES)}, or MNIST's idx files "
            "(train-images-idx3-ubyte)"
        )
    return paths


def _check_headers(folder: Path, paths: list[Path]) -> tuple[tuple[int, int], ColourMode]:
    """Return the size (width, height) all pictures share and the colour mode to read them in."""
    num_grey = 0
    expected: tuple[int, int] | None = None
    for path in paths:
        with open_picture(path) as image:
            size, is_grey = image.size, is_grey_picture(path, image)
        expected = expected or size
        if size != expected:
            raise SubsongError(
                f"{path} is {size[0]} x {size[1]} pixels (width x height), expected {expected[0]} x {expected[1]} as "
                f"in {paths[0]}: bring all pictures to one size"
            )
        num_grey += is_grey
    assert expected is not None
    if 0 < num_grey < len(paths):
        log.warning(
            "%s: %d of %d pictures are grey, the others in colour: all are read as RGB", folder, num_grey, len(paths)
        )
    return expected, "L" if num_grey == len(paths) else "RGB"


def is_grey_picture(path: Path, image: Image.Image) -> bool:
    """Tell grey from colour.

    Raises
    ------
    SubsongError
        When the picture has several frames or more than 8 bits a sample.
    """
    if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
        raise SubsongError(f"{path} holds {getattr(image, 'n_frames', 1)} frames: save each frame as a file of its own")
    if image.mode in _GREY_MODES:
        return True
    if image.mode in _COLOUR_MODES:
        return False
    raise SubsongError(
        f"{path} cannot be read without loss (more than 8 bits a sample, or Pillow's mode {image.mode} is unusual): "
        "scale it to 0-255 and save it as 8-bit grey or RGB"
    )


@contextlib.contextmanager
def open_picture(path: Path) -> Iterator[Image.Image]:
    """Open a picture file; whatever its decoder stumbles over inside the block becomes one sentence.

    Raises
    ------
    SubsongError
        When the file is empty, damaged or no picture.
    """
    try:
        # Pillow warns about odd metadata, which we do not read, and just before it raises.
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            yield image
    except (SubsongError, MemoryError):
        raise
    except (*_DAMAGE, Image.DecompressionBombError) as error:
        what = "empty (0 bytes)" if path.stat().st_size == 0 else f"damaged or not a picture ({error})"
        raise SubsongError(f"{path} is {what}: replace it or take it out of the folder") from error


def _decode(path: Path, mode: ColourMode) -> np.ndarray:
    """Return one picture, uint8, shape (C, H, W)."""
    with open_picture(path) as image:
        pixels_HWC = np.atleast_3d(np.asarray(image.convert(mode)))
    return pixels_HWC.transpose(2, 0, 1)


def _name_parts(paths: list[Path]) -> tuple[list[str | None], list[str | None]]:
    """Return the split and the label of every picture, from the folders on its path."""
    folders = [path.parts[:-1] for path in paths]
    if {parts[0] if parts else None for parts in folders} != {"train", "test"}:
        return [None] * len(paths), [parts[0] if parts else None for parts in folders]
    return [parts[0] for parts in folders], [parts[1] if len(parts) > 1 else None for parts in folders]
