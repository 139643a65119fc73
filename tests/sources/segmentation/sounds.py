"""Made-up sounds for the tests of segmentation, and annotated real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import soundfile

RATE_HZ = 32_000


def make_tones(onsets_s: list[float], duration_s: float, total_s: float, noise: float = 1e-4) -> np.ndarray:
    """Return tones of 3 kHz with ramps of 2 ms in white noise, float32 of full scale."""
    samples = np.random.default_rng(0).normal(0, noise, round(total_s * RATE_HZ))
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    ramp = np.minimum(1, np.minimum(time_s, duration_s - time_s) / 0.002)
    for onset_s in onsets_s:
        start = round(onset_s * RATE_HZ)
        tone = 0.1 * ramp * np.sin(2 * np.pi * 3000 * time_s)
        stop = min(start + len(tone), len(samples))
        samples[start:stop] += tone[: stop - start]
    return samples.astype(np.float32)


def load_annotated(folder: Path, name: str) -> tuple[np.ndarray, int, np.ndarray]:
    """Return samples, rate and annotated segments of one recording of a real data set."""
    samples, rate_hz = soundfile.read(folder / name, dtype="float32")
    table = pl.read_csv(folder / "segments.csv", schema_overrides={"label": pl.String})
    rows = table.filter(pl.col("audio_file") == name).sort("onset_s")
    return samples, rate_hz, rows.select("onset_s", "offset_s").to_numpy()


def score_onsets(found_s: np.ndarray, true_s: np.ndarray, tolerance_s: float = 0.01) -> float:
    """Return F1 of onsets, each matched once."""
    free = list(np.sort(true_s))
    num_matched = 0
    for onset_s in np.sort(found_s):
        near = [other for other in free if abs(other - onset_s) <= tolerance_s]
        if near:
            free.remove(near[0])
            num_matched += 1
    return 2 * num_matched / (len(found_s) + len(true_s))
