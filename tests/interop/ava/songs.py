"""Made-up song in wav files with AVA's ROI files, its parameters of windows, and its picture of a window by SciPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.io import wavfile
from scipy.signal import stft

from subsong.core.seeds import numpy_generator

RATE = 32000
WINDOW_S = 0.12
FINCH: dict[str, Any] = {
    "fs": RATE,
    "nperseg": 512,
    "noverlap": 256,
    "max_dur": 1e9,
    "window_length": WINDOW_S,
    "min_freq": 400,
    "max_freq": 10e3,
    "spec_min_val": 2.0,
    "spec_max_val": 6.5,
    "num_freq_bins": 128,
    "num_time_bins": 128,
    "mel": True,
    "time_stretch": False,
    "within_syll_normalize": False,
}
"""The parameters of AVA's finch example, less its function objects."""


def make_song(seed: int, duration_s: float = 1.5, rate: int = RATE) -> np.ndarray:
    """Return sweeps of random pitch in weak noise, int16."""
    generator, time_T = numpy_generator(seed, "song"), np.arange(round(duration_s * rate)) / rate
    sound = 3 * numpy_generator(seed, "noise").standard_normal(len(time_T))
    for onset in np.arange(0.05, duration_s - 0.1, 0.15):
        pitch, slope = generator.uniform(1000, 5000), generator.uniform(-8000, 8000)
        inside, since = (time_T >= onset) & (time_T < onset + 0.1), time_T - onset
        sound += inside * 5000 * np.sin(2 * np.pi * (pitch + slope * since) * since)
    return sound.astype(np.int16)


def write_roi(path: Path, regions: list[tuple[float, float]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, np.reshape(regions, (-1, 2)), fmt="%.5f", header=f"Onsets/offsets for {path.stem}.wav")


def write_songs(folder: Path, num: int = 5, rate: int = RATE) -> tuple[Path, Path]:
    """Write recordings and, for each, a ROI file with one region of its own; return their folders."""
    audio_dir, roi_dir = folder / "audio", folder / "rois"
    audio_dir.mkdir(parents=True)
    for number in range(num):
        wavfile.write(audio_dir / f"song{number}.wav", rate, make_song(number, rate=rate))
        write_roi(roi_dir / f"song{number}.txt", [(0.1 * number + 0.1, 0.1 * number + 0.5)])
    return audio_dir, roi_dir


def compute_avas_window(path: str, onset: float, shoulder: float = 0.05) -> np.ndarray:
    """Return AVA's picture of a window, after its description: an STFT that begins 50 ms before it, a mel axis."""
    rate, sound = wavfile.read(path)
    t1, t2 = max(0.0, onset - shoulder), onset + WINDOW_S + shoulder
    part = sound[round(t1 * rate) : round(t2 * rate)].astype(float)
    frequency, time, spectrum = stft(part - part.mean(), fs=rate, nperseg=512, noverlap=256)
    log_magnitude = np.log(np.abs(spectrum) + 1e-12)
    grid = RegularGridInterpolator((frequency, time + t1), log_magnitude, bounds_error=False, fill_value=-1e12)
    mel = np.linspace(*(1127 * np.log(1 + np.array([400, 10e3]) / 700)), 128)
    hz = 700 * (np.exp(mel / 1127) - 1)
    rows, columns = np.meshgrid(hz, np.linspace(onset, onset + WINDOW_S, 128), indexing="ij")
    return np.clip((grid((rows, columns)) - 2.0) / 4.5, 0, 1)
