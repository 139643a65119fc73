"""Finding the renditions of a motif in recordings: which are kept, with how much around them, and for what."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.words import count_noun
from subsong.datasets.motifs.finding import divide_by_tempo, divide_overlapping, find_renditions
from subsong.datasets.motifs.reading import MotifReading
from subsong.datasets.splits import assign_splits
from subsong.datasets.syllables.gathering import GatheredSegments, gather_segments, list_skipped
from subsong.datasets.syllables.recordings import Progress
from subsong.datasets.syllables.selection import divide_by_selection
from subsong.datasets.windows.regions import FRAME_COLUMNS, gather_whole, place_regions

MOTIF_COLUMNS = ("motif_onset_s", "motif_offset_s", "split")
_ITEM_COLUMNS = (*FRAME_COLUMNS, *MOTIF_COLUMNS)
_LEAST_FRAMES = 2
# Of files that were cut to one motif each; songs that were not cut differ more.
_MOST_ODD_FILES = 0.1
_ADVICE = "; where every recording is one rendition, leave the motif out (motif=null)"


def gather_motifs(source: Path, reading: MotifReading, progress: Progress | None = None) -> GatheredSegments:
    """Find the recordings at `source` (a file or folder) and the renditions of the motif in them.

    Returns
    -------
    One row a rendition: where the motif begins and ends (``motif_onset_s``, ``motif_offset_s``), from when to when
    frames are kept (``onset_s``, ``offset_s``: with a margin, as far as the recording goes), its ``split``, and the
    frames as `place_regions` names them; ``row`` is its number within the recording.

    Raises
    ------
    SubsongError
        When there are no recordings that can be used, the motif does not occur, or there are too few renditions to
        give every split one.
    """
    if reading.motif is None:
        gathered = gather_whole(source, reading, _ITEM_COLUMNS, progress)
    else:
        gathered = _gather_annotated(source, reading, progress)
    renditions, skipped = gathered.segments, [gathered.skipped]
    if reading.leave_out is not None:
        renditions, chosen = divide_by_selection(renditions, reading.leave_out.expanduser())
        skipped.append(_list(chosen, pl.lit(f"named in {reading.leave_out}")))
    apart, overlapping = divide_overlapping(renditions)
    usual, odd = divide_by_tempo(apart, reading.max_tempo_change)
    _check_tempo(source, usual.height, odd.height, reading)
    placed = _place(usual, gathered, reading)
    has_frames = pl.col("num_frames") >= _LEAST_FRAMES
    kept = placed.filter(has_frames)
    if kept.is_empty():
        raise SubsongError(
            f"{source}: every rendition is shorter than two frames of the spectrogram: name a longer motif"
        )
    skipped += [
        _list(overlapping, pl.lit("overlaps another rendition")),
        _list(odd, pl.col("reason")),
        _list(placed.filter(~has_frames), pl.lit("is shorter than two frames")),
    ]
    sources = set(kept["source"])
    return gathered._replace(
        recordings={name: info for name, info in gathered.recordings.items() if name in sources},
        segments=kept.with_columns(assign_motif_splits(kept, reading)),
        skipped=pl.concat(skipped),
    )


def assign_motif_splits(renditions: pl.DataFrame, reading: MotifReading) -> pl.Series:
    """Return the ``split`` of each rendition: train, validation or test.

    Raises
    ------
    SubsongError
        When there is no such column to divide by, or too little for every split to have something.
    """
    split_by, fractions = reading.split_by, reading.fractions
    if split_by == "auto":
        split_by = "recording" if renditions["source"].n_unique() >= len(fractions) else "rendition"
    column = {"recording": "source", "rendition": None}.get(split_by, split_by)
    if column is not None and column not in renditions.columns:
        raise SubsongError(
            f"split_by is {split_by!r}, the renditions have no such column: "
            f"{did_you_mean(split_by, ['recording', 'rendition', *renditions.columns])}"
        )
    return assign_splits(renditions, fractions, reading.seed, column)


def _gather_annotated(source: Path, reading: MotifReading, progress: Progress | None) -> GatheredSegments:
    """Return the renditions among annotated segments."""
    assert reading.motif is not None
    # Renditions, not segments, are what may be left out.
    all_segments = reading.model_copy(update={"leave_out": None})
    gathered = gather_segments(source, all_segments, progress, _ITEM_COLUMNS, _ADVICE)
    renditions = find_renditions(gathered.segments, reading.motif, reading.max_gap_s)
    without = [name for name in gathered.recordings if name not in set(renditions["source"])]
    lines = pl.DataFrame({"source": without}, {"source": pl.String}).with_columns(
        *(pl.lit(None, pl.Float64).alias(name) for name in ("onset_s", "offset_s")),
        pl.lit(None, pl.String).alias("label"),
    )
    listed = _list(lines, pl.lit("the motif does not occur in the recording"))
    return gathered._replace(segments=renditions, skipped=pl.concat([gathered.skipped, listed]))


def _place(renditions: pl.DataFrame, gathered: GatheredSegments, reading: MotifReading) -> pl.DataFrame:
    """Return renditions with what is kept of them: the motif and a margin on both sides, as far as there is sound."""
    margin_s = reading.kept_margin_s
    with_margin = renditions.with_columns(
        pl.col("onset_s").alias("motif_onset_s"),
        pl.col("offset_s").alias("motif_offset_s"),
        pl.col("onset_s") - margin_s,
        pl.col("offset_s") + margin_s,
    )
    return place_regions(with_margin, gathered.recordings, reading.spectrogram)


def _list(renditions: pl.DataFrame, reason: pl.Expr) -> pl.DataFrame:
    return list_skipped(renditions.rename({"source": "recording"}), reason)


def _check_tempo(source: Path, num_usual: int, num_odd: int, reading: MotifReading) -> None:
    """Refuse recordings of all durations that were taken for renditions of one motif."""
    num = num_usual + num_odd
    if num_usual == 0 or (reading.motif is None and num_odd > _MOST_ODD_FILES * num):
        raise SubsongError(
            f"{source}: {num_odd:,} of {count_noun(num, 'rendition')} last more than "
            f"{reading.max_tempo_change:.0%} longer or shorter than the median, so these are hardly renditions of one "
            "motif: name the motif with --motif, or raise max_tempo_change"
        )
