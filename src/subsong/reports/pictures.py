"""Pictures in rows and columns: exact-pixel grids for files, labelled figures for papers.

The range of values is always given, never guessed from the data: two grids made with the same range can be compared.

Legend: N = pictures, L = rows (latent dimensions or pairs), S = steps, C = channels (1 grey, 3 RGB), H, W = pixels.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.reports.style import FILE_DPI, FULL_WIDTH_MM, house_style, new_figure

ValueRange = tuple[float, float]

_PIXEL_MM = 25.4 / FILE_DPI
_GAP_MM = 0.8
_BAND_GAP_MM = 2.5
_HEADER_MM = 4.5
_CHARACTER_MM = 1.5
_MAX_PICTURE_MM = 18.0


def tile_pictures(
    images: np.ndarray, num_columns: int, value_range: ValueRange = (0.0, 1.0), pad: int = 2
) -> np.ndarray:
    """Lay pictures out on a white ground, row by row, one array element a pixel.

    Parameters
    ----------
    images
        Shape (N, C, H, W) with N at least 1 and C 1 or 3.
    num_columns
        Pictures in a row.
    value_range
        The values drawn as black and as full brightness; values outside are clipped, not-a-number is mid-grey.
    pad
        White pixels around and between pictures.

    Returns
    -------
    np.ndarray
        uint8, shape (rows * (H + pad) + pad, num_columns * (W + pad) + pad, C).

    Raises
    ------
    SubsongError
        When the shape, the range or the number of columns makes no picture.
    """
    pixels = to_pixels(images, value_range)
    if num_columns < 1:
        raise SubsongError(f"a grid of pictures needs at least 1 column, not {num_columns}")
    num_pictures, height, width, num_channels = pixels.shape
    num_rows = -(-num_pictures // num_columns)
    shape = (num_rows * (height + pad) + pad, num_columns * (width + pad) + pad, num_channels)
    grid = np.full(shape, 255, dtype=np.uint8)
    for position, picture in enumerate(pixels):
        top = pad + position // num_columns * (height + pad)
        left = pad + position % num_columns * (width + pad)
        grid[top : top + height, left : left + width] = picture
    return grid


def encode_png(pixels: np.ndarray, scale: int = 1) -> bytes:
    """Return the PNG file of `pixels` (uint8, shape (H, W, C)), each pixel drawn `scale` by `scale`."""
    pixels = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def write_picture_grid(
    path: str | Path,
    images: np.ndarray,
    num_columns: int = 8,
    value_range: ValueRange = (0.0, 1.0),
    pad: int = 2,
    scale: int = 1,
) -> None:
    """Write `tile_pictures` of these arguments as a PNG, whole or not at all.

    Raises
    ------
    SubsongError
        When the pictures cannot be tiled, or the file cannot be written.
    """
    content = encode_png(tile_pictures(images, num_columns, value_range, pad), scale)
    with atomic_file(path) as file:
        file.write(content)


def write_reconstruction_grid(
    path: str | Path,
    targets: np.ndarray,
    reconstructions: np.ndarray,
    value_range: ValueRange = (0.0, 1.0),
    num_columns: int = 8,
    scale: int = 1,
) -> None:
    """Write the first pictures above their reconstructions as a PNG of exact pixels.

    Parameters
    ----------
    path
        File to write.
    targets, reconstructions
        Shape (N, C, H, W), the same for both, with N at least 1. The first `num_columns` are drawn.
    value_range
        The values drawn as black and as full brightness.
    num_columns
        Most pictures in a row; fewer pictures make a narrower grid.
    scale
        Side of one picture element in pixels of the file.

    Raises
    ------
    SubsongError
        When the two shapes differ or make no picture.
    """
    _check_pair(targets, reconstructions)
    targets, reconstructions = targets[:num_columns], reconstructions[:num_columns]
    both = np.concatenate([np.asarray(targets), np.asarray(reconstructions)])
    write_picture_grid(path, both, max(1, len(targets)), value_range, scale=scale)


def plot_reconstructions(
    targets: np.ndarray,
    reconstructions: np.ndarray,
    labels: Sequence[str] | None = None,
    value_range: ValueRange = (0.0, 1.0),
    num_columns: int = 12,
) -> Figure:
    """Draw originals above reconstructions, as many bands of two rows as the pictures need.

    Parameters
    ----------
    targets, reconstructions
        Shape (N, C, H, W), the same for both.
    labels
        A short text above each original, or None.
    value_range
        The values drawn as black and as full brightness.
    num_columns
        Pictures in a row.

    Raises
    ------
    SubsongError
        When the two shapes differ or make no picture.
    """
    _check_pair(targets, reconstructions)
    pair = [to_pixels(images, value_range) for images in (targets, reconstructions)]
    starts = range(0, len(targets), num_columns)
    bands = [np.stack([pixels[start : start + num_columns] for pixels in pair]) for start in starts]
    headers = [list(labels[start : start + num_columns]) if labels is not None else [] for start in starts]
    return _plot_bands(bands, ["original", "reconstruction"], headers)


def plot_samples(images: np.ndarray, value_range: ValueRange = (0.0, 1.0), num_columns: int = 12) -> Figure:
    """Draw pictures of shape (N, C, H, W) in rows, without labels.

    Raises
    ------
    SubsongError
        When the shape makes no picture.
    """
    pixels = to_pixels(images, value_range)
    starts = range(0, len(pixels), num_columns)
    return _plot_bands([pixels[None, start : start + num_columns] for start in starts], [], [], _GAP_MM)


def plot_latent_walk(
    images: np.ndarray,
    values: Sequence[float] | np.ndarray,
    row_labels: Sequence[str] | None = None,
    value_range: ValueRange = (0.0, 1.0),
) -> Figure:
    """Draw what a decoder makes of one latent dimension after the other: a row a dimension, a column a step.

    Parameters
    ----------
    images
        Shape (L, S, C, H, W).
    values
        The value of the dimension at each step, shape (S,), in standard deviations of the prior.
    row_labels
        A short text for each row; by default the number of the dimension, from 0.
    value_range
        The values drawn as black and as full brightness.

    Raises
    ------
    SubsongError
        When the shapes do not fit one another.
    """
    num_rows, num_steps = _check_strips(images)
    if len(values) != num_steps:
        raise SubsongError(f"a latent walk of {num_steps} steps needs {num_steps} values, not {len(values)}")
    labels = [f"dimension {row}" for row in range(num_rows)] if row_labels is None else list(row_labels)
    header = [f"{value:+.1f}".replace("-", "\N{MINUS SIGN}") if value else "0" for value in np.round(values, 1)]
    return _plot_bands([_strips_to_pixels(images, value_range)], labels, [header])


def plot_interpolation(images: np.ndarray, value_range: ValueRange = (0.0, 1.0)) -> Figure:
    """Draw straight paths between pairs of latents: a row a pair, a column a step, the ends outermost.

    Parameters
    ----------
    images
        Shape (L, S, C, H, W): L pairs, S steps from the first of the pair to the second.
    value_range
        The values drawn as black and as full brightness.

    Raises
    ------
    SubsongError
        When the shape is another one.
    """
    _, num_steps = _check_strips(images)
    header = [f"{fraction:.0%}".replace("%", " %") for fraction in np.linspace(0.0, 1.0, num_steps)]
    return _plot_bands([_strips_to_pixels(images, value_range)], [], [header])


def to_pixels(images: np.ndarray, value_range: ValueRange) -> np.ndarray:
    """Return pictures (N, C, H, W), C 1 or 3, as uint8 of shape (N, H, W, C); values outside the range are clipped.

    Raises
    ------
    SubsongError
        When the shape or the range makes no picture.
    """
    images = np.asarray(images, dtype=np.float64)
    if images.ndim != 4 or images.shape[1] not in (1, 3) or images.size == 0:
        raise SubsongError(f"pictures should have the shape (N, 1 or 3, height, width), not {images.shape}")
    low, high = value_range
    if not low < high:
        raise SubsongError(f"a value range should read (low, high) with low < high, not ({low}, {high})")
    shares = np.nan_to_num((images - low) / (high - low), nan=0.5, posinf=1.0, neginf=0.0)
    return (shares.clip(0.0, 1.0) * 255.0).round().astype(np.uint8).transpose(0, 2, 3, 1)


def _strips_to_pixels(images: np.ndarray, value_range: ValueRange) -> np.ndarray:
    pixels = to_pixels(np.asarray(images).reshape(-1, *np.shape(images)[2:]), value_range)
    return pixels.reshape(*np.shape(images)[:2], *pixels.shape[1:])


def _check_pair(targets: np.ndarray, reconstructions: np.ndarray) -> None:
    if np.shape(targets) != np.shape(reconstructions):
        raise SubsongError(
            f"pictures and reconstructions should have one shape, not {np.shape(targets)} and "
            f"{np.shape(reconstructions)}"
        )


def _check_strips(images: np.ndarray) -> tuple[int, int]:
    if np.ndim(images) != 5:
        raise SubsongError(f"strips of pictures should have the shape (L, S, C, H, W), not {np.shape(images)}")
    return int(np.shape(images)[0]), int(np.shape(images)[1])


@house_style()
def _plot_bands(
    bands: Sequence[np.ndarray],
    row_labels: Sequence[str],
    headers: Sequence[Sequence[str]],
    band_gap_mm: float = _BAND_GAP_MM,
) -> Figure:
    """Draw bands of shape (rows, columns, H, W, C) below one another, each under its header."""
    num_columns = max(band.shape[1] for band in bands)
    label_mm = _CHARACTER_MM * max(map(len, row_labels)) + 2.5 if row_labels else 0.0
    height, width = bands[0].shape[2:4]
    cell_mm = min(_MAX_PICTURE_MM, (FULL_WIDTH_MM - label_mm) / num_columns) - _GAP_MM
    # A whole number of printed dots for each pixel, where there is room, keeps the pixels square.
    pixel_mm = max(1, int(cell_mm / _PIXEL_MM / width)) * _PIXEL_MM
    pixel_mm = min(pixel_mm, cell_mm / width)
    gap = max(1, round(_GAP_MM / pixel_mm))
    header_mm = _HEADER_MM if any(headers) else 0.0
    mosaics = [_build_mosaic(band, gap) for band in bands]
    heights_mm = [mosaic.shape[0] * pixel_mm for mosaic in mosaics]
    total_mm = sum(heights_mm) + len(bands) * header_mm + (len(bands) - 1) * band_gap_mm
    full_mm = label_mm + (num_columns * (width + gap) - gap) * pixel_mm
    figure = new_figure(full_mm, total_mm, layout=None)
    top_mm = total_mm
    for index, mosaic in enumerate(mosaics):
        bottom_mm = top_mm - header_mm - heights_mm[index]
        box = (label_mm / full_mm, bottom_mm / total_mm, mosaic.shape[1] * pixel_mm / full_mm)
        axes = figure.add_axes((*box, heights_mm[index] / total_mm))
        axes.imshow(mosaic, interpolation="none", aspect="auto")
        axes.set_axis_off()
        _label_mosaic(axes, row_labels, headers[index] if headers else [], (height, width), gap)
        top_mm = bottom_mm - band_gap_mm
    return figure


def _build_mosaic(band: np.ndarray, gap: int) -> np.ndarray:
    """Return RGBA pixels of a band with transparent gaps, so that it lies well on paper of any colour."""
    num_rows, num_columns, height, width, _ = band.shape
    shape = (num_rows * (height + gap) - gap, num_columns * (width + gap) - gap, 4)
    mosaic = np.zeros(shape, dtype=np.uint8)
    for row, column in np.ndindex(num_rows, num_columns):
        top, left = row * (height + gap), column * (width + gap)
        cell = mosaic[top : top + height, left : left + width]
        cell[..., :3], cell[..., 3] = band[row, column], 255
    return mosaic


def _label_mosaic(
    axes: Axes, row_labels: Sequence[str], header: Sequence[str], size: tuple[int, int], gap: int
) -> None:
    height, width = size
    for row, label in enumerate(row_labels):
        centre = row * (height + gap) + height / 2 - 0.5
        axes.annotate(
            label, (0, centre), (-4, 0), textcoords="offset points", ha="right", va="center", annotation_clip=False
        )
    for column, label in enumerate(header):
        centre = column * (width + gap) + width / 2 - 0.5
        axes.annotate(label, (centre, 0), (0, 3), textcoords="offset points", ha="center", annotation_clip=False)
