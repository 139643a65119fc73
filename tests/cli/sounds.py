"""Recordings with annotations for the tests of the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 32_000
SEGMENTS = "0.12\t0.19\n0.31\t0.38\n0.50\t0.56\n"
SMALL = ("--set=spectrogram.num_freq_bins=16", "--set=spectrogram.num_time_bins=16")


def make_sound(num_samples: int = RATE_HZ) -> np.ndarray:
    """Return tones in faint noise."""
    samples = np.random.default_rng(0).normal(0, 1e-3, num_samples)
    for start in range(4000, num_samples - 4000, 6000):
        samples[start : start + 2000] += 0.2 * np.sin(0.6 * np.arange(2000)) * np.hanning(2000)
    return samples


def write(path: Path, samples: np.ndarray | None = None, subtype: str = "PCM_16") -> None:
    soundfile.write(path, make_sound() if samples is None else samples, RATE_HZ, subtype)


def write_two(folder: Path) -> Path:
    """Write two good recordings with three segments each; return their folder."""
    folder.mkdir()
    for name in ("good1", "good2"):
        write(folder / f"{name}.wav")
        (folder / f"{name}.txt").write_text(SEGMENTS)
    return folder
