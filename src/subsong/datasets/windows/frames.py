"""The reading side of a store of windows: pictures of any stretch of any region, made from its frames.

A store holds, for each region, the grey values of its STFT frames, in tiles of 128 frames; see `building`.

Legend: N = windows, T = columns of a picture, F = its rows (low to high frequency), K = frames of a region, M = frames
of all windows together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
import torch
from torch import Tensor

from subsong.datasets.manifest import ITEMS_NAME, is_store_of, read_manifest_of
from subsong.datasets.store import read_items
from subsong.datasets.windows.reading import WindowReading
from subsong.datasets.windows.tiles import TileReader
from subsong.sources.spectrograms import SpectrogramConfig, interpolate_windows

KIND = "windows"
FRAME_KINDS = (KIND, "motifs")
TILE_FRAMES = 128
# Times are multiples of a frame only to rounding.
_TOLERANCE_FRAMES = 1e-6


class FrameReader(Protocol):
    """Frames, or a number of each, as one long list in which regions begin at multiples of a tile.

    Attributes
    ----------
    dtype
        Type of the values.
    frame_shape
        Shape of one frame.
    """

    dtype: np.dtype
    frame_shape: tuple[int, ...]

    def read_into(self, frames_K: np.ndarray, first: int) -> None:
        """Fill `frames_K`, of `dtype` and shape (K, *frame_shape), with the frames from number `first` on."""
        ...


class RegionFrames:
    """The frames of all regions of a store, for windows of any duration at any time, plain or warped.

    Memory does not grow with what was read; several threads may fetch at once.

    Parameters
    ----------
    frames, peaks
        The arrays ``x`` and ``peak``: grey values, and the largest of each frame.
    items
        One row a tile.
    hop_size
        Samples from one frame to the next.

    Attributes
    ----------
    regions
        One row a region: ``source``, ``row``, ``onset_s``, ``offset_s``, ``label``, ..., ``sample_rate_hz``,
        ``first_frame`` (its number on the grid of the recording), ``num_frames``.
    hop_size
        As given.
    """

    def __init__(self, frames: FrameReader, peaks: FrameReader, items: pl.DataFrame, hop_size: int) -> None:
        self._frames, self._peaks, self.hop_size = frames, peaks, hop_size
        is_first = items["tile"] == 0
        self.regions: pl.DataFrame = items.filter(is_first).drop("tile")
        self._stored_from_N = is_first.arg_true().to_numpy().astype(np.int64) * TILE_FRAMES
        self._frames_per_s_N = self.regions["sample_rate_hz"].to_numpy() / hop_size
        self._first_frame_N = self.regions["first_frame"].to_numpy()
        self._num_frames_N = self.regions["num_frames"].to_numpy()

    def __len__(self) -> int:
        return self.regions.height

    @property
    def num_freq_bins(self) -> int:
        """Rows of a picture."""
        return self._frames.frame_shape[0]

    @property
    def frame_s(self) -> float:
        """Seconds from one frame to the next, of the recordings in which that is longest."""
        return float(1 / self._frames_per_s_N.min())

    @property
    def sample_s(self) -> float:
        """Seconds from one sample to the next, of the recordings in which that is shortest."""
        return float(1 / (self._frames_per_s_N.max() * self.hop_size))

    def fetch(self, region_N: np.ndarray, times_NT: np.ndarray) -> Tensor:
        """Return pictures in [0, 1], float32, shape (N, F, T).

        Parameters
        ----------
        region_N
            Which region each lies in, row of `regions`, int64.
        times_NT
            Time of each column in seconds of the recording, float64, in any order.

        Raises
        ------
        ValueError
            When a time lies outside the frames of its region.
        """
        position_NT = self._find_positions(region_N, times_NT)
        low_N = np.floor(position_NT.min(axis=1)).astype(np.int64)
        count_N = np.ceil(position_NT.max(axis=1)).astype(np.int64) - low_N + 1
        end_N = np.cumsum(count_N)
        frames_MF = np.empty((count_N.sum(), self.num_freq_bins), self._frames.dtype)
        stored_N = self._stored_from_N[region_N] + low_N
        for stored, count, end in zip(stored_N.tolist(), count_N.tolist(), end_N.tolist(), strict=True):
            self._frames.read_into(frames_MF[end - count : end], stored)
        grey_MF = torch.from_numpy(frames_MF).to(torch.float32)
        return interpolate_windows(grey_MF, end_N - count_N, position_NT - low_N[:, None])

    def compute_times(self, region: int) -> np.ndarray:
        """Return the time of each frame of a region in seconds of the recording, float64, shape (K,)."""
        first = self._first_frame_N[region]
        times_K: np.ndarray = np.arange(first, first + self._num_frames_N[region]) / self._frames_per_s_N[region]
        return times_K

    def fetch_frames(self, region: int) -> np.ndarray:
        """Return the grey values of all frames of a region, not clipped, float32, shape (K, F)."""
        return self._read_whole(self._frames, region)

    def fetch_peaks(self, region: int) -> np.ndarray:
        """Return the largest grey value of each frame of a region, not clipped, float32, shape (K,)."""
        return self._read_whole(self._peaks, region)

    def _read_whole(self, tiles: FrameReader, region: int) -> np.ndarray:
        values_K = np.empty((self._num_frames_N[region], *tiles.frame_shape), tiles.dtype)
        tiles.read_into(values_K, int(self._stored_from_N[region]))
        return values_K.astype(np.float32)

    def _find_positions(self, region_N: np.ndarray, times_NT: np.ndarray) -> np.ndarray:
        """Return the place of each column in frames from the first of its region, shape (N, T)."""
        position_NT: np.ndarray = times_NT * self._frames_per_s_N[region_N, None]
        position_NT -= self._first_frame_N[region_N, None]
        last_N1 = self._num_frames_N[region_N, None] - 1
        # Written so that a time that is no number counts as outside.
        inside_NT = (position_NT >= -_TOLERANCE_FRAMES) & (position_NT <= last_N1 + _TOLERANCE_FRAMES)
        if not inside_NT.all():
            raise ValueError(self._explain_outside(region_N, times_NT, ~inside_NT))
        return position_NT.clip(0, last_N1)

    def _explain_outside(self, region_N: np.ndarray, times_NT: np.ndarray, outside_NT: np.ndarray) -> str:
        window, column = np.argwhere(outside_NT)[0]
        region = region_N[window]
        first, last = self._first_frame_N[region], self._first_frame_N[region] + self._num_frames_N[region] - 1
        source, row = self.regions.select("source", "row").row(int(region))
        return (
            f"column {column} of window {window} is at {times_NT[window, column]:.6f} s, outside region {row} of "
            f"{source}, whose frames reach from {first / self._frames_per_s_N[region]:.6f} s to "
            f"{last / self._frames_per_s_N[region]:.6f} s"
        )


def load_frames(path: str | Path) -> RegionFrames:
    """Open a store of windows or of motifs.

    Raises
    ------
    SubsongError
        When there is none, it is damaged, or one of something else.
    """
    path = Path(path).expanduser()
    manifest = read_manifest_of(path, FRAME_KINDS)
    frames, peaks = (TileReader(path, manifest.arrays[name]) for name in ("x", "peak"))
    hop_size = manifest.parameters["spectrogram"]["hop_size"]
    return RegionFrames(frames, peaks, read_items(path / ITEMS_NAME, manifest.num_items), hop_size)


def is_window_store(path: str | Path) -> bool:
    """Whether the folder `path` is a store of windows."""
    return is_store_of(path, KIND)


def is_frame_store(path: str | Path) -> bool:
    """Whether the folder `path` is a store that `load_frames` opens: of windows, or of motifs."""
    return is_store_of(path, *FRAME_KINDS)


def read_spectrogram(path: str | Path) -> SpectrogramConfig:
    """Return how the frames of a store of windows or motifs were computed.

    Raises
    ------
    SubsongError
        When there is none, or it is one of something else.
    """
    manifest = read_manifest_of(Path(path).expanduser(), FRAME_KINDS)
    return SpectrogramConfig.model_validate(manifest.parameters["spectrogram"])


def read_window_reading(path: str | Path) -> WindowReading:
    """Return how the windows of a store were read.

    Raises
    ------
    SubsongError
        When there is no store of windows, or it is one of something else.
    """
    path = Path(path).expanduser()
    manifest = read_manifest_of(path, (KIND,))
    parameters = {name: value for name, value in manifest.parameters.items() if name in WindowReading.model_fields}
    return WindowReading.model_validate(parameters)
