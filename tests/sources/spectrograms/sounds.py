"""Made-up recordings whose spectrograms are known."""

from __future__ import annotations

import numpy as np

RATE_HZ = 32_000


def make_noise(duration_s: float = 2.0, seed: int = 0, level: float = 0.02) -> np.ndarray:
    """White noise over a few loud tones and an offset, float32."""
    generator = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    tones = sum(0.1 * np.sin(2 * np.pi * hz * time_s) for hz in (50.0, 2_500.0, 4_321.0))
    return (tones + generator.normal(0.03, level, len(time_s))).astype(np.float32)


def make_tone(frequency_hz: float, amplitude: float, duration_s: float = 1.0) -> np.ndarray:
    """One sinusoid, float64."""
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * RATE_HZ)) / RATE_HZ)
