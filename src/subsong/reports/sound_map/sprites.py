"""Spectrograms as small grey pictures, many to a sheet, within a size budget.

Legend: N = items, B = items of one sheet, F = frequency bins (low to high), T = time bins.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator

ImageSource = np.ndarray | Callable[[np.ndarray], np.ndarray]
"""Spectrograms in [0, 1], shape (N, F, T), or a function that returns those of the given rows, shape (B, F, T)."""

SHEET_SIDE = 8
"""Pictures in a row and in a column of a sheet; small sheets are quick to unpack when one picture is wanted."""
_QUALITY = 78
_BASE64_GROWTH = 4 / 3
_MARGIN = 0.93
_MAX_WIDTH_RATIO = 3.0
_GRID_BITS = 10


class Sprites(NamedTuple):
    """Sheets of pictures.

    Attributes
    ----------
    sheets
        WebP files of `SHEET_SIDE` times `SHEET_SIDE` pictures.
    place_N
        Number of an item's picture, counted over the sheets row by row; -1 for an item without one.
    width, height
        Of one picture, in pixels.
    """

    sheets: list[bytes]
    place_N: np.ndarray
    width: int
    height: int


def build_sprites(
    images: ImageSource, coordinates_N2: np.ndarray, height: int, budget_bytes: float, seed: int
) -> Sprites:
    """Draw as many items as the budget allows, all or a random sample.

    Items that lie together on the map come to lie on one sheet, so that looking at one part of the map unpacks few.
    The size of a picture is judged by a random sheet: the budget is kept, and used to within about a tenth.

    Raises
    ------
    SubsongError
        When the spectrograms have another shape, or are not as many as the items.
    """
    num_items, per_sheet = len(coordinates_N2), SHEET_SIDE**2
    if not callable(images) and len(images) != num_items:
        raise SubsongError(f"a map of {num_items} sounds needs as many spectrograms, not {len(images)}")
    order_N = numpy_generator(seed, "sound map pictures").permutation(num_items)
    pilot, (width, height) = _draw_sheet(images, order_N[:per_sheet], height)
    bytes_each = len(pilot) * _BASE64_GROWTH / min(per_sheet, num_items)
    num_fitting = num_items if bytes_each * num_items <= budget_bytes else int(_MARGIN * budget_bytes / bytes_each)
    chosen = np.sort(order_N[:num_fitting])
    chosen = chosen[np.argsort(_compute_curve(coordinates_N2[chosen]), kind="stable")]
    place_N, sheets, used = np.full(num_items, -1, np.int64), list[bytes](), 0.0
    for start in range(0, len(chosen), per_sheet):
        rows_B = chosen[start : start + per_sheet]
        sheet, _ = _draw_sheet(images, rows_B, height)
        used += len(sheet) * _BASE64_GROWTH
        if used > budget_bytes:
            break
        place_N[rows_B] = len(sheets) * per_sheet + np.arange(len(rows_B))
        sheets.append(sheet)
    return Sprites(sheets, place_N, width, height)


def _draw_sheet(images: ImageSource, rows_B: np.ndarray, height: int) -> tuple[bytes, tuple[int, int]]:
    """Return a WebP file of some items' pictures, and the size of one."""
    ascending = np.sort(rows_B)  # files are read forwards
    found_BFT = np.asarray(images(ascending) if callable(images) else images[ascending])
    if found_BFT.ndim != 3 or len(found_BFT) != len(rows_B) or found_BFT.size == 0:
        raise SubsongError(
            f"spectrograms of {len(rows_B)} items should have shape (items, F, T), not {found_BFT.shape}"
        )
    width = int(np.clip(round(height * found_BFT.shape[2] / found_BFT.shape[1]), height / 3, height * _MAX_WIDTH_RATIO))
    sheet = Image.new("L", (SHEET_SIDE * width, SHEET_SIDE * height))
    for place, row in enumerate(np.searchsorted(ascending, rows_B)):
        corner = (place % SHEET_SIDE * width, place // SHEET_SIDE * height)
        sheet.paste(_draw_picture(found_BFT[row], (width, height)), corner)
    buffer = io.BytesIO()
    sheet.save(buffer, format="WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue(), (width, height)


def _draw_picture(image_FT: np.ndarray, size: tuple[int, int]) -> Image.Image:
    shares = np.nan_to_num(np.asarray(image_FT, np.float32)).clip(0.0, 1.0)
    pixels = (shares[::-1] * 255.0).round().astype(np.uint8)  # a picture's first line is its top
    return Image.fromarray(pixels).resize(
        size, Image.Resampling.BOX if size[1] < len(pixels) else Image.Resampling.BICUBIC
    )


def _compute_curve(coordinates_N2: np.ndarray) -> np.ndarray:
    """Return each point's place along a Z-shaped curve through the map (Morton 1966): near places are near points."""
    span = np.maximum(np.ptp(coordinates_N2, axis=0, keepdims=True), 1e-12) if len(coordinates_N2) else 1.0
    low = coordinates_N2.min(axis=0, initial=np.inf)
    cell_N2 = ((coordinates_N2 - low) / span * (2**_GRID_BITS - 1)).astype(np.int64)
    place_N = np.zeros(len(coordinates_N2), np.int64)
    for bit in range(_GRID_BITS):
        place_N |= ((cell_N2[:, 0] >> bit & 1) << 2 * bit) | ((cell_N2[:, 1] >> bit & 1) << 2 * bit + 1)
    return place_N
