"""Types of syllables, and their sound.

A syllable is a sum of harmonics over a pitch contour, weighted like a source whose spectrum is the richer the lower it
sings and a vocal tract with one resonance, and of noise in a band. Contours are functions of the time within the
syllable, from 0 to 1: sung faster or slower, a syllable keeps its pitch.

Legend: T = samples of a syllable, H = harmonics, P = points of a contour.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

_ATTACK_S, _DECAY_S = 0.003, 0.006
_LOWEST_HZ, _LOWEST_WIDTH_HZ = 350.0, 120.0
_MAX_HARMONICS = 24
Contour = tuple[tuple[float, float], ...]


class SyllableType(NamedTuple):
    """A type of syllable.

    Attributes
    ----------
    label
        Its name.
    kind
        What it sounds like: "stack", "sweep", "tone", "trill", "noise", "complex", ...
    duration_s
        At the usual tempo.
    pitch
        Points (time within the syllable, Hz) of a smooth curve.
    level
        Points (time within the syllable, gain) of a smooth curve.
    tilt
        Harmonic ``h`` is weaker than the first by the factor ``h ** -tilt``.
    trill_cycles, trill_depth
        How often and how far (in log pitch) pitch and loudness swing during the syllable.
    noise_share
        Share of the power that is noise.
    noise_hz
        Middle and width of the noise's band.
    resonance_hz
        Middle and width of the vocal tract's resonance.
    """

    label: str
    kind: str
    duration_s: float
    pitch: Contour
    level: Contour
    tilt: float
    trill_cycles: float
    trill_depth: float
    noise_share: float
    noise_hz: tuple[float, float]
    resonance_hz: tuple[float, float]


class Variation(NamedTuple):
    """How a rendition differs from its type: factors on pitch and on loudness."""

    pitch: float
    gain: float


def render_syllable(
    syllable: SyllableType, phase_T: np.ndarray, variation: Variation, sample_rate_hz: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the sound of one rendition, float64, shape (T,), of root mean square about the variation's gain.

    Parameters
    ----------
    syllable
        What is sung.
    phase_T
        Time within the syllable at each sample, rising from 0 to 1, shape (T,).
    variation
        How this rendition differs.
    sample_rate_hz
        Samples a second.
    rng
        Draws the noise.
    """
    voiced_T = _render_harmonics(syllable, phase_T, variation.pitch, sample_rate_hz)
    noise_T = _render_noise(syllable, len(phase_T), sample_rate_hz, rng)
    sound_T = np.sqrt(1 - syllable.noise_share) * voiced_T + np.sqrt(syllable.noise_share) * noise_T
    gain_T = _follow(syllable.level, phase_T) * _open_and_close(len(phase_T), sample_rate_hz)
    swing_T = 1 - 0.5 * min(1.0, 4 * syllable.trill_depth) * (1 + np.cos(2 * np.pi * syllable.trill_cycles * phase_T))
    if syllable.trill_cycles:
        gain_T = gain_T * (0.1 + 0.9 * swing_T)
    return np.asarray(variation.gain * gain_T * sound_T)


def compute_pitch(syllable: SyllableType, phase_T: np.ndarray) -> np.ndarray:
    """Return the fundamental frequency at times within a syllable, in Hz, shape (T,)."""
    log_pitch = tuple((time, float(np.log(hz))) for time, hz in syllable.pitch)
    return np.asarray(
        np.exp(_follow(log_pitch, phase_T) + syllable.trill_depth * np.sin(2 * np.pi * syllable.trill_cycles * phase_T))
    )


def _follow(contour: Contour, phase_T: np.ndarray) -> np.ndarray:
    """Return a smooth curve through the points of a contour, which stays between neighbours, shape (T,)."""
    points_P2 = np.array(contour)
    return np.asarray(PchipInterpolator(points_P2[:, 0], points_P2[:, 1])(phase_T))


def _render_harmonics(
    syllable: SyllableType, phase_T: np.ndarray, pitch_factor: float, sample_rate_hz: int
) -> np.ndarray:
    pitch_hz_T = pitch_factor * compute_pitch(syllable, phase_T)
    cycles_T = np.cumsum(pitch_hz_T) / sample_rate_hz
    num_harmonics = int(np.clip(0.45 * sample_rate_hz / pitch_hz_T.min(), 1, _MAX_HARMONICS))
    harmonic_H1 = np.arange(1, num_harmonics + 1)[:, None]
    hz_HT = harmonic_H1 * pitch_hz_T
    gain_HT = harmonic_H1**-syllable.tilt * _weigh_tract(hz_HT, syllable.resonance_hz)
    gain_HT[hz_HT > 0.45 * sample_rate_hz] = 0
    sound_T = (gain_HT * np.sin(2 * np.pi * harmonic_H1 * cycles_T)).sum(axis=0)
    return np.asarray(sound_T / max(np.sqrt(np.mean(sound_T**2)), 1e-9))


def _weigh_tract(hz: np.ndarray, resonance_hz: tuple[float, float]) -> np.ndarray:
    """Return the gain of trachea and beak: one broad resonance, and little below `_LOWEST_HZ`."""
    middle_hz, width_hz = resonance_hz
    resonance = 0.15 + 0.85 / (1 + ((hz - middle_hz) / width_hz) ** 2)
    return np.asarray(resonance / (1 + np.exp(-(hz - _LOWEST_HZ) / _LOWEST_WIDTH_HZ)))


def _render_noise(syllable: SyllableType, num: int, sample_rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Return noise in a band of soft edges, of root mean square 1."""
    if syllable.noise_share == 0:
        return np.zeros(num)
    middle_hz, width_hz = syllable.noise_hz
    hz = np.fft.rfftfreq(num, 1 / sample_rate_hz)
    spectrum = np.fft.rfft(rng.normal(size=num)) * np.exp(-0.5 * ((hz - middle_hz) / (0.5 * width_hz)) ** 2)
    noise_T = np.fft.irfft(spectrum, num)
    return np.asarray(noise_T / max(np.sqrt(np.mean(noise_T**2)), 1e-9))


def _open_and_close(num: int, sample_rate_hz: int) -> np.ndarray:
    """Return the gain that lets a sound begin and end softly; above 0 from its first to its last sample."""
    from_start_s = (np.arange(num) + 0.5) / sample_rate_hz
    from_end_s = from_start_s[::-1]
    edge = np.minimum(np.minimum(from_start_s / _ATTACK_S, from_end_s / _DECAY_S), 1)
    return np.asarray(np.sin(0.5 * np.pi * edge) ** 2)
