"""Segmentation by likeness to a template: the mean spectrogram of a few exemplars, slid along a recording.

The score is a correlation coefficient in [-1, 1] and so does not depend on loudness; of detections closer together
than ``min_distance_s`` the best is kept.

Legend: T = samples, K = frames, F = frequency bins of the band, W = frames of the template, P = placements of the
template, N = segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from pydantic import Field, model_validator
from scipy.ndimage import gaussian_filter

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.sources.segmentation.frames import FrameGrid, fill_recording, find_band, iterate_magnitudes
from subsong.sources.segmentation.reading import ArrayReader, SampleReader

_EPSILON = np.float32(1e-9)
_MIN_NORM = 1e-6


class TemplateSegmentation(ConfigBase):
    """Spectrograms of exemplars and recordings, and how alike a place must be to be a detection."""

    window_size: int = Field(512, ge=2, description="Window of the spectrum, in samples.")
    hop_size: int = Field(256, ge=1, description="Step of the spectrogram, in samples.")
    low_hz: float = Field(400.0, ge=0, description="Lower end of the band that is compared.")
    high_hz: float = Field(10_000.0, gt=0, description="Upper end of the band that is compared, itself left out.")
    amplitude_scale: float = Field(32768.0, gt=0, description="Factor on samples in units of full scale.")
    log_low: float = Field(2.0, description="ln magnitude that counts as 0.")
    log_high: float = Field(6.5, description="ln magnitude that counts as 1.")
    smoothing: tuple[float, float] = Field(
        (0.5, 0.5), description="Standard deviations of the Gaussian over the exemplars, in bins and in frames."
    )
    num_mad: float = Field(
        8.0, description="Threshold: the recording's median score plus this many median absolute deviations."
    )
    min_correlation: float | None = Field(
        None, ge=-1, le=1, description="Threshold in its place: a correlation, the same for every recording."
    )
    min_distance_s: float = Field(0.05, ge=0, description="Of detections closer together, only the best is kept.")

    @model_validator(mode="after")
    def _in_order(self) -> TemplateSegmentation:
        if self.low_hz >= self.high_hz:
            raise ValueError(f"low_hz {self.low_hz:g} should lie below high_hz {self.high_hz:g}")
        if self.log_low >= self.log_high:
            raise ValueError(f"log_low {self.log_low:g} should lie below log_high {self.log_high:g}")
        return self


class Template(NamedTuple):
    """What is looked for.

    Attributes
    ----------
    spec_WF
        float64, shape (W, F): mean spectrogram, of mean 0 and norm 1.
    duration_s
        Length of a detection.
    sample_rate_hz
        Of the exemplars, and of recordings it can be sought in.
    """

    spec_WF: np.ndarray
    duration_s: float
    sample_rate_hz: int


class TemplateSegments(NamedTuple):
    """What was found in a recording, and by which trace.

    Attributes
    ----------
    segments
        float64, shape (N, 2): onset and offset in seconds, ascending; each as long as the template.
    scores
        float64, shape (N,): correlation with the template.
    trace
        float64, shape (P,): correlation at every placement.
    trace_times
        float64, shape (P,): seconds at which the template then begins.
    threshold
        Correlation above which a peak is a detection.
    """

    segments: np.ndarray
    scores: np.ndarray
    trace: np.ndarray
    trace_times: np.ndarray
    threshold: float


def fit_template(
    exemplars: Sequence[np.ndarray], sample_rate_hz: int, config: TemplateSegmentation | None = None
) -> Template:
    """Return the mean of the exemplars' smoothed spectrograms, cut to the shortest.

    Parameters
    ----------
    exemplars
        Samples of one channel from the onset to the offset of what is sought, shape (T,) each, in units of full scale.
    sample_rate_hz
        Samples a second.
    config
        None takes the usual one.

    Raises
    ------
    SubsongError
        When there is no exemplar, one is shorter than the window, or all of it is silent.
    """
    config = config or TemplateSegmentation()
    if not exemplars:
        raise SubsongError("a template needs one exemplar at least: none was given")
    for number, exemplar_T in enumerate(exemplars):
        if len(exemplar_T) < config.window_size:
            raise SubsongError(
                f"exemplar {number} has {len(exemplar_T)} samples, fewer than the window of {config.window_size}: "
                "take a longer one, or a smaller window_size"
            )
    specs = [_compute_whole_spec(ArrayReader(exemplar_T, sample_rate_hz), config) for exemplar_T in exemplars]
    num_frames = min(map(len, specs))
    spec_WF = np.mean([spec_KF[:num_frames] for spec_KF in specs], axis=0)
    spec_WF -= spec_WF.mean()
    norm = float(np.linalg.norm(spec_WF))
    if norm < _MIN_NORM:
        raise SubsongError("the exemplars have no contrast between log_low and log_high: check their loudness")
    num_samples = (num_frames - 1) * config.hop_size + config.window_size
    return Template(spec_WF / norm, num_samples / sample_rate_hz, sample_rate_hz)


def segment_template(
    samples_T: np.ndarray, sample_rate_hz: int, template: Template, config: TemplateSegmentation | None = None
) -> TemplateSegments:
    """Find the places like a template in samples of one channel; see `segment_recording_by_template`."""
    return segment_recording_by_template(ArrayReader(samples_T, sample_rate_hz), template, config)


def segment_recording_by_template(
    reader: SampleReader, template: Template, config: TemplateSegmentation | None = None
) -> TemplateSegments:
    """Find the places of a recording that are like a template; the recording is read block by block.

    Parameters
    ----------
    reader
        The recording.
    template
        What is sought, fitted with the same `config`.
    config
        None takes the usual one.

    Raises
    ------
    SubsongError
        When the recording has another rate than the template, several channels, or a sample that is not a number; when
        the template was made for another band.
    """
    config = config or TemplateSegmentation()
    trace_P = compute_correlation(reader, template, config)
    step_s = config.hop_size / reader.info.sample_rate_hz
    threshold = _find_threshold(trace_P, config)
    peaks_N = _find_peaks(trace_P, threshold, max(1, int(np.ceil(config.min_distance_s / step_s))))
    onset_N = peaks_N * step_s
    segments_N2 = np.stack([onset_N, onset_N + template.duration_s], axis=1)
    return TemplateSegments(segments_N2, trace_P[peaks_N], trace_P, np.arange(len(trace_P)) * step_s, threshold)


def compute_correlation(reader: SampleReader, template: Template, config: TemplateSegmentation) -> np.ndarray:
    """Return the correlation coefficient of a template with every window of a recording, float64, shape (P,).

    A window without any contrast, such as silence, has the correlation 0.
    """
    num_frames, num_bins = template.spec_WF.shape
    grid = _build_grid(reader, config)
    if reader.info.sample_rate_hz != template.sample_rate_hz:
        raise SubsongError(
            f"the recording has {reader.info.sample_rate_hz} Hz and the template {template.sample_rate_hz} Hz: make "
            "a template from exemplars of the same rate"
        )
    if grid.band.stop - grid.band.start != num_bins:
        raise SubsongError(
            f"the template has {num_bins} frequencies and the recording {grid.band.stop - grid.band.start}: "
            "both need the same window_size, low_hz and high_hz"
        )
    blocks = _iterate_specs(reader, grid, config, overlap=num_frames - 1)
    return np.concatenate([np.empty(0), *(_correlate(spec_KF, template.spec_WF) for spec_KF in blocks)])


def _correlate(spec_KF: np.ndarray, template_WF: np.ndarray) -> np.ndarray:
    """Return the correlation of a block's windows with a template, shape (K - W + 1,)."""
    num_frames, num_bins = template_WF.shape
    num_windows = len(spec_KF) - num_frames + 1
    # Products of every frame with every column of the template; a window's sum runs along a diagonal of them.
    product_KW = np.ascontiguousarray(spec_KF @ template_WF.T)
    row, column = product_KW.strides
    dot_P = as_strided(product_KW, (num_windows, num_frames), (row, row + column)).sum(axis=1)
    size = num_frames * num_bins
    mean_P = _sum_windows(spec_KF.sum(axis=1), num_frames) / size
    square_P = _sum_windows(np.square(spec_KF).sum(axis=1), num_frames)
    norm_P = np.sqrt(np.maximum(square_P - size * mean_P**2, 0))
    return np.where(norm_P > _MIN_NORM, dot_P / np.maximum(norm_P, _MIN_NORM), 0.0)


