"""What is heard: the song slowed, or shifted into hearing, at one loudness and at the rate of the file.

Legend: T = samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial

import numpy as np

from subsong.reports.song_video.parts import Song
from subsong.reports.song_video.timing import Timing
from subsong.reports.song_video.vocoder import choose_window_size, shorten_stream
from subsong.reports.sound_map.clips import FADE_S, PEAK
from subsong.sources.audio.resampling import resample_stream

PLAYED_RATE_HZ = 48_000
_READ_SAMPLES = 1 << 18
# A ratio of larger terms, as of an odd slow-down, would need a filter of millions of taps.
_MAX_TERM = 1000


def stream_sound(song: Song, timing: Timing, shift: float | None) -> Iterator[np.ndarray]:
    """Yield what is heard, as long as the video lasts to the sample, float32 at `PLAYED_RATE_HZ`, blocks of shape (T,).

    Parameters
    ----------
    song
        The recording.
    timing
        Which part of it, and how much slower.
    shift
        What frequencies are divided by at the recording's own pace; None: leave the pitch to the pace.

    Notes
    -----
    The song is gone through twice, the first time for its loudest moment, which then has the size `PEAK`. Silence
    stays silence.
    """
    num_played = round(timing.play_s * PLAYED_RATE_HZ)
    peak = max((float(np.abs(block_T).max(initial=0.0)) for block_T in _stream_raw(song, timing, shift)), default=0.0)
    gain, first = PEAK / peak if peak > 0 else 0.0, 0
    for block_T in _stream_raw(song, timing, shift):
        kept_T = block_T[: num_played - first]
        if len(kept_T):
            yield (kept_T * (gain * _fade(first, len(kept_T), num_played))).astype(np.float32)
        first += len(kept_T)
    if first < num_played:
        yield np.zeros(num_played - first, np.float32)


def _stream_raw(song: Song, timing: Timing, shift: float | None) -> Iterator[np.ndarray]:
    """Yield the song at the played rate, as loud as it is."""
    rate, factor = song.sample_rate_hz, timing.slow_down if shift is None else shift
    start, stop = round(timing.start_s * rate), min(round(timing.stop_s * rate), song.num_samples)
    blocks: Iterator[np.ndarray]
    if shift is None:
        blocks = (_read(song, low, min(low + _READ_SAMPLES, stop)) for low in range(start, stop, _READ_SAMPLES))
    else:
        blocks = shorten_stream(partial(_read, song), start, stop, shift, choose_window_size(rate, shift))
    return resample_stream(blocks, _find_ratio(rate / factor))


def _find_ratio(rate_hz: float) -> Fraction:
    """Return played samples a second over those of a song: nobody hears the one in a million that this may be off."""
    return (Fraction(PLAYED_RATE_HZ) / Fraction(rate_hz)).limit_denominator(_MAX_TERM)


def _read(song: Song, start: int, stop: int) -> np.ndarray:
    return np.nan_to_num(np.asarray(song.read(start, stop), np.float32))


def _fade(first: int, num_samples: int, num_played: int) -> np.ndarray:
    """Return the share of the loudness at each sample of a block: it rises at the start and falls at the end."""
    place_T = np.arange(first, first + num_samples) + 0.5
    num_fade = max(1.0, min(0.5 * num_played, FADE_S * PLAYED_RATE_HZ))
    share_T = np.minimum(1.0, np.minimum(place_T, num_played - place_T) / num_fade)
    return np.asarray(np.sin(0.5 * np.pi * share_T) ** 2)
