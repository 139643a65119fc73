"""What was prepared from recordings, printed for people."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.core.words import count_noun
from subsong.datasets.syllables.building import AUDIT_NAME, SKIPPED_NAME, PreparedSyllables
from subsong.datasets.syllables.dataset import load_syllables, read_reading
from subsong.recipes.console import open_console
from subsong.sources.spectrograms import SpectrogramConfig

_NUM_SHOWN = 10
_GROUPS = ("individual", "session", "day", "folder", "annotator", "shown")


def print_prepared(prepared: PreparedSyllables) -> None:
    """Print what a store of syllables holds, and what was left out and why."""
    spectrogram, audit = prepared.reading.spectrogram, prepared.audit
    usable = audit.filter("usable")
    _say(
        f"{prepared.path}: {count_noun(prepared.num_items, 'syllable')} from {count_noun(usable.height, 'recording')} "
        f"of {usable['duration_s'].sum() / 60:.1f} min"
    )
    _say_spectrogram(spectrogram)
    _say_findings(audit, f"all in {prepared.path / AUDIT_NAME}")
    reasons = prepared.skipped.with_columns(pl.col("reason").alias("kind"))
    _say_counts("segments and recordings left out or changed", reasons, f"all in {prepared.path / SKIPPED_NAME}")


def inspect_syllables(path: Path) -> pl.DataFrame:
    """Print what a store of syllables holds; return ``label``, ``num_syllables``, ``num_recordings``, durations."""
    items = load_syllables(path).items
    recordings = count_noun(items["source"].n_unique(), "recording")
    _say(f"{path}: {count_noun(items.height, 'syllable')} from {recordings}")
    _say_spectrogram(read_reading(path).spectrogram)
    for name in _GROUPS:
        if name in items.columns and items[name].n_unique() > 1:
            _say(f"{name}: {_list_values(items[name])}")
    labels = count_labels(items)
    _say(f"{'label':>12}  {'syllables':>9}  {'recordings':>10}  {'median ms':>9}")
    for label, num_syllables, num_recordings, _, median_s, _ in labels.iter_rows():
        _say(f"{label or '(none)':>12}  {num_syllables:>9,}  {num_recordings:>10,}  {1000 * median_s:>9.0f}")
    return labels


def count_labels(items: pl.DataFrame) -> pl.DataFrame:
    """Return one row a label, the most frequent first."""
    duration = pl.col("duration_s")
    counted = items.group_by("label").agg(
        pl.len().alias("num_syllables"),
        pl.col("source").n_unique().alias("num_recordings"),
        duration.min().alias("min_duration_s"),
        duration.median().alias("median_duration_s"),
        duration.max().alias("max_duration_s"),
    )
    return counted.sort("num_syllables", "label", descending=[True, False])


def _list_values(column: pl.Series) -> str:
    counts = column.value_counts(sort=True)
    shown = ", ".join(f"{value} ({count:,})" for value, count in counts.head(_NUM_SHOWN).iter_rows())
    return shown if counts.height <= _NUM_SHOWN else f"{shown} and {counts.height - _NUM_SHOWN} others"


def _say_spectrogram(spectrogram: SpectrogramConfig) -> None:
    _say(
        f"spectrograms {spectrogram.num_freq_bins} x {spectrogram.num_time_bins}, {spectrogram.low_hz:g}-"
        f"{spectrogram.high_hz:g} Hz, black at log {spectrogram.log_low:g}, white at log {spectrogram.log_high:g}"
    )


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
