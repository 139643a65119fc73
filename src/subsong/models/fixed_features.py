"""Measures of pictures that need no weights from anywhere: fixed filters, or random ones from a seed, on five scales.

They stand in for VGG19 in a perceptual loss. Nothing in them is trained.

Legend: B = examples, C, H, W = channels, height and width, D = channels of random features.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from subsong.core.seeds import numpy_generator

NUM_SCALES = 5
_WIDTHS = (16, 32, 64, 64, 64)


class PyramidFeatures(nn.Module):
    """Fine structure and edges on up to five scales, each half the size of the one before.

    A scale has ten maps of each channel: the strength of what a binomial blur takes away (the band of a Laplacian
    pyramid, Burt & Adelson 1983) and of edges in four directions, brighter and darker apart, averaged over 2 x 2
    pixels. A distance between such maps minds blur and lost texture more than one between pixels does, and minds less
    where exactly an edge lies.
    """

    def forward(self, pictures_BCHW: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of each scale, shape (B, 10 C, H / 2^k, W / 2^k) for k = 1 ... 5.

        Scales on which the picture is less than two pixels wide or high are left out: one pixel has no edges.
        """
        scales: list[Tensor] = []
        while len(scales) < NUM_SCALES and min(pictures_BCHW.shape[2:]) >= 2:
            scales.append(_rectify(_find_edges(pictures_BCHW)))
            pictures_BCHW = halve_pictures(pictures_BCHW)
        return tuple(scales)


def _find_edges(pictures_BCHW: Tensor) -> Tensor:
    """Return band, slopes along width and height, and along both diagonals, shape (B, 5 C, H, W).

    An edge of height 1 answers with about 1. Sums of shifted pictures, four times as fast as convolutions here.
    """
    # Repeated at the border: a frame of zeros would be an edge of its own.
    framed = functional.pad(pictures_BCHW, (1, 1, 1, 1), mode="replicate")
    above, centre, below = framed[..., :-2, :], framed[..., 1:-1, :], framed[..., 2:, :]
    smooth, slope = (above + below) * 0.25 + centre * 0.5, below - above
    band = pictures_BCHW - ((smooth[..., :-2] + smooth[..., 2:]) * 0.25 + smooth[..., 1:-1] * 0.5)
    across = smooth[..., 2:] - smooth[..., :-2]
    down = (slope[..., :-2] + slope[..., 2:]) * 0.25 + slope[..., 1:-1] * 0.5
    return torch.cat([band, across, down, (across + down) * 0.5**0.5, (across - down) * 0.5**0.5], dim=1)


def _rectify(maps: Tensor) -> Tensor:
    """Return the means over 2 x 2 pixels of what is above 0 and of what is below it, side by side."""
    strength, balance = halve_pictures(maps.abs()), halve_pictures(maps)
    return torch.cat([strength + balance, strength - balance], dim=1) * 0.5


def halve_pictures(pictures: Tensor) -> Tensor:
    """Return the means of squares of 2 x 2 pixels, shape (..., H / 2, W / 2); an odd last row or column is left out.

    As torch's ``avg_pool2d``, which takes three times as long on a processor.
    """
    height, width = (size // 2 * 2 for size in pictures.shape[-2:])
    rows = pictures[..., 0:height:2, :] + pictures[..., 1:height:2, :]
    return (rows[..., 0:width:2] + rows[..., 1:width:2]) * 0.25


class RandomFeatures(nn.Module):
    """Five random convolutions with ReLU, each on a picture of half the size; orthogonal, drawn from a fixed seed.

    Parameters
    ----------
    num_channels
        Of the pictures.
    """

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        shapes = zip((num_channels, *_WIDTHS), _WIDTHS, strict=False)
        self.filters = nn.ParameterList(
            nn.Parameter(_draw_orthogonal(after, before, scale), requires_grad=False)
            for scale, (before, after) in enumerate(shapes)
        )

    def forward(self, pictures_BCHW: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of each scale, shape (B, D, H / 2^k, W / 2^k) for k = 0 ... 4, D = 16, 32, 64, 64, 64.

        Scales on which nothing would be left of the picture are left out.
        """
        scales: list[Tensor] = []
        maps = pictures_BCHW
        for filters in self.filters:
            if scales and min(maps.shape[2:]) < 2:
                break
            maps = halve_pictures(maps) if scales else maps
            maps = functional.relu(functional.conv2d(maps, filters, padding=1))
            scales.append(maps)
        return tuple(scales)


def _draw_orthogonal(num_after: int, num_before: int, scale: int) -> Tensor:
    """Return 3 x 3 filters whose rows or columns are orthogonal, scaled so that a ReLU after them keeps the energy."""
    generator = numpy_generator(0, "random features", scale, num_before)
    size = num_before * 9
    square, triangle = np.linalg.qr(generator.standard_normal((max(size, num_after), min(size, num_after))))
    # The signs of a QR decomposition depend on the library.
    square = square * np.sign(np.diag(triangle))
    rows = square.T if num_after <= size else square
    return torch.from_numpy(np.sqrt(2.0) * rows).float().reshape(num_after, num_before, 3, 3)
