"""Files as AVA writes them, with made-up spectrograms."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from subsong.core.seeds import numpy_generator

COUNTS = (8, 8, 5, 8)


def make_specs(number: int, count: int) -> np.ndarray:
    """Return spectrograms of sweeps, low to high frequency, as AVA's files hold them."""
    generator = numpy_generator(number, "specs")
    start, stop, width = generator.uniform([20, 20, 3], [100, 100, 8], (count, 3)).T
    time_T = np.linspace(0, 1, 128)
    ridge = start[:, None] + (stop - start)[:, None] * time_T
    specs = np.exp(-0.5 * ((np.arange(128)[:, None] - ridge[:, None]) / width[:, None, None]) ** 2)
    return np.clip(specs + 0.05 * generator.standard_normal(specs.shape), 0, 1)


def write_like_ava(path: Path, number: int, count: int, dtype: str = "f8") -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("specs", data=make_specs(number, count).astype(dtype))
        file.create_dataset("onsets", data=np.arange(count) + 0.25)
        file.create_dataset("offsets", data=np.arange(count) + 0.5)
        file.create_dataset("audio_filenames", data=np.array([f"audio/bird{number}.wav".encode()] * count, dtype="S"))
