"""Sounds as the page plays them: FLAC, at one loudness, ultrasound slowed into hearing, within a size budget.

Legend: N = items, C = channels, T = samples.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator

AudioSource = Callable[[int], tuple[np.ndarray, int] | None]
"""Returns the samples (T,) or (C, T) and the sample rate in hertz of an item; None where there is no sound."""

CLIPS_PER_BLOCK = 128
_ULTRASOUND_RATE_HZ = 96_000
_TIME_EXPANSION = 10.0
"""The custom of bat detectors."""
_LOWEST_RATE_HZ = 8000
"""Browsers do not play everything below."""
PEAK = 0.9
"""Largest sample of what is played, in units of full scale."""
FADE_S = 0.003
"""How long a sound takes to rise at its start and to fall at its end: a cut is heard as a click."""


class Clips(NamedTuple):
    """Encoded sounds.

    Attributes
    ----------
    blocks
        Up to `CLIPS_PER_BLOCK` FLAC files in base64 each, one a line.
    place_N
        Number of an item's clip, counted over the blocks; -1 for an item without one.
    slow_down
        How many times longer a clip lasts than the sound did.
    num_silent
        Items that turned out to have no sound at all, among those that were looked at.
    """

    blocks: list[str]
    place_N: np.ndarray
    slow_down: float
    num_silent: int


def build_clips(fetch: AudioSource, num_items: int, slow_down: float | None, budget_bytes: float, seed: int) -> Clips:
    """Encode the sounds of items in random order until the budget is used up.

    One factor holds for the whole map, so that pitches can be compared; without `slow_down` the first sound decides.

    Raises
    ------
    SubsongError
        When a sound has no fitting shape or sample rate.
    """
    place_N, clips, used, num_silent = np.full(num_items, -1, np.int64), list[str](), 0, 0
    for item in numpy_generator(seed, "sound map sounds").permutation(num_items):
        sound = fetch(int(item))
        if sound is None or np.size(sound[0]) == 0:
            num_silent += 1
            continue
        samples, sample_rate_hz = _check_sound(*sound, int(item))
        if slow_down is None:
            slow_down = choose_slow_down(sample_rate_hz)
        clip = base64.b64encode(_encode_clip(samples, sample_rate_hz, slow_down)).decode()
        used += len(clip) + 1
        if used > budget_bytes:
            break
        place_N[item] = len(clips)
        clips.append(clip)
    blocks = ["\n".join(clips[start : start + CLIPS_PER_BLOCK]) for start in range(0, len(clips), CLIPS_PER_BLOCK)]
    return Clips(blocks, place_N, slow_down or 1.0, num_silent)


def choose_slow_down(sample_rate_hz: float) -> float:
    """Return how many times longer a recording of this rate is played: 1, or 10 where it holds ultrasound."""
    return _TIME_EXPANSION if sample_rate_hz > _ULTRASOUND_RATE_HZ else 1.0


def _check_sound(samples: np.ndarray, sample_rate_hz: int, item: int) -> tuple[np.ndarray, int]:
    if np.ndim(samples) not in (1, 2) or not sample_rate_hz > 0:
        raise SubsongError(
            f"the sound of item {item} should be samples (T,) or (C, T) and a sample rate above 0, "
            f"not shape {np.shape(samples)} at {sample_rate_hz} Hz"
        )
    mono_T = np.nan_to_num(np.asarray(samples, np.float64))
    return mono_T.mean(axis=0) if mono_T.ndim == 2 else mono_T, int(sample_rate_hz)


def _encode_clip(samples_T: np.ndarray, sample_rate_hz: int, slow_down: float) -> bytes:
    """Return a FLAC file whose header tells the slowed rate; ends are faded, since a cut is heard as a click."""
    import soundfile
    from scipy.signal import resample_poly

    rate = max(1, round(sample_rate_hz / slow_down))
    if rate < _LOWEST_RATE_HZ:
        raised = math.ceil(_LOWEST_RATE_HZ / rate)
        samples_T, rate = resample_poly(samples_T, raised, 1), rate * raised
    num_fade = min(len(samples_T) // 2, round(FADE_S * rate))
    ramp = np.sin(0.5 * np.pi * (np.arange(num_fade) + 0.5) / max(1, num_fade)) ** 2
    window_T = np.concatenate([ramp, np.ones(len(samples_T) - 2 * num_fade), ramp[::-1]])
    peak = np.abs(samples_T).max()
    buffer = io.BytesIO()
    scaled_T = samples_T * window_T * (PEAK / peak if peak > 0 else 1.0)
    soundfile.write(buffer, scaled_T, rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
