"""Recordings in memory, read as open ones are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from subsong.sources.audio import AudioInfo


def describe(num_samples: int, sample_rate_hz: int) -> AudioInfo:
    return AudioInfo(Path("made_up.wav"), sample_rate_hz, 1, num_samples, "int16", 32768.0)


def read_from(samples_T: np.ndarray) -> Callable[[int, int], np.ndarray]:
    """Return what reads samples, zeros beyond their ends."""

    def read(start: int, stop: int) -> np.ndarray:
        at = np.arange(start, stop)
        inside = (at >= 0) & (at < len(samples_T))
        return np.where(inside, samples_T[np.where(inside, at, 0)], 0).astype(np.float32)

    return read


def make_tone(frequency_hz: float, num_samples: int, sample_rate_hz: int, amplitude: float = 1.0) -> np.ndarray:
    phase_T = 2 * np.pi * frequency_hz * np.arange(num_samples) / sample_rate_hz
    return (amplitude * np.sin(phase_T)).astype(np.float32)
