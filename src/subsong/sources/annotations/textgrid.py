"""Praat TextGrids: tiers of intervals and of points, in Praat's long and short text form, UTF-8 or UTF-16.

A tier's name is the annotator: tiers hold parallel readings of the same recording, made by different people, programs
or of different levels. The text of an interval or point is its label; an interval without text is silence and no
annotation.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.annotations.losses import fill_labels, require_one_recording, require_times, warn_lost
from subsong.sources.annotations.praat_tokens import Tokens
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations, empty_annotations
from subsong.sources.annotations.text import read_text

_HEADER = 'File type = "ooTextFile"\nObject class = "TextGrid"\n'


class Mark(NamedTuple):
    """An interval (``offset_s > onset_s``) or a point of a tier."""

    onset_s: float
    offset_s: float
    label: str


def read_textgrid(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read all tiers, one after the other; the recording is the file's name without its suffix.

    Raises
    ------
    SubsongError
        When the file is no TextGrid, is in Praat's binary form, or is cut short; names the line.
    """
    tokens = Tokens(path, read_text(path))
    tokens.expect_text("ooTextFile", "ooTextFile short")
    tokens.expect_text("TextGrid")
    tokens.number(), tokens.number()
    if not tokens.flag():
        return empty_annotations()
    rows = [(tier, *mark) for _ in range(tokens.count()) for tier, mark in _read_tier(tokens)]
    return build_annotations(
        recording=path.stem,
        onset_s=[row[1] for row in rows],
        offset_s=[row[2] for row in rows],
        label=[row[3] for row in rows],
        annotator=[row[0] or None for row in rows],
    )


def write_textgrid(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write one tier an annotator for segments, and one for events, in the long form.

    Channel, frequencies and score are not written, which is logged.

    Raises
    ------
    SubsongError
        When segments of one annotator overlap, which a tier cannot hold.
    """
    require_one_recording(path, table)
    require_times(path, table)
    warn_lost(path, table, ("recording", "onset_s", "offset_s", "label", "annotator"))
    labels = fill_labels(path, table)
    times = table["onset_s", "offset_s", "annotator"].iter_rows()
    tiers: dict[tuple[str, bool], list[Mark]] = {}
    for (onset, offset, annotator), label in zip(times, labels, strict=True):
        tiers.setdefault((annotator or "", onset == offset), []).append(Mark(onset, offset, label))
    start = min([0.0, *table["onset_s"]])
    end = max([start, *table["offset_s"]])
    lines = [f"xmin = {start!r}", f"xmax = {end!r}", "tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, ((name, is_point), marks) in enumerate(tiers.items(), start=1):
        marks = sorted(marks)
        if not is_point:
            marks = list(_fill_silence(path, marks, start, end))
        lines += [f"    item [{number}]:", *_format_tier(name, is_point, marks, start, end)]
    with atomic_file(path, "w") as file:
        file.write(_HEADER + "\n" + "\n".join(lines) + "\n")


def _read_tier(tokens: Tokens) -> Iterator[tuple[str, Mark]]:
    kind = tokens.expect_text("IntervalTier", "TextTier")
    name = tokens.text()
    tokens.number(), tokens.number()
    for _ in range(tokens.count()):
        onset = tokens.number()
        offset = tokens.number() if kind == "IntervalTier" else onset
        label = tokens.text()
        if label.strip() or kind == "TextTier":
            yield name, Mark(onset, offset, label)


def _fill_silence(path: Path, marks: list[Mark], start: float, end: float) -> Iterator[Mark]:
    """Yield segments in order with the silent intervals between them, from `start` to `end`."""
    for before, after in pairwise(marks):
        if after.onset_s < before.offset_s:
            raise SubsongError(
                f"{path}: a tier cannot hold segments that overlap, found {before.label!r} until {before.offset_s} s "
                f"and {after.label!r} from {after.onset_s} s; give them different annotators, or write a .csv"
            )
    last = start
    for mark in marks:
        if mark.offset_s < mark.onset_s:
            raise SubsongError(f"{path}: the segment from {mark.onset_s} s ends before it begins; drop it first")
        if mark.onset_s > last:
            yield Mark(last, mark.onset_s, "")
        yield mark
        last = mark.offset_s
    if last < end:
        yield Mark(last, end, "")


def _format_tier(name: str, is_point: bool, marks: list[Mark], start: float, end: float) -> Iterator[str]:
    kind, items = ("TextTier", "points") if is_point else ("IntervalTier", "intervals")
    yield f'        class = "{kind}"'
    yield f"        name = {_quote(name)}"
    yield f"        xmin = {start!r}"
    yield f"        xmax = {end!r}"
    yield f"        {items}: size = {len(marks)}"
    for number, mark in enumerate(marks, start=1):
        yield f"        {items} [{number}]:"
        if is_point:
            yield f"            number = {mark.onset_s!r}"
            yield f"            mark = {_quote(mark.label)}"
        else:
            yield f"            xmin = {mark.onset_s!r}"
            yield f"            xmax = {mark.offset_s!r}"
            yield f"            text = {_quote(mark.label)}"


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
