"""The grey frames of regions, computed when one is first looked at and kept in memory: one STFT, many windows.

Legend: K = frames of a run, F = frequencies, R = regions.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.windows.frames import TILE_FRAMES, RegionFrames
from subsong.interop.ava.models.bounded_cache import BoundedCache
from subsong.interop.ava.recordings import read_raw_audio
from subsong.sources.spectrograms import FrameMaker, SpectrogramConfig

_MOST_BYTES = 4 * 2**30
"""About 35 hours of a finch at 32 kHz: of its frames, in float16, which take half the memory of AVA's audio."""


def build_region_frames(regions: pl.DataFrame, config: SpectrogramConfig) -> RegionFrames:
    """Return frames of regions; a recording is read when a window of it is first asked for.

    Parameters
    ----------
    regions
        See `describe_regions`; each of one frame at least.
    config
        What a spectrogram is, in the units of `read_raw_audio`.
    """
    num_tiles_R = -(-regions["num_frames"].to_numpy() // TILE_FRAMES)
    first_tile_R = np.cumsum(num_tiles_R) - num_tiles_R
    region_of_tile = np.repeat(np.arange(len(regions)), num_tiles_R)
    tile = np.arange(len(region_of_tile)) - first_tile_R[region_of_tile]
    items = regions[region_of_tile].with_columns(tile=tile)
    computed = ComputedFrames(regions, config)
    frames, peaks = (
        ComputedTiles(computed, first_tile_R * TILE_FRAMES, is_peak, config.num_freq_bins) for is_peak in (False, True)
    )
    return RegionFrames(frames, peaks, items, config.hop_size)


class ComputedFrames:
    """The frames of each region, float16 as in the stores of ``subsong prepare windows``.

    Parameters
    ----------
    regions, config
        As for `build_region_frames`.
    """

    def __init__(self, regions: pl.DataFrame, config: SpectrogramConfig) -> None:
        self._config = config
        self._source_R = regions["source"].to_list()
        self._runs_of: dict[str, list[tuple[int, range]]] = {}
        runs = regions.select("source", "first_frame", "num_frames").iter_rows()
        for region, (source, first, num) in enumerate(runs):
            self._runs_of.setdefault(source, []).append((region, range(first, first + num)))
        self._cache = BoundedCache(self._compute, _count_bytes, _MOST_BYTES)

    def get(self, region: int) -> np.ndarray:
        """Return the grey values of a region, not clipped, float16, shape (K, F)."""
        return self._cache.get(self._source_R[region])[region]

    def _compute(self, source: str) -> dict[int, np.ndarray]:
        """Return the frames of all regions of a recording."""
        audio = read_raw_audio(source)
        maker = FrameMaker(self._config, audio.sample_rate_hz)
        mean = float(audio.samples.mean(dtype=np.float64))
        found = {
            region: maker.compute(audio.samples, run, mean=mean).numpy().astype(np.float16)
            for region, run in self._runs_of[source]
        }
        if not all(np.isfinite(grey_KF).all() for grey_KF in found.values()):
            raise SubsongError(
                f"{source} has samples that are not finite numbers: repair the recording or leave it out"
            )
        return found


class ComputedTiles:
    """Computed frames, or the largest value of each, numbered as in a store: regions begin at multiples of a tile.

    Parameters
    ----------
    computed
        The frames.
    first_R
        Number of the first frame of each region.
    is_peak
        Whether to hand out the largest values.
    num_freq_bins
        F.

    Attributes
    ----------
    dtype, frame_shape
        Of what is handed out.
    """

    def __init__(self, computed: ComputedFrames, first_R: np.ndarray, is_peak: bool, num_freq_bins: int) -> None:
        self._computed, self._first_R, self._is_peak = computed, first_R, is_peak
        self.dtype = np.dtype(np.float16)
        self.frame_shape: tuple[int, ...] = () if is_peak else (num_freq_bins,)

    def read_into(self, frames_K: np.ndarray, first: int) -> None:
        """Fill `frames_K`, shape (K, *frame_shape), with frames of one region from number `first` on."""
        region = int(np.searchsorted(self._first_R, first, side="right")) - 1
        start = first - int(self._first_R[region])
        run_KF = self._computed.get(region)[start : start + len(frames_K)]
        frames_K[:] = run_KF.max(axis=1) if self._is_peak else run_KF


def _count_bytes(frames: dict[int, np.ndarray]) -> int:
    return sum(grey_KF.nbytes for grey_KF in frames.values())
