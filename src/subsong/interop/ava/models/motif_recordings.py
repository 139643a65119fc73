"""Recordings that hold one rendition of a motif each, and their song on one time base, as AVA's warps are fitted to.

Legend: N = renditions, T = frames of the time base, F = frequencies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.motifs.song import build_time_base, fetch_song
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.windows.frames import RegionFrames
from subsong.interop.ava.models.window_frames import build_region_frames
from subsong.interop.ava.models.window_regions import describe_regions, read_recordings
from subsong.sources.audio import find_audio
from subsong.sources.spectrograms import SpectrogramConfig

WarpType = Literal["amplitude", "spectrogram", "null"]
DEFAULT_WARP_PARAMS = {"n_knots": 0, "warp_reg_scale": 1e-2, "smoothness_reg_scale": 1e-1, "l2_reg_scale": 1e-7}
_SMALLEST = 1e-9


class Motifs(NamedTuple):
    """Renditions of a motif.

    Attributes
    ----------
    frames
        Of each recording, as far as they show sound alone.
    base
        Time base of all: 0 is the start of a recording, and the longest one fills it.
    """

    frames: RegionFrames
    base: TimeBase


def find_motifs(audio_dirs: Sequence[str | Path]) -> list[str]:
    """Return the recordings in folders, by name.

    Raises
    ------
    SubsongError
        When a folder does not exist or holds no recordings, or `audio_dirs` is no list.
    """
    if isinstance(audio_dirs, str | Path):
        raise SubsongError(f"audio_dirs is {str(audio_dirs)!r}: expected a list of folders")
    found = [path for folder in audio_dirs for path in find_audio(folder) if path.parent == Path(folder).expanduser()]
    return sorted(map(str, found))


def read_motifs(audio_filenames: Sequence[str], config: SpectrogramConfig) -> Motifs:
    """Return the renditions in recordings of one motif each.

    Raises
    ------
    SubsongError
        When there are none, or one is missing, damaged or too short for an STFT window.
    """
    if not audio_filenames:
        raise SubsongError("there are no recordings: expected some with one rendition of the motif each")
    recordings = read_recordings(audio_filenames, config)
    whole = [np.array([[0.0, recording.duration_s]]) for recording in recordings]
    regions = describe_regions(recordings, whole, config)
    short = regions.filter(pl.col("num_frames") < 2)
    if len(short):
        raise SubsongError(f"{short['source'][0]} is too short: expected a motif, found less than two STFT windows")
    durations = pl.Series([recording.duration_s for recording in recordings])
    regions = regions.with_columns(motif_onset_s=pl.lit(0.0), motif_offset_s=durations)
    dt_s = config.hop_size / max(recording.sample_rate_hz for recording in recordings)
    return Motifs(build_region_frames(regions, config), build_time_base(regions, 0.0, dt_s))


def fetch_renditions(motifs: Motifs, warp_type: WarpType) -> np.ndarray:
    """Return what warps are fitted to: spectrograms (N, T, F), or amplitude traces (N, T, 1) from 0 to 1, float32."""
    song_NTF = fetch_song(motifs.frames, motifs.base)
    if warp_type == "spectrogram":
        return song_NTF
    trace_NT1: np.ndarray = song_NTF.sum(axis=2, keepdims=True)
    trace_NT1 -= trace_NT1.min(axis=1, keepdims=True)
    trace_NT1 /= trace_NT1.max(axis=1, keepdims=True) + _SMALLEST
    return trace_NT1


def check_warp_type(warp_type: str) -> None:
    """Check a kind of warp; raises SubsongError when it is none of AVA's."""
    if warp_type not in get_args(WarpType):
        raise SubsongError(f"warp_type is {warp_type!r}; {did_you_mean(warp_type, get_args(WarpType))}")


def build_warp_config(warp_params: Mapping[str, Any]) -> WarpConfig:
    """Return what a warp may be by affinewarp's parameters, which AVA hands on.

    Parameters
    ----------
    warp_params
        ``n_knots`` (-1 shift, 0 linear, k for k + 1 pieces), ``warp_reg_scale``, ``smoothness_reg_scale`` and
        ``l2_reg_scale``; AVA's values where they are not given.

    Raises
    ------
    SubsongError
        When one is unknown.
    """
    unknown = [name for name in warp_params if name not in DEFAULT_WARP_PARAMS]
    if unknown:
        raise SubsongError(f"warp_params has {unknown[0]!r}; {did_you_mean(unknown[0], DEFAULT_WARP_PARAMS)}")
    values = {**DEFAULT_WARP_PARAMS, **warp_params}
    num_knots = int(values["n_knots"])
    return WarpConfig(
        kind="shift" if num_knots < 0 else "linear" if num_knots == 0 else "piecewise",
        num_knots=max(1, num_knots),
        smoothness=values["smoothness_reg_scale"],
        warp_penalty=values["warp_reg_scale"],
        l2=values["l2_reg_scale"],
    )
