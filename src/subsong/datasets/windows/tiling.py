"""Writing a store of frames: the regions, cut into tiles of equal size, each computed once.

Legend: B = tiles of a block, K = frames of a run, F = rows of a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import ITEMS_NAME, SourceFile, describe_sources, read_manifest
from subsong.datasets.part_workers import Progress, divide_rows, hash_table, write_csv, write_parts
from subsong.datasets.parts import StorePlan
from subsong.datasets.store import read_items
from subsong.datasets.syllables.gathering import GatheredSegments
from subsong.datasets.windows.frames import TILE_FRAMES
from subsong.datasets.windows.tiles import TileReader
from subsong.sources.audio import AudioReader, Channel, open_audio
from subsong.sources.spectrograms import FrameMaker, SpectrogramConfig

AUDIT_NAME, SKIPPED_NAME, REGIONS_NAME = "audit.csv", "skipped.csv", "regions.csv"
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


def write_region_store(
    plan: StorePlan,
    tiles: pl.DataFrame,
    maker: TileMaker,
    gathered: GatheredSegments,
    tell: Progress,
    num_workers: int | None = None,
) -> None:
    """Write the frames of all regions, and beside them what was read, what was left out and where the regions are.

    Parameters
    ----------
    plan
        The store, entered; see `plan_region_store`.
    tiles
        Rows of `list_tiles`.
    maker
        Computes them.
    gathered
        The regions, the audit and what was left out.
    tell
        Told what is done, how many tiles of it are done and how many there are.
    num_workers
        Parts at a time; None: one a processor, 8 at most. Changes no number.
    """

    def write(part: int, rows: range) -> None:
        mine = tiles[rows.start : rows.stop]
        blocks = list(maker.make(mine))
        arrays = {"x": [block.grey_BKF for block in blocks], "peak": [block.peak_BK for block in blocks]}
        plan.write_part(part, arrays, mine)

    write_parts(plan, divide_rows(tiles.height, _TILES_A_PART), write, tell, num_workers)
    write_csv(plan.folder / AUDIT_NAME, gathered.audit)
    write_csv(plan.folder / SKIPPED_NAME, gathered.skipped)
    write_csv(plan.folder / REGIONS_NAME, gathered.segments)
    plan.finish()


def plan_region_store(
    out: Path,
    kind: str,
    parameters: Mapping[str, Any],
    gathered: GatheredSegments,
    tiles: pl.DataFrame,
    overwrite: bool = False,
) -> StorePlan:
    """Return the plan of a store of frames.

    Parameters
    ----------
    out
        Its folder.
    kind
        What the regions are: ``"windows"`` or ``"motifs"``.
    parameters
        The settings they are computed with.
    gathered
        The regions and their recordings.
    tiles
        Rows of `list_tiles`.
    overwrite
        Replace the store that is there.

    Raises
    ------
    SubsongError
        When something else lies there, or a store and `overwrite` is False.
    """
    num_parts = len(divide_rows(tiles.height, _TILES_A_PART))
    said, sources = _describe(parameters, gathered)
    return StorePlan(out, kind, said, sources, num_parts, overwrite, hash_table(tiles))


def is_region_store_of(
    path: Path, kind: str, parameters: Mapping[str, Any], gathered: GatheredSegments, tiles: pl.DataFrame
) -> bool:
    """Whether the folder `path` is a whole store of just these frames; arguments as of `plan_region_store`."""
    try:
        manifest = read_manifest(path)
        items = read_items(path / ITEMS_NAME, manifest.num_items)
        # Opening one checks that its file is whole.
        for entry in manifest.arrays.values():
            TileReader(path, entry)
    except SubsongError:
        return False
    said, sources = _describe(parameters, gathered)
    found = (manifest.kind, manifest.parameters, list(manifest.sources))
    return found == (kind, said, sources) and items.equals(tiles)


def _describe(parameters: Mapping[str, Any], gathered: GatheredSegments) -> tuple[dict[str, Any], list[SourceFile]]:
    """Return what a manifest says of the settings and the recordings."""
    files = [gathered.root / name for name in gathered.recordings]
    said = {**parameters, "sample_rates_hz": gathered.sample_rates_hz}
    return said, describe_sources(files, gathered.root)


def _find_runs(tiles: pl.DataFrame) -> Iterator[range]:
    """Yield the frames of neighbouring tiles of one region, at most so many that memory stays small."""
    for _, of_region in tiles.group_by(["row"], maintain_order=True):
        first_frame, num_frames = of_region.select("first_frame", "num_frames").row(0)
        numbers = of_region["tile"].to_list()
        for start in range(numbers[0], numbers[-1] + 1, _TILES_A_STRETCH):
            stop = min((start + _TILES_A_STRETCH, numbers[-1] + 1)) * TILE_FRAMES
            yield range(first_frame + start * TILE_FRAMES, first_frame + min(stop, num_frames))
