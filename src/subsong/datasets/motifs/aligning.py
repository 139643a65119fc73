"""Aligning the renditions of a motif: the warp of each to a template that the training renditions alone decide.

Legend: N = renditions, T = frames of the time base, F = frequencies.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.datasets.motifs.song import choose_time_base, fetch_song
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.fitting import FittedWarp, fit_warp
from subsong.datasets.warps.objective import find_places
from subsong.datasets.warps.scoring import score_warp
from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.warps.warp import Warp, null_warp
from subsong.datasets.windows.frames import RegionFrames

_SPLITS = ("train", "validation", "test")


class MotifSong(NamedTuple):
    """What a warp is fitted to.

    Attributes
    ----------
    song_NTF
        Spectrograms on the time base, float32 in [0, 1].
    base
        The time base; its zero is the onset of a rendition's motif.
    regions
        One row a rendition, ``motif_onset_s``, ``motif_offset_s`` and ``split`` among its columns.
    """

    song_NTF: np.ndarray
    base: TimeBase
    regions: pl.DataFrame

    @property
    def is_train_N(self) -> np.ndarray:
        """Which renditions the template may be fitted to, bool."""
        return (self.regions["split"] == "train").to_numpy()


def read_motif_song(frames: RegionFrames, margin_s: float) -> MotifSong:
    """Return the renditions of a store on one time base, whose step is that of most recordings' frames."""
    base = choose_time_base(frames.regions, margin_s, frames.hop_size)
    return MotifSong(fetch_song(frames, base), base, frames.regions)


def align_motifs(song: MotifSong, config: WarpConfig) -> FittedWarp:
    """Fit the template to the training renditions, and align all to it.

    Notes
    -----
    Within a steady sound, such as a harmonic stack, nothing tells the time. There a warp of many knots may be off by
    several milliseconds although it describes the spectrograms better; a line, or a knot or two, goes straight through.
    """
    return fit_warp(song.song_NTF, config, song.is_train_N)


def score_alignment(song: MotifSong, fitted: FittedWarp) -> pl.DataFrame:
    """Return how much of the renditions their template describes, without and with their warps; one row a split.

    Returns
    -------
    ``split``, ``num_renditions``, and R^2 of the grey values, ``before`` and ``after``: 1 is everything, 0 no more than
    the mean of each frequency. The template before is the mean of the same training renditions, none of them warped.
    """
    null = null_warp(len(song.song_NTF))
    mean_TF = song.song_NTF[song.is_train_N].mean(axis=0, dtype=np.float64)
    split_N = song.regions["split"].to_numpy()
    rows = []
    for split in _SPLITS:
        chosen_N = split_N == split
        if chosen_N.any():
            spec_NTF = song.song_NTF[chosen_N]
            before = score_warp(spec_NTF, mean_TF, null.select(chosen_N))
            after = score_warp(spec_NTF, fitted.template_TF, fitted.warp.select(chosen_N))
            rows.append((split, int(chosen_N.sum()), before, after))
    schema = {"split": pl.String, "num_renditions": pl.Int64, "before": pl.Float64, "after": pl.Float64}
    return pl.DataFrame(rows, schema, orient="row")


def warp_song(song_NTF: np.ndarray, warp: Warp) -> np.ndarray:
    """Return renditions in the time of their template, on the same frames, shape (N, T, F).

    What a rendition does not hold of the template is its first or last frame.
    """
    num, num_bins, _ = song_NTF.shape
    template_NT = np.tile(np.linspace(0.0, 1.0, num_bins), (num, 1))
    cell_NT, share_NT = find_places(warp.to_recording(np.arange(num), template_NT))
    warped_NTF = np.empty_like(song_NTF)
    for song_TF, cell_T, share_T, warped_TF in zip(song_NTF, cell_NT, share_NT, warped_NTF, strict=True):
        warped_TF[:] = song_TF[cell_T] * (1 - share_T[:, None]) + song_TF[cell_T + 1] * share_T[:, None]
    return warped_NTF
