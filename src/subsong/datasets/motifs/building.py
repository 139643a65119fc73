"""From recordings to a store of aligned motifs: renditions are found, their frames computed, their warps fitted."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.files import disk_errors, replace_folder
from subsong.datasets.motifs.aligning import align_motifs, read_motif_song, score_alignment
from subsong.datasets.motifs.gathering import gather_motifs
from subsong.datasets.motifs.reading import MotifReading
from subsong.datasets.motifs.song import choose_time_base
from subsong.datasets.motifs.store import KIND, WARP_NAME
from subsong.datasets.store_writing import AS_USUAL, CHECKING, WritingOptions, begin_store
from subsong.datasets.syllables.gathering import GatheredSegments
from subsong.datasets.syllables.rates import check_rates
from subsong.datasets.warps.files import write_warp
from subsong.datasets.windows.building import fit_grey_range
from subsong.datasets.windows.frames import load_frames
from subsong.datasets.windows.tiling import TileMaker, describe_regions, is_region_store_of, write_region_store


class PreparedMotifs(NamedTuple):
    """What was written.

    Attributes
    ----------
    path
        Folder of the store.
    num_renditions
        Renditions in it.
    num_recordings
        Recordings they are from.
    audit
        One row a recording.
    skipped
        What is not in it, or was changed, and why.
    reading
        How it was read, with the grey range that was chosen.
    scores
        How well their template describes the renditions, before and after; see `score_alignment`.
    """

    path: Path
    num_renditions: int
    num_recordings: int
    audit: pl.DataFrame
    skipped: pl.DataFrame
    reading: MotifReading
    scores: pl.DataFrame


def build_motifs(
    source: str | Path, out: str | Path, reading: MotifReading | None = None, options: WritingOptions = AS_USUAL
) -> PreparedMotifs:
    """Turn recordings into a store of the renditions of a motif and their warps, whole or not at all.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    out
        Folder of the store. Beside the store's own files it holds ``audit.csv``, ``skipped.csv``, ``regions.csv`` and
        the folder ``warp``.
    reading
        How recordings are read.
    options
        How the store is written.

    Raises
    ------
    SubsongError
        When there is nothing to read, the motif does not occur, or the store cannot be written.

    Notes
    -----
    Interrupted, the frames that were computed are kept beside `out`; the same call goes on and gives the same store.
    """
    source, out = begin_store(source, out, options)
    reading = reading or MotifReading()
    gathered = gather_motifs(source, reading, options.counting(CHECKING))
    check_rates(gathered.recordings, reading.spectrogram)
    # Before hours of computing, not after.
    choose_time_base(gathered.segments, reading.kept_margin_s, reading.spectrogram.hop_size)
    fitted = fit_grey_range(gathered, reading.spectrogram, reading.channel)
    reading = reading.model_copy(update={"spectrogram": fitted})
    # The store takes its name when its warp is there too; until then its frames are kept for the next sitting.
    resolved = out.resolve()
    unaligned = resolved.with_name(f".{resolved.name}.unaligned")
    _write_frames(unaligned, gathered, reading, options)
    scores = _align(unaligned, reading, options)
    with disk_errors(out):
        replace_folder(unaligned, resolved)
    counts = gathered.segments.height, len(gathered.recordings)
    return PreparedMotifs(out, *counts, gathered.audit, gathered.skipped, reading, scores)


def _write_frames(path: Path, gathered: GatheredSegments, reading: MotifReading, options: WritingOptions) -> None:
    content = describe_regions(KIND, reading, gathered)
    if is_region_store_of(path, content):
        return
    maker = TileMaker(gathered, reading.spectrogram, reading.channel, reading.stored_as)
    write_region_store(path, content, maker, gathered, options._replace(overwrite=True))


def _align(path: Path, reading: MotifReading, options: WritingOptions) -> pl.DataFrame:
    """Fit the warp of the store at `path`; return its scores."""
    song = read_motif_song(load_frames(path), reading.kept_margin_s)
    num = len(song.song_NTF)
    options.tell("aligning renditions", 0, num)
    fitted = align_motifs(song, reading.warp)
    write_warp(path / WARP_NAME, fitted, reading.warp, song.base)
    options.tell("aligning renditions", num, num)
    return score_alignment(song, fitted)
