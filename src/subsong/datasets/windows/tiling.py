"""Writing a store of frames: the regions, cut into tiles of equal size, each computed once.

Legend: B = tiles of a block, K = frames of a run, F = rows of a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.datasets.manifest import ITEMS_NAME, read_manifest
from subsong.datasets.store import read_items
from subsong.datasets.store_writing import AUDIT_NAME, SKIPPED_NAME, Part, StoreContent, WritingOptions, write_store
from subsong.datasets.syllables.gathering import GatheredSegments
from subsong.datasets.windows.frames import TILE_FRAMES
from subsong.datasets.windows.tiles import TileReader
from subsong.sources.audio import AudioReader, Channel, open_audio
from subsong.sources.spectrograms import FrameMaker, SpectrogramConfig

REGIONS_NAME = "regions.csv"
_TILES_A_PART, _TILES_A_STRETCH = 256, 32


class TileBlock(NamedTuple):
    """Tiles that follow each other in a store.

    Attributes
    ----------
    grey_BKF
        Grey values, not clipped; zero after the last frame of a region.
    peak_BK
        The largest of each frame.
    """

    grey_BKF: np.ndarray
    peak_BK: np.ndarray


class TileMaker:
    """Computes the tiles of any regions, reading no more than a stretch of a recording at a time.

    Parameters
    ----------
    gathered
        The regions and their recordings.
    spectrogram
        With its grey range.
    channel
        The channel that is read.
    stored_as
        Number format of the tiles.
    """

    def __init__(
        self, gathered: GatheredSegments, spectrogram: SpectrogramConfig, channel: Channel, stored_as: str
    ) -> None:
        self._gathered, self._channel, self._stored_as = gathered, channel, stored_as
        self._makers = {rate: FrameMaker(spectrogram, rate) for rate in gathered.sample_rates_hz}

    def make(self, tiles: pl.DataFrame) -> Iterator[TileBlock]:
        """Yield the tiles `tiles`, rows of `list_tiles`, in blocks."""
        for (name,), of_recording in tiles.group_by(["source"], maintain_order=True):
            info = self._gathered.recordings[str(name)]
            with open_audio(self._gathered.root / str(name), self._channel, info.sample_rate_hz) as reader:
                for run in _find_runs(of_recording):
                    yield self._make_block(reader, run, self._gathered.means[str(name)])

    def _make_block(self, reader: AudioReader, frames: range, mean: float) -> TileBlock:
        maker = self._makers[reader.info.sample_rate_hz]
        reach = maker.find_reach(frames)
        samples = reader.read(reach.start, reach.stop)
        grey_KF = maker.compute(samples, frames, reach.start, mean).cpu().numpy()
        num_tiles = -(-len(frames) // TILE_FRAMES)
        grey_BKF = np.zeros((num_tiles, TILE_FRAMES, grey_KF.shape[1]), self._stored_as)
        grey_BKF.reshape(-1, grey_KF.shape[1])[: len(frames)] = grey_KF
        return TileBlock(grey_BKF, grey_BKF.max(axis=2))


def list_tiles(regions: pl.DataFrame) -> pl.DataFrame:
    """Return one row a tile: the columns of its region, and ``tile``, its number within it."""
    num_tiles_N = -(-regions["num_frames"].to_numpy() // TILE_FRAMES)
    region_M = np.repeat(np.arange(regions.height), num_tiles_N)
    first_M = np.repeat(np.cumsum(num_tiles_N) - num_tiles_N, num_tiles_N)
    return regions[region_M].with_columns(pl.Series("tile", np.arange(len(region_M)) - first_M))


def describe_regions(kind: str, reading: ConfigBase, gathered: GatheredSegments) -> StoreContent:
    """Return the content of a store of frames.

    Parameters
    ----------
    kind
        What the regions are: ``"windows"`` or ``"motifs"``.
    reading
        The settings they are computed with.
    gathered
        The regions and their recordings.
    """
    parameters = {**reading.model_dump(mode="json"), "sample_rates_hz": gathered.sample_rates_hz}
    return StoreContent(kind, parameters, gathered.describe_sources(), list_tiles(gathered.segments), _TILES_A_PART)


def write_region_store(
    out: Path, content: StoreContent, maker: TileMaker, gathered: GatheredSegments, options: WritingOptions
) -> None:
    """Write the frames of all regions, and beside them what was read, what was left out and where the regions are.

    Parameters
    ----------
    out
        Folder of the store.
    content
        What `describe_regions` says of it.
    maker
        Computes its tiles.
    gathered
        The regions, the audit and what was left out.
    options
        How it is written.
    """

    def compute(rows: range) -> Part:
        mine = content.rows[rows.start : rows.stop]
        blocks = list(maker.make(mine))
        return Part({"x": [block.grey_BKF for block in blocks], "peak": [block.peak_BK for block in blocks]}, mine)

    lists = {AUDIT_NAME: gathered.audit, SKIPPED_NAME: gathered.skipped, REGIONS_NAME: gathered.segments}
    write_store(out, content, compute, lists, options)


def is_region_store_of(path: Path, content: StoreContent) -> bool:
    """Whether the folder `path` is a whole store of just these frames."""
    try:
        manifest = read_manifest(path)
        items = read_items(path / ITEMS_NAME, manifest.num_items)
        # Opening one checks that its file is whole.
        for entry in manifest.arrays.values():
            TileReader(path, entry)
    except SubsongError:
        return False
    found = (manifest.kind, manifest.parameters, list(manifest.sources))
    return found == (content.kind, content.parameters, content.sources) and items.equals(content.rows)


def _find_runs(tiles: pl.DataFrame) -> Iterator[range]:
    """Yield the frames of neighbouring tiles of one region, at most so many that memory stays small."""
    for _, of_region in tiles.group_by(["row"], maintain_order=True):
        first_frame, num_frames = of_region.select("first_frame", "num_frames").row(0)
        numbers = of_region["tile"].to_list()
        for start in range(numbers[0], numbers[-1] + 1, _TILES_A_STRETCH):
            stop = min((start + _TILES_A_STRETCH, numbers[-1] + 1)) * TILE_FRAMES
            yield range(first_frame + start * TILE_FRAMES, first_frame + min(stop, num_frames))
