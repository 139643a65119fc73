"""Structural similarity as a loss: 1 - SSIM, on one or several scales, differentiable.

Same windows, constants and borders as the metrics in ``subsong.evaluation.pictures``.

Legend: B = examples, C, H, W = channels, height and width, N = pixels along an axis.
"""

from __future__ import annotations

import functools
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from subsong.models.fixed_features import halve_pictures
from subsong.objectives.picture_pair import full_precision, mean_over_picture, read_pictures
from subsong.objectives.term import TermConfig, TermFunction

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of MS-SSIM's five scales, finest first (Wang, Simoncelli & Bovik 2003)."""

_SIGMA, _RADIUS = 1.5, 5
_MIN_SIDE = 2 * _RADIUS + 1
_SMALLEST_FACTOR = 0.01


class SimilarityTerm(TermConfig):
    """1 - SSIM (Wang, Bovik, Sheikh & Simoncelli 2004) or 1 - MS-SSIM; 0 for equal pictures.

    Notes
    -----
    A mean over pixels and channels, not a sum: about 0 to 1 whatever the picture's size. MS-SSIM takes as many of the
    five scales as leave the shorter side 11 pixels, a window, with their weights divided by their sum: five from 176
    pixels on, three at 64, one below 22.
    """

    kind: Literal["ssim", "ms_ssim"]
    data_range: float = Field(
        2.0, gt=0, description="Largest minus smallest possible value; 2 for pictures in [-1, 1]."
    )

    def build(self) -> TermFunction:
        """Return the term; it refuses batches with a mask."""
        compute = compute_ssim if self.kind == "ssim" else compute_ms_ssim

        def compute_dissimilarity(output: Any, batch: Any, step: int, num_steps: int) -> Tensor:
            pictures = read_pictures(self.kind, output, batch)
            with full_precision(pictures.target_BCHW):
                return 1.0 - compute(*pictures, self.data_range)

        return compute_dissimilarity


class SimilarityMaps(NamedTuple):
    """The two factors of SSIM at each pixel, shape (B, C, H, W): of brightness, and of contrast and structure."""

    luminance_BCHW: Tensor
    contrast_BCHW: Tensor


def compute_ssim(first_BCHW: Tensor, second_BCHW: Tensor, data_range: float) -> Tensor:
    """Return the structural similarity of each picture, shape (B,)."""
    maps = _compute_maps(first_BCHW, second_BCHW, data_range)
    return mean_over_picture(maps.luminance_BCHW * maps.contrast_BCHW)


def compute_ms_ssim(first_BCHW: Tensor, second_BCHW: Tensor, data_range: float) -> Tensor:
    """Return the multi-scale structural similarity of each picture, shape (B,).

    Notes
    -----
    The metric cuts negative factors off at 0, where nothing tells a network which way is better. Here a factor below
    ``m = 0.01`` goes on falling smoothly towards 0 instead, as ``m^2 / (2 m - x)``, so that a gradient always comes.
    """
    weights = find_scale_weights(min(first_BCHW.shape[2:]))
    log_similarity_B = first_BCHW.new_zeros(len(first_BCHW))
    for scale, weight in enumerate(weights):
        maps = _compute_maps(first_BCHW, second_BCHW, data_range)
        is_last = scale == len(weights) - 1
        factor_BCHW = maps.luminance_BCHW * maps.contrast_BCHW if is_last else maps.contrast_BCHW
        log_similarity_B = log_similarity_B + weight * _compute_log(mean_over_picture(factor_BCHW))
        if not is_last:
            first_BCHW, second_BCHW = halve_pictures(first_BCHW), halve_pictures(second_BCHW)
    return log_similarity_B.exp()


def find_scale_weights(side: int) -> tuple[float, ...]:
    """Return the weights of the scales that a picture with a shorter side of `side` pixels has, adding up to 1."""
    num_scales = max(1, sum(side >> scale >= _MIN_SIDE for scale in range(len(SCALE_WEIGHTS))))
    total = sum(SCALE_WEIGHTS[:num_scales])
    return tuple(weight / total for weight in SCALE_WEIGHTS[:num_scales])


def _compute_log(factor: Tensor) -> Tensor:
    """Return the logarithm, continued below the smallest factor so slowly that its slope is never lost."""
    kept = factor.clamp(min=_SMALLEST_FACTOR)
    return kept.log() - torch.log1p((kept - factor) / _SMALLEST_FACTOR)


def _compute_maps(first_BCHW: Tensor, second_BCHW: Tensor, data_range: float) -> SimilarityMaps:
    mean_1, mean_2, square_1, square_2, product = _blur(
        torch.stack([first_BCHW, second_BCHW, first_BCHW**2, second_BCHW**2, first_BCHW * second_BCHW])
    )
    variance_1, variance_2, covariance = square_1 - mean_1**2, square_2 - mean_2**2, product - mean_1 * mean_2
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    return SimilarityMaps(
        (2 * mean_1 * mean_2 + c1) / (mean_1**2 + mean_2**2 + c1),
        (2 * covariance + c2) / (variance_1 + variance_2 + c2),
    )


def _blur(pictures: Tensor) -> Tensor:
    """Return the means of Gaussian windows, over the last two axes."""
    height, width = pictures.shape[-2:]
    return _blur_matrix(height, pictures.device) @ pictures @ _blur_matrix(width, pictures.device).T


@functools.lru_cache(maxsize=32)
def _blur_matrix(size: int, device: torch.device) -> Tensor:
    """Return the blur along one axis as a matrix, shape (N, N), float32: a window that reaches beyond the border is
    folded back (``d c b a | a b c d``), as `scipy.ndimage` does.
    """
    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    window = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    sources = (np.arange(size)[:, None] + offsets) % (2 * size)
    sources = np.where(sources < size, sources, 2 * size - 1 - sources)
    matrix = np.zeros((size, size))
    np.add.at(matrix, (np.arange(size)[:, None], sources), window / window.sum())
    # Kept for training, also where validation asks first.
    with torch.inference_mode(False):
        return torch.from_numpy(matrix).float().to(device)
