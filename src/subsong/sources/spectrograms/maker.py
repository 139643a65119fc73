"""Segments of a recording -> images, many at once.

Legend: N = segments, S = samples, K = STFT frames of all segments of a block, F = rows of the image (low to high
frequency), T = columns of the image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from subsong.sources.spectrograms.columns import find_finite, interpolate_columns, normalize_within
from subsong.sources.spectrograms.config import SpectrogramConfig, check_log_range
from subsong.sources.spectrograms.plan import ImagePlan, plan_images
from subsong.sources.spectrograms.samples import check_samples, check_segments, compute_means
from subsong.sources.spectrograms.status import SampleSpan, SegmentStatus, find_status
from subsong.sources.spectrograms.stft import LogStft

_PIXELS_A_BLOCK = 2**20


class SpectrogramBatch(NamedTuple):
    """The images of some segments, and what became of each."""

    images_NFT: Tensor
    """Values in [0, 1], shape (N, F, T); black (0) where there is no image."""
    status_N: np.ndarray
    """`SegmentStatus` of each segment, int8."""

    @property
    def has_image_N(self) -> np.ndarray:
        """Whether the image shows the segment, bool."""
        shown: np.ndarray = self.status_N <= SegmentStatus.PARTLY_OUTSIDE
        return shown


class SpectrogramMaker:
    """Makes the image of any segment of a recording.

    An image depends on its segment and the recording, not on the other segments asked for with it.

    Parameters
    ----------
    config
        The settings, with `log_low` and `log_high`.
    sample_rate_hz
        Of the recordings.
    device, dtype
        Where and in which precision to compute: float32 or float64. Images have this dtype and lie there.

    Raises
    ------
    SubsongError
        When `log_low` or `log_high` is not set, or the recordings cannot hold `high_hz`.

    Notes
    -----
    The definition, after AVA's ``get_spec``: subtract the segment's mean, ln(|STFT| + 1e-12), bilinear interpolation
    at the image's times and frequencies, scale `log_low` to 0 and `log_high` to 1, clip.
    """

    def __init__(
        self,
        config: SpectrogramConfig,
        sample_rate_hz: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.config, self.sample_rate_hz = config, sample_rate_hz
        self._low, self._high = check_log_range(config)
        self._stft = LogStft(config, sample_rate_hz, device, dtype)
        self._device, self._dtype = torch.device(device), dtype

    def compute(self, samples_S: np.ndarray | Tensor, segments_s: np.ndarray, start_s: float = 0.0) -> SpectrogramBatch:
        """Return the images of segments.

        Parameters
        ----------
        samples_S
            Samples of one channel in units of full scale: the recording, or a part of it.
        segments_s
            Onset and offset in seconds from the start of the recording, shape (N, 2), in any order.
        start_s
            When the first sample is. What is outside `samples_S` counts as outside the recording; `compute_reach` says
            which part is needed.

        Raises
        ------
        ValueError
            When an array has not the shape or dtype named above.
        """
        samples, segments_s = check_samples(samples_S), check_segments(segments_s)
        span = SampleSpan(len(samples), self.sample_rate_hz, start_s)
        status_N = find_status(segments_s, span, self.config)
        mean_N = compute_means(samples, segments_s, status_N, span, self.config)
        on_device_S = torch.as_tensor(samples).to(self._dtype).to(self._device)
        num_rows, num_columns = self.config.num_freq_bins, self.config.num_time_bins
        images_NFT = on_device_S.new_empty(len(segments_s), num_rows, num_columns)
        step = max(1, _PIXELS_A_BLOCK // (num_rows * num_columns))
        for start in range(0, len(segments_s), step):
            block = slice(start, start + step)
            frames, images = plan_images(segments_s[block], status_N[block], span, self.config)
            log_KB = self._stft.compute(on_device_S, frames, mean_N[block])
            block_NFT, finite_N = self._build_images(log_KB, images)
            status_N[block][~finite_N & (status_N[block] <= SegmentStatus.PARTLY_OUTSIDE)] = SegmentStatus.NOT_FINITE
            images_NFT[block] = block_NFT
        for row in np.flatnonzero(status_N == SegmentStatus.NOT_FINITE):
            images_NFT[row] = 0.0
        return SpectrogramBatch(images_NFT, status_N)

    def _build_images(self, log_KB: Tensor, plan: ImagePlan) -> tuple[Tensor, np.ndarray]:
        grey_KF = self._stft.interpolate(log_KB).sub_(self._low).div_(self._high - self._low)
        images_NFT = interpolate_columns(grey_KF, plan)
        if self.config.within_normalize:
            images_NFT = normalize_within(images_NFT, self.config.normalize_quantile)
        return images_NFT, find_finite(grey_KF, plan)
