"""The windows of the STFT, scaled so that a sinusoid of amplitude A has magnitude A / 2.

Legend: M = tapers, W = samples of a window.
"""

from __future__ import annotations

import numpy as np

from subsong.sources.spectrograms.config import SpectrogramConfig


def build_tapers(config: SpectrogramConfig) -> np.ndarray:
    """Return the tapers, with the scale of the magnitude and `amplitude_scale` in them, shape (M, W), float64.

    The magnitude is the root of the mean power over the tapers. For one window the scale is SciPy's, one over the sum
    of the window; for several it is chosen so that a sinusoid has the same magnitude at its own frequency.
    """
    position_W = np.arange(config.window_size)
    if config.window == "hann":
        # Periodic, as SciPy's STFT has it.
        tapers_MW = 0.5 - 0.5 * np.cos(2.0 * np.pi * position_W / config.window_size)[None]
    else:
        tapers_MW = _build_sine_tapers(config.num_tapers, config.window_size)
    gain = np.sqrt(np.square(tapers_MW.sum(axis=1)).mean())
    tapers_MW *= config.amplitude_scale / gain
    return tapers_MW


def _build_sine_tapers(num_tapers: int, window_size: int) -> np.ndarray:
    """Return the sine tapers of Riedel and Sidorenko (1995), of unit energy."""
    order_M1 = np.arange(1, num_tapers + 1)[:, None]
    position_W = np.arange(1, window_size + 1)
    tapers_MW: np.ndarray = np.sin(np.pi * order_M1 * position_W / (window_size + 1))
    tapers_MW *= np.sqrt(2.0 / (window_size + 1))
    return tapers_MW
