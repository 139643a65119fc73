"""One spectrogram at a time, as AVA's ``get_spec`` is defined: SciPy's STFT and FITPACK's bilinear spline.

What our batched spectrograms are compared with, in the benchmark for speed and in the tests for equality. SciPy took
away ``interp2d``, which AVA calls; `RectBivariateSpline` of degree one is the same routine.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.signal import stft

from subsong.sources.spectrograms import SpectrogramConfig

EPSILON = 1e-12
FILL_VALUE = -1e12


def name_as_ava(config: SpectrogramConfig) -> dict:
    """Return our settings under AVA's names."""
    return {
        "nperseg": config.window_size,
        "noverlap": config.window_size - config.hop_size,
        "min_freq": config.low_hz,
        "max_freq": config.high_hz,
        "num_freq_bins": config.num_freq_bins,
        "num_time_bins": config.num_time_bins,
        "mel": config.frequency_axis == "mel",
        "time_stretch": config.stretch == "ava",
        "max_dur": config.max_duration_s,
        "spec_min_val": config.log_low,
        "spec_max_val": config.log_high,
        "within_syll_normalize": config.within_normalize,
        "normalize_quantile": config.normalize_quantile,
    }


def compute_image(t1: float, t2: float, audio: np.ndarray, p: dict, fs: int) -> np.ndarray:
    """Return the image of a segment, shape (frequencies, times); `p` has AVA's names, `audio` is in AVA's units."""
    s1, s2 = round(t1 * fs), round(t2 * fs)
    sliced = audio[max(0, s1) : min(len(audio), s2)]
    if len(sliced) < p["nperseg"]:
        return np.zeros((p["num_freq_bins"], p["num_time_bins"]))
    f, t, spectrum = stft(sliced - np.mean(sliced), fs=fs, nperseg=p["nperseg"], noverlap=p["noverlap"])
    t = t + max(0, t1)
    image = interpolate(t, f, np.log(np.abs(spectrum) + EPSILON), find_times(t1, t2, p), find_frequencies(p))
    image = np.clip((image - p["spec_min_val"]) / (p["spec_max_val"] - p["spec_min_val"]), 0.0, 1.0)
    if p["within_syll_normalize"]:
        image = np.maximum(image - np.quantile(image, p["normalize_quantile"]), 0.0)
        image /= np.max(image) + EPSILON
    return image


def find_times(t1: float, t2: float, p: dict) -> np.ndarray:
    duration = t2 - t1
    if p["time_stretch"]:
        duration = np.sqrt(duration * p["max_dur"])
    shoulder = 0.5 * (p["max_dur"] - duration)
    return np.linspace(t1 - shoulder, t2 + shoulder, p["num_time_bins"])


def find_frequencies(p: dict) -> np.ndarray:
    if not p["mel"]:
        return np.linspace(p["min_freq"], p["max_freq"], p["num_freq_bins"])
    low, high = 1127.0 * np.log(1.0 + np.array([p["min_freq"], p["max_freq"]]) / 700.0)
    return 700.0 * (np.exp(np.linspace(low, high, p["num_freq_bins"]) / 1127.0) - 1.0)


def interpolate(
    t: np.ndarray, f: np.ndarray, values: np.ndarray, target_t: np.ndarray, target_f: np.ndarray
) -> np.ndarray:
    image = RectBivariateSpline(f, t, values, kx=1, ky=1)(target_f, target_t)
    image[:, (target_t < t[0]) | (target_t > t[-1])] = FILL_VALUE
    image[(target_f < f[0]) | (target_f > f[-1])] = FILL_VALUE
    return image
