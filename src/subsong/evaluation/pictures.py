"""How close a picture is to another: per example, on float values in a stated range, never on files.

Legend: N = pictures, C = channels, H, W = height and width.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter


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
    first, second = first_NCHW.astype(np.float64), second_NCHW.astype(np.float64)
    mean_1, mean_2 = _blur(first), _blur(second)
    variance_1 = _blur(first**2) - mean_1**2
    variance_2 = _blur(second**2) - mean_2**2
    covariance = _blur(first * second) - mean_1 * mean_2
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    numerator = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    denominator = (mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2)
    return _mean_over_picture(numerator / denominator)


def _mean_over_picture(values: np.ndarray) -> np.ndarray:
    means: np.ndarray = values.reshape(len(values), -1).mean(axis=1)
    return means


def _blur(pictures: np.ndarray) -> np.ndarray:
    blurred: np.ndarray = gaussian_filter(pictures, sigma=(0, 0, 1.5, 1.5), truncate=3.5)
    return blurred
