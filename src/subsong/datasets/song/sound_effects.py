"""Noise and frequency responses: what augmentation does to samples.

Legend: R = channels, S = samples, Q = frequencies of their Fourier transform, O = octaves.
"""

from __future__ import annotations

import functools

import numpy as np

_SILENT = 1e-12
_NUM_OCTAVES = 7
# Samples by which a response may reach beyond the ends, so that they do not reach each other.
_REACH = 512


def draw_noise(num_samples: int, is_pink: bool, rng: np.random.Generator) -> np.ndarray:
    """Return noise of mean power 1, float32, shape (S,); pink noise has a power that falls with 1 / frequency."""
    from scipy.fft import irfft, next_fast_len

    if not is_pink:
        noise_S = rng.standard_normal(num_samples, dtype=np.float32)
    else:
        size = next_fast_len(num_samples, real=True)
        spectrum_Q = rng.standard_normal(2 * (size // 2 + 1), dtype=np.float32).view(np.complex64)
        spectrum_Q /= np.sqrt(np.maximum(np.arange(len(spectrum_Q), dtype=np.float32), 1.0))
        spectrum_Q[0] = 0.0
        noise_S = irfft(spectrum_Q, size)[:num_samples]
    return noise_S / _measure_level(noise_S)


def add_noise(samples_S: np.ndarray, noise_S: np.ndarray, snr_db: float) -> np.ndarray:
    """Return samples with noise added whose mean power lies that many decibels below their own.

    Shapes are (S,), or (R, S) of channels together, whose power is that of all of them.
    """
    level = _measure_level(samples_S) / _measure_level(noise_S)
    noisy_S: np.ndarray = samples_S + level * np.float32(10 ** (-snr_db / 20)) * noise_S
    return noisy_S


def change_response(samples_S: np.ndarray, response_db_O: np.ndarray) -> np.ndarray:
    """Return samples through a smooth frequency response without delay, float32, shape (S,) or (R, S).

    Parameters
    ----------
    samples_S
        The samples, float32, shape (S,), or (R, S) of channels that are changed alike.
    response_db_O
        Gain in decibels at octaves below half the sample rate, lowest first, two or more; along the logarithm of
        frequency it is interpolated between them, and constant below the lowest.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(samples_S.shape[-1] + _REACH, real=True)
    spectrum_Q = rfft(samples_S, size)
    octave_Q, share_Q = _place_frequencies(spectrum_Q.shape[-1], len(response_db_O))
    # From decibels to an exponent of e.
    level_O = (np.log(10) / 20 * response_db_O).astype(np.float32)
    spectrum_Q *= np.exp(level_O[octave_Q] + np.diff(level_O)[octave_Q] * share_Q)
    filtered_S: np.ndarray = irfft(spectrum_Q, size)[..., : samples_S.shape[-1]]
    return filtered_S


def draw_response(spread_db: float, rng: np.random.Generator) -> np.ndarray:
    """Return gains for `change_response`, each drawn by itself, normal with a standard deviation of `spread_db`."""
    drawn_O: np.ndarray = spread_db * rng.standard_normal(_NUM_OCTAVES + 1)
    return drawn_O


@functools.lru_cache(maxsize=8)
def _place_frequencies(num_frequencies: int, num_octaves: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the octave that each frequency lies above, and how far it is to the next one, from 0 to 1."""
    relative_Q = np.arange(num_frequencies) / max(1, num_frequencies - 1)
    place_Q = np.log2(np.maximum(relative_Q, 2.0 ** (1 - num_octaves))) + num_octaves - 1
    octave_Q = np.minimum(place_Q.astype(np.int64), num_octaves - 2)
    return octave_Q, (place_Q - octave_Q).astype(np.float32)


def _measure_level(samples_S: np.ndarray) -> np.float32:
    """Return the root mean square, never quite 0."""
    flat_S = samples_S.ravel()
    return np.float32(max(np.sqrt(np.dot(flat_S, flat_S) / max(1, len(flat_S))), _SILENT))
