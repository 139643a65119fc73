"""The two axes of an image: which frequencies its rows show, and which times its columns.

Legend: N = segments, F = rows of the image, T = columns of the image, B = STFT bins that are needed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.sources.spectrograms.config import SpectrogramConfig


def hz_to_mel(frequency_hz: np.ndarray | float) -> np.ndarray:
    """Return mel(f) = 1127 ln(1 + f / 700)."""
    return np.asarray(1127.0 * np.log(1.0 + np.asarray(frequency_hz, dtype=np.float64) / 700.0))


def mel_to_hz(mel: np.ndarray | float) -> np.ndarray:
    """Return the frequency of a mel value, the inverse of `hz_to_mel`."""
    return np.asarray(700.0 * (np.exp(np.asarray(mel, dtype=np.float64) / 1127.0) - 1.0))


def compute_image_frequencies(config: SpectrogramConfig) -> np.ndarray:
    """Return the frequency of each row in Hz, low to high, shape (F,)."""
    if config.frequency_axis == "linear":
        return np.linspace(config.low_hz, config.high_hz, config.num_freq_bins)
    mel_F = np.linspace(hz_to_mel(config.low_hz), hz_to_mel(config.high_hz), config.num_freq_bins)
    # There and back through the logarithm may end a rounding error beyond the highest frequency of the STFT.
    return mel_to_hz(mel_F).clip(config.low_hz, config.high_hz)


class ImageRows(NamedTuple):
    """Between which frequencies of the STFT the rows of the image lie.

    Attributes
    ----------
    bins
        Which frequencies of the STFT are needed: B of them.
    low_F
        The one at or below each row, counted among those that are needed, int64, shape (F,).
    weight_F
        How far from it to the next the row lies, 0 to 1, shape (F,).
    """

    bins: slice
    low_F: np.ndarray
    weight_F: np.ndarray


def find_rows(config: SpectrogramConfig, sample_rate_hz: float) -> ImageRows:
    """Return where the rows of the image lie among the frequencies of the STFT."""
    stft_hz = np.fft.rfftfreq(config.window_size, 1.0 / sample_rate_hz)
    position_F = np.interp(compute_image_frequencies(config), stft_hz, np.arange(len(stft_hz)))
    low_F = np.minimum(np.floor(position_F).astype(np.int64), len(stft_hz) - 2)
    return ImageRows(slice(int(low_F[0]), int(low_F[-1]) + 2), low_F - low_F[0], position_F - low_F)


def compute_image_times(segments_s: np.ndarray, config: SpectrogramConfig) -> np.ndarray:
    """Return the time in the recording of each column of each image, in seconds, shape (N, T).

    Parameters
    ----------
    segments_s
        Onset and offset, shape (N, 2).
    config
        `stretch`, `max_duration_s` and `num_time_bins` are used.

    Notes
    -----
    With d the duration, m `max_duration_s` and r = d / m, the image shows the segment and a shoulder on either side:

    - ``none``: (m - d) / 2 of real time, so that the segment fills r of the image;
    - ``sqrt``: (sqrt(d m) - d) / 2, so that it fills sqrt(r), as AVA's paper says;
    - ``ava``: (m - sqrt(d m)) / 2, as AVA's code has it: the shoulder of the stretched segment measured in unstretched
      time. The segment fills r / (1 + r - sqrt(r)), at most 4/3 of what it fills without a stretch.
    """
    onset_N, offset_N = segments_s[:, 0], segments_s[:, 1]
    duration_N = offset_N - onset_N
    stretched_N = np.sqrt(np.maximum(duration_N, 0.0) * config.max_duration_s)
    if config.stretch == "none":
        shoulder_N = 0.5 * (config.max_duration_s - duration_N)
    elif config.stretch == "sqrt":
        shoulder_N = 0.5 * (stretched_N - duration_N)
    else:
        shoulder_N = 0.5 * (config.max_duration_s - stretched_N)
    return np.linspace(onset_N - shoulder_N, offset_N + shoulder_N, config.num_time_bins, axis=1)
