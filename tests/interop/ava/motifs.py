"""Made-up motifs, one in a wav file, sung earlier or later and faster or slower by known amounts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import wavfile

from subsong.core.seeds import numpy_generator

from .songs import RATE

MARKS_S = np.array([0.08, 0.2, 0.34, 0.47])
"""Onsets of the syllables in the motif's own time, which lasts 0.6 s."""
DURATION_S = 0.6


def draw_tempo(number: int) -> tuple[float, float]:
    """Return when a rendition's motif begins in its recording, in seconds, and how long it takes relative to 0.6 s."""
    generator = numpy_generator(number, "tempo")
    return float(generator.uniform(0.0, 0.03)), float(generator.uniform(0.95, 1.05))


def make_motif(number: int) -> np.ndarray:
    """Return a rendition, int16: four sweeps; the recording lasts 0.7 s."""
    start_s, pace = draw_tempo(number)
    time_T = (np.arange(round(0.7 * RATE)) / RATE - start_s) / pace
    sound = 3 * numpy_generator(number, "noise").standard_normal(len(time_T))
    pitches = ((1500, 4000), (5000, 2000), (3000, 3000), (2000, 7000))
    for onset, (low, high) in zip(MARKS_S, pitches, strict=True):
        since = time_T - onset
        inside = (since >= 0) & (since < 0.09)
        phase = 2 * np.pi * pace * (low * since + 0.5 * (high - low) / 0.09 * since**2)
        sound += inside * 5000 * np.sin(phase)
    return sound.astype(np.int16)


def write_motifs(folder: Path, numbers: range) -> Path:
    folder.mkdir(parents=True)
    for number in numbers:
        wavfile.write(folder / f"motif{number:02d}.wav", RATE, make_motif(number))
    return folder


def compute_marks(number: int) -> np.ndarray:
    """Return when the syllables of a rendition begin, in seconds of its recording."""
    start_s, pace = draw_tempo(number)
    return start_s + pace * MARKS_S
