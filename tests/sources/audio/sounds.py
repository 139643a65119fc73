"""Known samples in every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE = 22_050


def make_integers(num_samples: int = 70_000, num_channels: int = 1, bits: int = 16, seed: int = 0) -> np.ndarray:
    """Return random integers of `bits` bits, both extremes among them, int64, shape (T, C)."""
    half = 2 ** (bits - 1)
    values_TC = np.random.default_rng(seed).integers(-half, half, (num_samples, num_channels))
    values_TC[:2] = [[-half], [half - 1]]
    return values_TC


def make_song(num_samples: int = 150_000) -> np.ndarray:
    """Return a rising tone in noise, float32, shape (T,)."""
    t = np.arange(num_samples) / RATE
    noise = 0.05 * np.random.default_rng(1).standard_normal(num_samples)
    return (0.3 * np.sin(2 * np.pi * 700 * t * (1 + 0.1 * t)) + noise).astype(np.float32)


def write_sound(path: Path, samples: np.ndarray, subtype: str | None = None, rate: int = RATE) -> Path:
    """Write samples with soundfile, block by block, as libsndfile's ogg encoder fails at long ones."""
    num_channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(path, "w", rate, num_channels, subtype) as file:
        for start in range(0, len(samples), 4096):
            file.write(samples[start : start + 4096])
    return path


def write_cbin(path: Path, values_TC: np.ndarray, rate: str = "3.2000000e+04", **changes: object) -> Path:
    """Write an EvTAF recording with its .rec, whose entries `changes` replaces."""
    path.write_bytes(values_TC.astype(">i2").tobytes())
    entries = {"ADFREQ": rate, "Chans": values_TC.shape[1], "Samples": len(values_TC), **changes}
    lines = [f"{name} = {value}" for name, value in entries.items() if value is not None]
    path.with_suffix(".rec").write_text("File created: now\n\n" + "\n".join(lines) + "\nCatch = 0\n")
    return path
