"""The song that a warp is fitted to: as many frames of every rendition, from a margin before the onset of its motif.

Legend: N = renditions, B = renditions fetched at once, T = frames of the time base, F = frequencies.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.windows.frames import RegionFrames

_FETCHED = 64
# A fit compares every frame with every other: two gigabytes, of a minute of song and more.
_MOST_FRAMES = 16_384


def build_time_base(renditions: pl.DataFrame, margin_s: float, dt_s: float) -> TimeBase:
    """Return the time base that the longest rendition fills, with a margin on both sides; 0 is the motif's onset.

    Parameters
    ----------
    renditions
        Columns ``motif_onset_s`` and ``motif_offset_s``.
    margin_s
        On each side.
    dt_s
        From one frame to the next, as in the STFT.

    Raises
    ------
    SubsongError
        When that is more than warps can be fitted to.
    """
    longest_s = (renditions["motif_offset_s"] - renditions["motif_onset_s"]).to_numpy().max()
    # A rounding error must not add a frame.
    num_steps = int(np.ceil((longest_s + 2 * margin_s) / dt_s - 1e-6))
    if num_steps >= _MOST_FRAMES:
        raise SubsongError(
            f"renditions last up to {longest_s:.3g} s, with margin_s = {margin_s:g} on both sides {num_steps + 1:,} "
            f"frames; warps can be fitted to {_MOST_FRAMES:,}: name a shorter motif, or lower margin_s"
        )
    return TimeBase(-margin_s, dt_s, num_steps + 1)


def choose_time_base(renditions: pl.DataFrame, margin_s: float, hop_size: int) -> TimeBase:
    """Return the time base of renditions whose step is that of most recordings' frames; see `build_time_base`."""
    rates = renditions["sample_rate_hz"].to_list()
    return build_time_base(renditions, margin_s, hop_size / max(sorted(set(rates)), key=rates.count))


def fetch_song(frames: RegionFrames, base: TimeBase) -> np.ndarray:
    """Return the spectrograms of all renditions on their time base, float32 in [0, 1], shape (N, T, F).

    Notes
    -----
    Where a rendition is shorter than the longest, or its recording ends, the last moment that was recorded is held.
    For a fit that is better than silence; windows that a network sees never show it.
    """
    regions = frames.regions
    zero_N1, first_N1, last_N1 = (
        regions[name].to_numpy()[:, None] for name in ("motif_onset_s", "onset_s", "offset_s")
    )
    seconds_T = base.to_seconds(np.linspace(0.0, 1.0, base.num_time_bins))
    song_NTF = np.empty((len(frames), base.num_time_bins, frames.num_freq_bins), np.float32)
    for start in range(0, len(frames), _FETCHED):
        some_B = np.arange(start, min(start + _FETCHED, len(frames)))
        times_BT = (zero_N1[some_B] + seconds_T).clip(first_N1[some_B], last_N1[some_B])
        song_NTF[some_B] = frames.fetch(some_B, times_BT).numpy().transpose(0, 2, 1)
    return song_NTF
