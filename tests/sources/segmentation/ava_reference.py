"""Amplitude segmentation as AVA defines it, frame by frame in plain Python, to hold ours against.

Written after the definition, with SciPy's STFT: log magnitudes clipped to [0, 1], summed over the band, smoothed; from
each peak outwards to the first frame below th_1 or the first local minimum below th_2.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.signal import stft

from subsong.sources.segmentation.config import AmplitudeSegmentation


def segment_as_ava(samples: np.ndarray, rate_hz: int, config: AmplitudeSegmentation) -> np.ndarray:
    """Return onsets and offsets in seconds, shape (N, 2)."""
    overlap = config.window_size - config.hop_size
    scaled = samples * np.float32(config.amplitude_scale)
    frequency, _, spectrum = stft(scaled, rate_hz, nperseg=config.window_size, noverlap=overlap)
    band = (frequency >= config.low_hz) & (frequency < config.high_hz)
    spec = np.log(np.abs(spectrum[band]) + 1e-9)
    spec = np.clip((spec - config.log_low) / (config.log_high - config.log_low), 0, 1)
    if config.trace == "softmax":
        weight = np.exp(spec / config.temperature)
        trace = (spec * weight).sum(axis=0) / weight.sum(axis=0)
    else:
        trace = spec.sum(axis=0)
    step_s = config.hop_size / rate_hz
    return _cut(gaussian_filter(trace, config.smoothing_s / step_s), step_s, config)


def _cut(trace: np.ndarray, step_s: float, config: AmplitudeSegmentation) -> np.ndarray:
    found: list[tuple[int, int]] = []
    for peak in range(1, len(trace) - 1):
        is_peak = trace[peak] > config.peak_threshold and trace[peak] == max(trace[peak - 1 : peak + 2])
        if not is_peak or (found and peak < found[-1][1]):
            continue
        onset, offset = peak - 1, peak + 1
        while onset > 0 and not _is_end(trace, onset, config):
            onset -= 1
        while offset < len(trace) and not _is_end(trace, offset, config):
            offset += 1
        if onset > 0 and offset < len(trace):
            found.append((onset, offset))
    least, most = np.floor(config.min_duration_s / step_s), np.ceil(config.max_duration_s / step_s)
    kept = [pair for pair in found if least <= pair[1] - pair[0] + 1 <= most]
    return np.array(kept, float).reshape(-1, 2) * step_s


def _is_end(trace: np.ndarray, frame: int, config: AmplitudeSegmentation) -> bool:
    is_dip = trace[frame] < config.dip_threshold and trace[frame] == min(trace[frame - 1 : frame + 2])
    return bool(trace[frame] < config.boundary_threshold or is_dip)
