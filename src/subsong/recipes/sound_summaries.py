"""What was prepared from recordings, printed for people."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.core.words import count_noun, describe_duration
from subsong.datasets.motifs.store import is_motif_store
from subsong.datasets.store_writing import AUDIT_NAME, SKIPPED_NAME
from subsong.datasets.syllables.building import PreparedSyllables
from subsong.datasets.syllables.dataset import load_syllables, read_reading
from subsong.datasets.windows.building import PreparedWindows
from subsong.datasets.windows.frames import load_frames, read_spectrogram
from subsong.datasets.windows.tiling import REGIONS_NAME
from subsong.recipes.console import open_console
from subsong.recipes.preparing_song import inspect_song
from subsong.sources.spectrograms import SpectrogramConfig

_NUM_SHOWN = 10
_GROUPS = ("individual", "session", "day", "context", "split", "folder", "annotator", "shown", "sample_rate_hz")


def print_prepared(prepared: PreparedSyllables) -> None:
    """Print what a store of syllables holds, and what was left out and why."""
    spectrogram, audit = prepared.reading.spectrogram, prepared.audit
    usable = audit.filter("usable")
    _say(
        f"{prepared.path}: {count_noun(prepared.num_items, 'syllable')} from {count_noun(usable.height, 'recording')} "
        f"of {usable['duration_s'].sum() / 60:.1f} min"
    )
    _say_spectrogram(spectrogram)
    _say_what_was_left_out(prepared.path, audit, prepared.skipped)


def print_windows(prepared: PreparedWindows) -> None:
    """Print what a store of windows holds, and what was left out and why."""
    spectrogram = prepared.reading.spectrogram
    usable = prepared.audit.filter("usable")
    recorded_s = float(usable["duration_s"].sum())
    _say(
        f"{prepared.path}: {count_noun(prepared.num_regions, 'region')}, {describe_duration(prepared.duration_s)} in "
        f"all, which is {prepared.duration_s / recorded_s:.0%} of {count_noun(usable.height, 'recording')} (all in "
        f"{prepared.path / REGIONS_NAME}); windows of {spectrogram.max_duration_s:g} s"
    )
    _say_spectrogram(spectrogram)
    _say_what_was_left_out(prepared.path, prepared.audit, prepared.skipped)


def inspect_syllables(path: Path) -> pl.DataFrame:
    """Print what a store of syllables holds; return ``label``, ``num_syllables``, ``num_recordings``, durations."""
    return _inspect(path, load_syllables(path).items, read_reading(path).spectrogram, "syllable")


def inspect_regions(path: Path) -> pl.DataFrame:
    """Print what a store of windows or motifs holds; return ``label``, their number, ``num_recordings``, durations."""
    is_motifs = is_motif_store(path)
    ends = ("motif_onset_s", "motif_offset_s") if is_motifs else ("onset_s", "offset_s")
    regions = load_frames(path).regions.with_columns(duration_s=pl.col(ends[1]) - pl.col(ends[0]))
    return _inspect(path, regions, read_spectrogram(path), "rendition" if is_motifs else "region")


def print_song(path: Path) -> pl.DataFrame:
    """Print what a store of annotated song holds, and what is worrying; return the table of its classes."""
    classes, lines = inspect_song(path)
    for line in lines:
        _say(line)
    return classes


def _inspect(path: Path, items: pl.DataFrame, spectrogram: SpectrogramConfig, noun: str) -> pl.DataFrame:
    recordings = count_noun(items["source"].n_unique(), "recording")
    duration = describe_duration(float(items["duration_s"].sum()))
    _say(f"{path}: {count_noun(items.height, noun)} from {recordings}, {duration} in all")
    _say_spectrogram(spectrogram)
    for name in _GROUPS:
        if name in items.columns and items[name].n_unique() > 1:
            _say(f"{name}: {_list_values(items[name])}")
    labels = count_labels(items, noun)
    _say(f"{'label':>12}  {noun + 's':>10}  {'recordings':>10}  {'median ms':>9}")
    for label, num_items, num_recordings, _, median_s, _ in labels.iter_rows():
        _say(f"{label or '(none)':>12}  {num_items:>10,}  {num_recordings:>10,}  {1000 * median_s:>9.0f}")
    return labels


def count_labels(items: pl.DataFrame, noun: str) -> pl.DataFrame:
    """Return one row a label, the most frequent first."""
    duration, count = pl.col("duration_s"), f"num_{noun}s"
    counted = items.group_by("label").agg(
        pl.len().alias(count),
        pl.col("source").n_unique().alias("num_recordings"),
        duration.min().alias("min_duration_s"),
        duration.median().alias("median_duration_s"),
        duration.max().alias("max_duration_s"),
    )
    return counted.sort(count, "label", descending=[True, False])


def _list_values(column: pl.Series) -> str:
    counts = column.value_counts(sort=True)
    shown = ", ".join(f"{value} ({count:,})" for value, count in counts.head(_NUM_SHOWN).iter_rows())
    return shown if counts.height <= _NUM_SHOWN else f"{shown} and {counts.height - _NUM_SHOWN} others"


def _say_spectrogram(spectrogram: SpectrogramConfig) -> None:
    _say(
        f"spectrograms {spectrogram.num_freq_bins} x {spectrogram.num_time_bins}, {spectrogram.low_hz:g}-"
        f"{spectrogram.high_hz:g} Hz, black at log {spectrogram.log_low:g}, white at log {spectrogram.log_high:g}"
    )


def _say_what_was_left_out(path: Path, audit: pl.DataFrame, skipped: pl.DataFrame) -> None:
    _say_findings(audit, f"all in {path / AUDIT_NAME}")
    reasons = skipped.with_columns(pl.col("reason").alias("kind"))
    _say_counts("segments and recordings left out or changed", reasons, f"all in {path / SKIPPED_NAME}")


def _say_findings(audit: pl.DataFrame, where: str) -> None:
    """Print what the audit found, the recordings that were left out apart from the rest."""
    found = audit.filter(pl.col("findings") != "").with_columns(
        pl.col("findings").str.split(" | ").list.first().alias("reason")
    )
    found = found.with_columns(pl.col("reason").str.splitn(":", 2).struct.field("field_0").alias("kind"))
    _say_counts("recordings that cannot be used", found.filter(~pl.col("usable")), where)
    _say_counts("recordings that are used, but look at them", found.filter("usable"), where)


def _say_counts(title: str, found: pl.DataFrame, where: str) -> None:
    """Print how often each kind was found, and one of each."""
    if found.is_empty():
        return
    _say(f"{title} ({where}):")
    kinds = found.group_by("kind", maintain_order=True).agg(pl.len(), pl.col("recording", "reason").first())
    kinds = kinds.sort("len", descending=True, maintain_order=True)
    for _, count, recording, reason in kinds.head(_NUM_SHOWN).iter_rows():
        example = f"{recording}: {reason}" if count == 1 else f"{reason}, such as {recording}"
        _say(f"{count:>8,}  {example}")
    if kinds.height > _NUM_SHOWN:
        _say(f"{'':8}  and {kinds.height - _NUM_SHOWN} other reasons")


def _say(line: str) -> None:
    # A line a thing, however narrow the terminal: it may be searched, and holds paths.
    open_console().print(line, highlight=False, markup=False, soft_wrap=True)
