"""What was prepared from recordings, printed for people."""

from __future__ import annotations

import polars as pl
from rich.table import Table

from subsong.core.words import count_noun
from subsong.datasets.syllables.building import AUDIT_NAME, SKIPPED_NAME, PreparedSyllables
from subsong.recipes.console import open_console

_NUM_SHOWN = 10


def print_prepared(prepared: PreparedSyllables) -> None:
    """Print what a store of syllables holds, and what was left out and why."""
    console = open_console()
    spectrogram, audit = prepared.reading.spectrogram, prepared.audit
    usable = audit["usable"].sum()
    console.print(
        f"{prepared.path}: {count_noun(prepared.num_items, 'syllable')} of {usable} usable recordings "
        f"({audit.filter('usable')['duration_s'].sum() / 60:.1f} min)",
        highlight=False,
    )
    console.print(
        f"spectrograms {spectrogram.num_freq_bins} x {spectrogram.num_time_bins}, {spectrogram.low_hz:g}-"
        f"{spectrogram.high_hz:g} Hz, black at log {spectrogram.log_low:g}, white at log {spectrogram.log_high:g}",
        highlight=False,
    )
    _print_counts("left out or changed", prepared.skipped["reason"], f"each one: {prepared.path / SKIPPED_NAME}")
    findings = audit.filter(pl.col("findings") != "").select(pl.col("findings").str.split(" | ").explode())["findings"]
    kinds = findings.str.splitn(":", 2).struct.field("field_0")
    _print_counts("recordings with findings", kinds, f"each one: {prepared.path / AUDIT_NAME}")


def _print_counts(title: str, values: pl.Series, where: str) -> None:
    if values.is_empty():
        return
    counts = values.value_counts(sort=True).rows()
    table = Table(title=f"{title} ({where})", box=None, title_justify="left", show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for reason, count in counts[:_NUM_SHOWN]:
        table.add_row(f"{count:,}", reason)
    if len(counts) > _NUM_SHOWN:
        table.add_row("", f"and {len(counts) - _NUM_SHOWN} other reasons")
    open_console().print(table)
