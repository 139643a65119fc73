"""Thresholds of a trace of loudness, from its own distribution.

Legend: K = frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.sources.segmentation.config import AmplitudeSegmentation

_SILENT_DB = -100.0
"""Below any microphone: the level of samples that are exactly zero."""


class TraceThresholds(NamedTuple):
    """Where a trace is cut.

    Attributes
    ----------
    boundary
        A segment ends where the trace falls below this.
    dip
        A segment ends at a local minimum below this.
    peak
        A segment has a peak above this.
    """

    boundary: float
    dip: float
    peak: float


def fit_thresholds(trace_K: np.ndarray, config: AmplitudeSegmentation) -> TraceThresholds:
    """Return the thresholds that `config` gives, and those it leaves open from the trace's distribution.

    Parameters
    ----------
    trace_K
        Smoothed loudness of every frame of a recording, shape (K,).
    config
        Thresholds, or fractions.

    Returns
    -------
    All infinite where there is nothing but digital silence.

    Notes
    -----
    Background is the trace's 10 % quantile, its spread the distance from there down to the 1 % quantile (1.0 to 1.6
    standard deviations of the noise, for recordings that are up to four fifths song). What rises above the background
    by `noise_margin` spreads counts as sound, and the 95 % quantile of that as song: a recording with little song in
    it, or none, gets no thresholds inside its noise. On traces of level the thresholds follow a change of gain.
    """
    given = (config.boundary_threshold, config.dip_threshold, config.peak_threshold)
    found = _find_thresholds(trace_K, config)
    return TraceThresholds(*(its if mine is None else mine for mine, its in zip(given, found, strict=True)))


def _find_thresholds(trace_K: np.ndarray, config: AmplitudeSegmentation) -> tuple[float, ...]:
    heard_K = trace_K[trace_K > _SILENT_DB]
    if heard_K.size == 0:
        return (np.inf, np.inf, np.inf)
    background, lower = np.quantile(heard_K, (0.1, 0.01))
    least = background + config.noise_margin * (background - lower)
    sound_K = heard_K[heard_K > least]
    song = np.quantile(sound_K, 0.95) if sound_K.size else least
    return tuple(float(max(least, background + part * (song - background))) for part in config.threshold_fractions)
