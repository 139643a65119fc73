"""What was prepared from recordings, printed for people."""

from __future__ import annotations

import polars as pl

from subsong.core.words import count_noun
from subsong.datasets.syllables.building import AUDIT_NAME, SKIPPED_NAME, PreparedSyllables
from subsong.recipes.console import open_console

_NUM_SHOWN = 10


def print_prepared(prepared: PreparedSyllables) -> None:
    """Print what a store of syllables holds, and what was left out and why."""
    spectrogram, audit = prepared.reading.spectrogram, prepared.audit
    usable = audit.filter("usable")
    _say(
        f"{prepared.path}: {count_noun(prepared.num_items, 'syllable')} from {count_noun(usable.height, 'recording')} "
        f"of {usable['duration_s'].sum() / 60:.1f} min"
    )
    _say(
        f"spectrograms {spectrogram.num_freq_bins} x {spectrogram.num_time_bins}, {spectrogram.low_hz:g}-"
        f"{spectrogram.high_hz:g} Hz, black at log {spectrogram.log_low:g}, white at log {spectrogram.log_high:g}"
    )
    _say_findings(audit, f"all in {prepared.path / AUDIT_NAME}")
    reasons = prepared.skipped.with_columns(pl.col("reason").alias("kind"))
    _say_counts("segments and recordings left out or changed", reasons, f"all in {prepared.path / SKIPPED_NAME}")


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
