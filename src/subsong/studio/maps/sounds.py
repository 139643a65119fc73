"""The sound of a map's item as it is played: one loudness, ends that do not click, ultrasound slowed into hearing.

Legend: C = channels, T = samples.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.reports.sound_map.clips import FADE_S, PEAK, choose_slow_down
from subsong.sources.audio import open_audio

MARGIN_S = 0.02
"""What is played before and after an item: a sound cut at its onset is hard to tell."""


class Stretch(NamedTuple):
    """A stretch of a recording.

    Attributes
    ----------
    path
        The recording.
    channel
        From 0; None: the mean of all.
    onset_s, offset_s
        In seconds from its beginning.
    """

    path: Path
    channel: int | None
    onset_s: float
    offset_s: float


def encode_sound(stretch: Stretch, margin_s: float = MARGIN_S) -> bytes:
    """Return a stretch as a wav file of one channel; above 96 kHz it is played ten times slower.

    Raises
    ------
    SubsongError
        When the recording cannot be read, has no such channel, or ends before the stretch.
    """
    import soundfile

    with open_audio(stretch.path, "mean" if stretch.channel is None else stretch.channel) as reader:
        rate = reader.info.sample_rate_hz
        start, stop = stretch.onset_s - margin_s, stretch.offset_s + margin_s
        samples_T = reader.read(max(0, round(start * rate)), round(stop * rate))
    if not samples_T.size:
        raise SubsongError(
            f"{stretch.path.name} ends before {stretch.onset_s:g} s: it was shortened since it was mapped"
        )
    slowed_hz = max(1, round(rate / choose_slow_down(rate)))
    buffer = io.BytesIO()
    soundfile.write(buffer, _level(samples_T, slowed_hz), slowed_hz, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _level(samples_T: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return samples whose loudest is `PEAK`, faded in and out."""
    samples_T = np.nan_to_num(samples_T.astype(np.float64))
    num_fade = min(len(samples_T) // 2, round(FADE_S * rate_hz))
    ramp = np.sin(0.5 * np.pi * (np.arange(num_fade) + 0.5) / max(1, num_fade)) ** 2
    samples_T[:num_fade] *= ramp
    samples_T[len(samples_T) - num_fade :] *= ramp[::-1]
    peak = np.abs(samples_T).max(initial=0.0)
    levelled_T: np.ndarray = samples_T * (PEAK / peak if peak > 0 else 1.0)
    return levelled_T