def _sum_windows(value_K: np.ndarray, num_frames: int) -> np.ndarray:
    total = np.concatenate([[0.0], np.cumsum(value_K)])
    return np.asarray(total[num_frames:] - total[:-num_frames])


def _compute_whole_spec(reader: SampleReader, config: TemplateSegmentation) -> np.ndarray:
    """Return the smoothed spectrogram of an exemplar, shape (K, F)."""
    spec_KF = np.concatenate(list(_iterate_specs(reader, _build_grid(reader, config), config)))
    return np.asarray(gaussian_filter(spec_KF, config.smoothing[::-1]))


def _build_grid(reader: SampleReader, config: TemplateSegmentation) -> FrameGrid:
    band = find_band(config.window_size, reader.info.sample_rate_hz, config.low_hz, config.high_hz)
    return fill_recording(reader.info.num_samples, config.window_size, config.hop_size, band)


def _iterate_specs(
    reader: SampleReader, grid: FrameGrid, config: TemplateSegmentation, overlap: int = 0
) -> Iterator[np.ndarray]:
    """Yield blocks of a spectrogram in [0, 1], float64, shape (K, F)."""
    for magnitude_KF in iterate_magnitudes(reader, grid, config.amplitude_scale, overlap):
        spec_KF = (np.log(magnitude_KF + _EPSILON) - config.log_low) / (config.log_high - config.log_low)
        yield spec_KF.clip(0, 1).astype(np.float64)


def _find_threshold(trace_P: np.ndarray, config: TemplateSegmentation) -> float:
    if config.min_correlation is not None:
        return config.min_correlation
    if trace_P.size == 0:
        return np.inf
    median = float(np.median(trace_P))
    return median + config.num_mad * float(np.median(np.abs(trace_P - median)))


def _find_peaks(trace_P: np.ndarray, threshold: float, min_distance: int) -> np.ndarray:
    """Return the local maxima above a threshold, of close ones the highest; first and last placement may be peaks."""
    from scipy.signal import find_peaks

    padded = np.concatenate([[-2.0], trace_P, [-2.0]])
    peaks = find_peaks(padded, distance=min_distance, height=np.nextafter(threshold, np.inf))[0] - 1
    return np.asarray(peaks, np.int64)
