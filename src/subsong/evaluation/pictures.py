"""How close a picture is to another: per example, on float values in a stated range, never on files.

Legend: N = pictures, C = channels, H, W = height and width.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from subsong.objectives.similarity import find_scale_weights


def compute_l1(first_NCHW: np.ndarray, second_NCHW: np.ndarray) -> np.ndarray:
    """Return the mean absolute difference over the entries of each picture, shape (N,)."""
    return _mean_over_picture(np.abs(first_NCHW.astype(np.float64) - second_NCHW))


def compute_psnr(first_NCHW: np.ndarray, second_NCHW: np.ndarray, data_range: float = 1.0) -> np.ndarray:
    """Return the peak signal-to-noise ratio of each picture in dB, shape (N,); infinite where they are equal."""
    error_N = _mean_over_picture((first_NCHW.astype(np.float64) - second_NCHW) ** 2)
    with np.errstate(divide="ignore"):
        psnr_N: np.ndarray = 10.0 * np.log10(data_range**2 / error_N)
    return psnr_N


def compute_ssim(first_NCHW: np.ndarray, second_NCHW: np.ndarray, data_range: float = 1.0) -> np.ndarray:
    """Return the structural similarity of each picture, shape (N,).

    Gaussian windows of standard deviation 1.5 pixels, mean over pixels and channels, constants 0.01 and 0.03 (Wang,
    Bovik, Sheikh & Simoncelli 2004).
    """
    luminance, contrast_structure = _compare_windows(first_NCHW, second_NCHW, data_range)
    return _mean_over_picture(luminance * contrast_structure)


def compute_ms_ssim(first_NCHW: np.ndarray, second_NCHW: np.ndarray, data_range: float = 1.0) -> np.ndarray:
    """Return the structural similarity of each picture over several scales, shape (N,).

    Contrast and structure are compared at every scale, luminance at the coarsest (Wang, Simoncelli & Bovik 2003); from
    one scale to the next, squares of 2 x 2 pixels are averaged. Windows and constants are those of `compute_ssim`.

    Parameters
    ----------
    first_NCHW, second_NCHW
        Pictures of any numbers, as floats or bytes.
    data_range
        Largest difference of two values.

    Notes
    -----
    There are five scales, or as many as leave the shorter side 11 pixels (five from 176 pixels on, three at 64); the
    published weights are made to sum to 1, so that values at different sizes do not quite compare. A negative mean of
    contrast and structure, of which no root exists, counts as 0. The loss of that name has the same windows and scales.
    """
    first, second = first_NCHW.astype(np.float64), second_NCHW.astype(np.float64)
    weights = find_scale_weights(min(first.shape[2:]))
    product_N = np.ones(len(first))
    for scale, weight in enumerate(weights):
        luminance, contrast_structure = _compare_windows(first, second, data_range)
        is_last = scale == len(weights) - 1
        similarity_N = _mean_over_picture(luminance * contrast_structure if is_last else contrast_structure)
        product_N *= np.maximum(similarity_N, 0.0) ** weight
        if not is_last:
            first, second = _halve(first), _halve(second)
    return product_N


def _compare_windows(first: np.ndarray, second: np.ndarray, data_range: float) -> tuple[np.ndarray, np.ndarray]:
    """Return luminance, and contrast with structure, around every pixel, shape (N, C, H, W) each."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    mean_1, mean_2 = _blur(first), _blur(second)
    variance_1 = _blur(first**2) - mean_1**2
    variance_2 = _blur(second**2) - mean_2**2
    covariance = _blur(first * second) - mean_1 * mean_2
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    luminance = (2 * mean_1 * mean_2 + c1) / (mean_1**2 + mean_2**2 + c1)
    return luminance, (2 * covariance + c2) / (variance_1 + variance_2 + c2)


def _halve(pictures: np.ndarray) -> np.ndarray:
    """Return the means of squares of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = (size // 2 * 2 for size in pictures.shape[2:])
    even = pictures[:, :, :height, :width]
    halved: np.ndarray = (even[..., ::2, ::2] + even[..., 1::2, ::2] + even[..., ::2, 1::2] + even[..., 1::2, 1::2]) / 4
    return halved


def _mean_over_picture(values: np.ndarray) -> np.ndarray:
    means: np.ndarray = values.reshape(len(values), -1).mean(axis=1)
    return means


def _blur(pictures: np.ndarray) -> np.ndarray:
    blurred: np.ndarray = gaussian_filter(pictures, sigma=(0, 0, 1.5, 1.5), truncate=3.5)
    return blurred
