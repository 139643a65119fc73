"""Which stretches of the recordings windows may lie in, and the frames each of them needs.

A region is cut to where STFT windows lie wholly inside the recording, so that a window of song at its very ends shows
sound to its edges.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.words import count_noun
from subsong.datasets.syllables.gathering import (
    SKIPPED_SCHEMA,
    GatheredSegments,
    gather_segments,
    list_skipped,
    pick_recordings,
)
from subsong.datasets.syllables.metadata import join_metadata
from subsong.datasets.syllables.reading import SegmentReading
from subsong.datasets.syllables.recordings import Progress, find_usable_recordings
from subsong.datasets.windows.reading import WindowReading
from subsong.sources.audio import AudioInfo, find_audio
from subsong.sources.spectrograms import SpectrogramConfig, find_whole_frames

FRAME_COLUMNS = ("sample_rate_hz", "first_frame", "num_frames", "tile")
_WHOLE_ADVICE = ", or take recordings whole (subsong prepare windows --set regions=recordings)"
_ROUNDING_S = 1e-9


def gather_regions(source: Path, reading: WindowReading, progress: Progress | None = None) -> GatheredSegments:
    """Find the recordings at `source` (a file or folder) and the regions that windows may lie in.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    reading
        Which stretches are regions, and how long a window is.
    progress
        Told the recordings checked and the recordings in all.

    Returns
    -------
    One row a region, as `place_regions` leaves them; ``row`` is the number of its first annotated segment within the
    recording, as `prepare syllables` counts them.

    Raises
    ------
    SubsongError
        When there are no recordings that can be used, or none of the regions holds a window.
    """
    if reading.regions == "recordings":
        gathered = gather_whole(source, reading, FRAME_COLUMNS, progress)
    else:
        gathered = gather_segments(source, reading, progress, FRAME_COLUMNS, _WHOLE_ADVICE)
        gathered = _join_segments(source, gathered, reading)
    placed = place_regions(_pad(gathered.segments, reading.pad_s), gathered.recordings, reading.spectrogram)
    kept, too_short = _divide_by_window(placed, reading.spectrogram.max_duration_s)
    if kept.is_empty():
        raise SubsongError(_explain_no_window(source, placed, reading))
    sources = set(kept["source"])
    return gathered._replace(
        recordings={name: info for name, info in gathered.recordings.items() if name in sources},
        segments=kept,
        skipped=pl.concat([gathered.skipped, too_short]),
    )


def place_regions(
    segments: pl.DataFrame, recordings: Mapping[str, AudioInfo], spectrogram: SpectrogramConfig
) -> pl.DataFrame:
    """Cut segments to where whole STFT windows lie, and name the frames that windows within them need.

    Parameters
    ----------
    segments
        Columns ``source``, ``onset_s`` and ``offset_s``, among others.
    recordings
        Those they lie in, by name.
    spectrogram
        The settings of the STFT.

    Returns
    -------
    The segments with ``onset_s`` and ``offset_s`` cut, and with ``sample_rate_hz``, ``first_frame`` (its number on the
    grid of the recording) and ``num_frames``. What is left of no length has no frames.
    """
    infos = [recordings[name] for name in segments["source"]]
    rate_N = np.array([info.sample_rate_hz for info in infos], dtype=np.int64)
    whole_N = [find_whole_frames(info.num_samples, spectrogram) for info in infos]
    low_N = np.array([whole.start for whole in whole_N], dtype=np.int64)
    high_N = np.array([max(whole.start, whole.stop - 1) for whole in whole_N], dtype=np.int64)
    frames_per_s_N = rate_N / spectrogram.hop_size
    times_N2 = segments.select("onset_s", "offset_s").to_numpy()
    onset_N, offset_N = times_N2.clip((low_N / frames_per_s_N)[:, None], (high_N / frames_per_s_N)[:, None]).T
    first_N = np.floor(onset_N * frames_per_s_N).astype(np.int64).clip(low_N, high_N)
    last_N = np.ceil(offset_N * frames_per_s_N).astype(np.int64).clip(low_N, high_N)
    return segments.with_columns(
        pl.Series("onset_s", onset_N),
        pl.Series("offset_s", offset_N),
        pl.Series("sample_rate_hz", rate_N),
        pl.Series("first_frame", first_N),
        pl.Series("num_frames", np.where(offset_N > onset_N, last_N - first_N + 1, 0)),
    )


def gather_whole(
    source: Path, reading: SegmentReading, item_columns: Collection[str], progress: Progress | None = None
) -> GatheredSegments:
    """Find the recordings at `source` (a file or folder); each that can be used is one segment, from start to end.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    reading
        How they are audited and read.
    item_columns
        What is computed for each item: no column of a table of the recordings may be named so.
    progress
        Told the recordings checked and the recordings in all.

    Raises
    ------
    SubsongError
        When there are no recordings that can be used.
    """
    usable = find_usable_recordings(source, find_audio(source), reading, progress)
    names, infos = list(usable.recordings), usable.recordings.values()
    whole = pl.DataFrame({"source": names, "offset_s": [info.duration_s for info in infos]}).select(
        "source",
        pl.lit(0, pl.Int64).alias("row"),
        pl.col("source").str.extract(r"^(.*)/[^/]*$").fill_null(".").alias("folder"),
        pl.lit(None, pl.Int64).alias("channel"),
        pl.lit(0.0).alias("onset_s"),
        "offset_s",
        *(pl.lit(None, pl.String).alias(name) for name in ("label", "annotator")),
    )
    lost = [(name, None, None, None, reason) for name, reason in usable.reasons.items()]
    skipped = pl.DataFrame(lost, SKIPPED_SCHEMA, orient="row")
    return pick_recordings(usable, join_metadata(whole, usable.root, item_columns), skipped)


def _join_segments(source: Path, gathered: GatheredSegments, reading: WindowReading) -> GatheredSegments:
    """Return the chosen segments, joined where the gaps between them are short."""
    segments, skipped = gathered.segments, gathered.skipped
    if reading.labels is not None:
        _check_labels(source, segments, reading.labels)
        is_chosen = pl.col("label").is_in(reading.labels).fill_null(False)
        others = segments.filter(~is_chosen).rename({"source": "recording"})
        segments = segments.filter(is_chosen)
        skipped = pl.concat([skipped, list_skipped(others, pl.lit("its label is not one of labels"))])
    if reading.merge_gap_s is not None:
        segments = merge_segments(segments, reading.merge_gap_s)
    return gathered._replace(segments=segments, skipped=skipped)


def merge_segments(segments: pl.DataFrame, merge_gap_s: float) -> pl.DataFrame:
    """Join segments of a recording with gaps up to `merge_gap_s` between them, and those that overlap.

    Parameters
    ----------
    segments
        Sorted by ``source`` and ``onset_s``.
    merge_gap_s
        The longest gap that is closed.

    Returns
    -------
    As given, a row for those that were joined: its columns are those of the first of them, but ``label``, ``channel``
    and ``annotator`` are null where they differ.
    """
    gap = pl.col("onset_s") - pl.col("offset_s").cum_max().shift(1).over("source")
    starts = (gap > merge_gap_s + _ROUNDING_S).fill_null(True)
    numbered = segments.with_columns(starts.cum_sum().over("source").alias("_run"))
    common = [
        pl.when(pl.col(name).n_unique() == 1).then(pl.col(name).first()).alias(name)
        for name in ("label", "channel", "annotator")
    ]
    others = [name for name in segments.columns if name not in ("source", "offset_s", "label", "channel", "annotator")]
    merged = numbered.group_by("source", "_run", maintain_order=True).agg(
        pl.col(others).first(), pl.col("offset_s").max(), *common
    )
    return merged.select(segments.columns)


def _check_labels(source: Path, segments: pl.DataFrame, labels: tuple[str, ...]) -> None:
    known = segments["label"].drop_nulls().unique().sort().to_list()
    for label in labels:
        if label not in known:
            raise SubsongError(f"labels: no segment of {source} has the label {label!r}: {did_you_mean(label, known)}")


def _pad(segments: pl.DataFrame, pad_s: float) -> pl.DataFrame:
    return segments.with_columns(pl.col("onset_s") - pad_s, pl.col("offset_s") + pad_s)


def _divide_by_window(regions: pl.DataFrame, window_s: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the regions that hold a window, and the others as skipped."""
    is_long = pl.col("offset_s") - pl.col("onset_s") >= window_s - _ROUNDING_S
    reason = f"the region is shorter than a window (spectrogram.max_duration_s = {window_s:g})"
    too_short = regions.filter(~is_long).rename({"source": "recording"})
    return regions.filter(is_long), list_skipped(too_short, pl.lit(reason))


def _explain_no_window(source: Path, regions: pl.DataFrame, reading: WindowReading) -> str:
    longest_s = float((regions["offset_s"] - regions["onset_s"]).to_numpy().max())
    ways = [f"make windows shorter (--set spectrogram.max_duration_s={0.5 * longest_s:.2g})"] if longest_s > 0 else []
    if reading.regions == "annotations":
        ways += ["join segments to songs (--set merge_gap_s=0.1)", "take recordings whole (--set regions=recordings)"]
    return (
        f"{source} gives no windows: the longest of {count_noun(regions.height, 'region')} is {longest_s:.3g} s long, "
        f"and a window {reading.spectrogram.max_duration_s:g} s; {', or '.join(ways) or 'use longer recordings'}"
    )
