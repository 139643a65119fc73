"""The log magnitudes shown as black and white, chosen from the data.

One pass over recordings, in bounded memory: what the images would show inside the segments is counted in a histogram
of fine bins, and the percentiles are read from it. The answer does not depend on the order of the recordings, except
through which of their segments are drawn.

Legend: N = segments, S = samples, K = frames, F = rows of the image.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.sources.spectrograms.config import SpectrogramConfig
from subsong.sources.spectrograms.plan import plan_images
from subsong.sources.spectrograms.samples import check_samples, check_segments, compute_means
from subsong.sources.spectrograms.status import SampleSpan, SegmentStatus, find_status
from subsong.sources.spectrograms.stft import LogStft

_LOWEST, _HIGHEST, _BINS_A_NEPER = -40.0, 40.0, 100
_NUM_BINS = round((_HIGHEST - _LOWEST) * _BINS_A_NEPER)
_LOWEST_OF_SOUND = -25.0


def fit_range(
    recordings: Iterable[tuple[np.ndarray, np.ndarray]],
    config: SpectrogramConfig,
    sample_rate_hz: int,
    max_segments: int = 50,
    seed: int = 0,
) -> SpectrogramConfig:
    """Return the settings with `log_low` and `log_high` chosen where they were not set.

    They are the percentiles `low_percentile` and `high_percentile` of the log magnitudes at the image's frequencies,
    of the STFT frames centred within segments, to 0.01.

    Parameters
    ----------
    recordings
        Samples in units of full scale, shape (S,), and segments in seconds, shape (N, 2), of some recordings. A few
        dozen recordings that stand for all are enough.
    config
        The settings.
    sample_rate_hz
        Of the recordings.
    max_segments
        At most so many segments are drawn from a recording.
    seed
        For the draw.

    Raises
    ------
    SubsongError
        When no recording has a segment with finite samples that are not all zero, or they all have the same magnitude.
    """
    if config.log_low is not None and config.log_high is not None:
        return config
    stft = LogStft(config, sample_rate_hz)
    counts = np.zeros(_NUM_BINS, dtype=np.int64)
    for index, (samples, segments_s) in enumerate(recordings):
        drawn_s = _draw(check_segments(segments_s), max_segments, numpy_generator(seed, "log range", index))
        counts += _count(check_samples(samples), drawn_s, stft, config, sample_rate_hz)
    low, high = _find_percentiles(counts, config)
    chosen = {
        "log_low": low if config.log_low is None else config.log_low,
        "log_high": high if config.log_high is None else config.log_high,
    }
    if not chosen["log_low"] < chosen["log_high"]:
        raise SubsongError(
            f"no range of log magnitudes could be chosen: log_low would be {chosen['log_low']:g} and log_high "
            f"{chosen['log_high']:g}; set both, or look whether the recordings hold any sound"
        )
    return SpectrogramConfig.model_validate(config.model_dump() | chosen)


def _draw(segments_s: np.ndarray, max_segments: int, generator: np.random.Generator) -> np.ndarray:
    if len(segments_s) <= max_segments:
        return segments_s
    drawn_s: np.ndarray = segments_s[np.sort(generator.choice(len(segments_s), max_segments, replace=False))]
    return drawn_s


def _count(
    samples: np.ndarray, segments_s: np.ndarray, stft: LogStft, config: SpectrogramConfig, sample_rate_hz: int
) -> np.ndarray:
    """Return how many log magnitudes of these segments fall into each bin, shape (bins,)."""
    span = SampleSpan(len(samples), sample_rate_hz)
    status_N = find_status(segments_s, span, config)
    segments_s = segments_s[status_N <= SegmentStatus.PARTLY_OUTSIDE]
    status_N = status_N[status_N <= SegmentStatus.PARTLY_OUTSIDE]
    if len(segments_s) == 0:
        return np.zeros(_NUM_BINS, dtype=np.int64)
    frames, _ = plan_images(segments_s, status_N, span, config)
    mean_N = compute_means(samples, segments_s, status_N, span, config)
    log_KF = stft.interpolate(stft.compute(torch.as_tensor(samples).to(torch.float32), frames, mean_N)).numpy()
    centre_K = frames.start_K + config.window_size // 2
    first_N, last_N = span.find_samples(segments_s).T
    within_K = (centre_K >= first_N[frames.segment_K]) & (centre_K < last_N[frames.segment_K])
    values = log_KF[within_K & np.isfinite(log_KF).all(axis=1)]
    # Digital silence says nothing about the background of the others.
    values = values[values > _LOWEST_OF_SOUND]
    bins = ((values - _LOWEST) * _BINS_A_NEPER).astype(np.int64).clip(0, _NUM_BINS - 1)
    return np.bincount(bins.ravel(), minlength=_NUM_BINS)


def _find_percentiles(counts: np.ndarray, config: SpectrogramConfig) -> tuple[float, float]:
    total = counts.sum()
    if total == 0:
        raise SubsongError(
            "log_low and log_high cannot be chosen: none of the recordings has a segment with sound in it; "
            "check that the segments belong to these recordings, or set both"
        )
    share = np.cumsum(counts) / total
    bins = np.searchsorted(share, [config.low_percentile / 100.0, config.high_percentile / 100.0]).clip(
        0, _NUM_BINS - 1
    )
    low, high = (_LOWEST + (bins + 0.5) / _BINS_A_NEPER).round(3).tolist()
    return low, high
