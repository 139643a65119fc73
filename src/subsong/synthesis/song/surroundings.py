"""What the microphone hears besides the bird: its own noise, the room's, and the echo of the song.

Legend: T = samples.
"""

from __future__ import annotations

import numpy as np

_ROOM_CORNER_HZ = 300.0


def add_echo(
    samples_T: np.ndarray, sample_rate_hz: int, duration_s: float, level_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Return samples with a diffuse echo, shape (T,); what would come after the end is cut.

    Parameters
    ----------
    samples_T
        The song alone.
    sample_rate_hz
        Samples a second.
    duration_s
        Time in which the echo falls by 60 dB; 0 adds none.
    level_db
        Power of the echo relative to the song.
    rng
        Draws the room.
    """
    num = round(duration_s * sample_rate_hz)
    if num == 0:
        return samples_T
    response = rng.normal(size=num) * 10 ** (-3 * np.arange(num) / num)
    response *= 10 ** (level_db / 20) / np.sqrt(np.sum(response**2))
    # scipy.signal takes a second to import.
    from scipy.signal import fftconvolve

    echo_T = np.concatenate([[0.0], fftconvolve(samples_T, response)[: len(samples_T) - 1]])
    return np.asarray(samples_T + echo_T)


def make_noise(num: int, sample_rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Return the noise of a quiet room, of root mean square 1, shape (T,): white, and stronger at low frequencies."""
    hz = np.fft.rfftfreq(num, 1 / sample_rate_hz)
    gain = np.sqrt(1 + (_ROOM_CORNER_HZ / np.maximum(hz, 20.0)) ** 2)
    gain[0] = 0
    noise_T = np.fft.irfft(np.fft.rfft(rng.normal(size=num)) * gain, num)
    return np.asarray(noise_T / np.sqrt(np.mean(noise_T**2)))
