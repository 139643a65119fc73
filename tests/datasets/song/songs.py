"""Recordings of noise with annotations, for the tests of annotated song."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from subsong.sources.audio import write_audio

RATE_HZ = 8000
Row = tuple[str, float, float]


def make_noise(duration_s: float, rate_hz: int = RATE_HZ, seed: int = 0, num_channels: int = 1) -> np.ndarray:
    """Return noise in 16 bits, shape (C, T) or (T,)."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-3000, 3000, (num_channels, round(duration_s * rate_hz))) / 2**15
    return (values if num_channels > 1 else values[0]).astype(np.float32)


def write_recording(
    folder: Path, name: str, rows: Sequence[Row], duration_s: float = 4.0, rate_hz: int = RATE_HZ
) -> Path:
    """Write a recording, and beside it its annotations as DAS has them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.wav"
    write_audio(path, make_noise(duration_s, rate_hz, seed=len(name) + sum(map(ord, name))), rate_hz)
    write_rows(folder / f"{name}_annotations.csv", rows)
    return path


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    lines = [f"{label},{onset},{offset}" for label, onset, offset in rows]
    path.write_text("\n".join(["name,start_seconds,stop_seconds", *lines]) + "\n")


def write_files(folder: Path, columns: Mapping[str, Sequence[str]]) -> None:
    """Write the table of the recordings."""
    lines = [",".join(columns), *(",".join(cells) for cells in zip(*columns.values(), strict=True))]
    (folder / "files.csv").write_text("\n".join(lines) + "\n")


def write_many(folder: Path, num: int, duration_s: float = 4.0) -> Path:
    """Write recordings 00, 01, ... with a pulse and three syllables each, c in every third alone; return the folder."""
    for number in range(num):
        last = "c" if number % 3 == 0 else "b"
        rows = [("a", 0.5, 0.7), ("b", 0.9, 1.1), (last, 1.5, 1.8), ("pulse", 2.5, 2.5)]
        write_recording(folder, f"{number:02d}", rows, duration_s)
    return folder
