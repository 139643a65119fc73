"""Preparing annotated song, and looking at what was prepared before a network is trained on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from subsong.core.config_files import read_config
from subsong.core.overrides import Overrides
from subsong.core.progress import Progress
from subsong.core.words import count_noun, describe_duration
from subsong.datasets.song.building import PreparedSong, build_song
from subsong.datasets.song.counting import count_classes, find_concerns, measure_recorded_s, measure_splits
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.store import SongStore, load_song
from subsong.datasets.store_writing import WritingOptions
from subsong.recipes.left_out import describe_left_out
from subsong.reports.song_dataset.page import write_song_page

INSPECTION_NAME = "inspection.html"


def prepare_song(
    source: str | Path,
    out: str | Path,
    overrides: Overrides | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    num_workers: int | None = None,
) -> PreparedSong:
    """Turn annotated recordings into a store of sound, intervals and splits, whole or not at all.

    Parameters
    ----------
    source
        A folder of recordings with annotations, or one recording.
    out
        Folder of the store; beside the store's own files it holds ``audit.csv`` and ``skipped.csv``.
    overrides
        ``{"split_by": "individual", "ignore": "[noise]"}``; see `SongReading`.
    overwrite
        Replace the store that is there.
    progress
        Told what is done, how much of it is done and how much there is.
    num_workers
        Parts at a time; None: one a processor. Changes no number.

    Raises
    ------
    SubsongError
        When nothing can be read, an annotation cannot be, or the store cannot be written; nothing that was there is
        lost.
    """
    reading = read_config(SongReading, overrides=overrides)
    return build_song(source, out, reading, WritingOptions(overwrite, progress, num_workers))


def describe_prepared_song(prepared: PreparedSong) -> list[str]:
    """Return what a store of annotated song holds, and what was left out, in lines for people."""
    gathered = prepared.gathered
    lines = [*_describe(load_song(prepared.path)), f"divided {gathered.how_divided}"]
    unusable = gathered.audit.filter(~pl.col("usable")).height if "usable" in gathered.audit.columns else 0
    return [*lines, *describe_left_out(prepared.path, unusable, gathered.skipped)]


def inspect_song(path: str | Path) -> tuple[pl.DataFrame, list[str]]:
    """Look at a store of annotated song.

    Parameters
    ----------
    path
        The store; a page of figures, ``inspection.html``, is written into it.

    Returns
    -------
    The table of `count_classes`, and lines for people: what is there, class by class, and what is worrying.

    Raises
    ------
    SubsongError
        When there is no such store, or the page cannot be written.
    """
    store = load_song(path)
    page_path = store.path / INSPECTION_NAME
    write_song_page(page_path, store)
    classes = count_classes(store)
    lines = [*_describe(store), *_tabulate(classes)]
    lines += [f"look at this: {concern}" for concern in find_concerns(store)] or ["nothing is worrying"]
    return classes, [*lines, f"figures: {page_path}"]


def _describe(store: SongStore) -> Iterator[str]:
    num_sources = store.recordings["source"].n_unique()
    channels = f" ({count_noun(len(store), 'channel')} in all)" if len(store) > num_sources else ""
    kinds = [kind for _, kind in store.classes]
    counted = ", ".join(
        f"{count_noun(kinds.count(kind), 'class').replace('classs', 'classes')} of {kind}s"
        for kind in ("segment", "event")
        if kind in kinds
    )
    yield (
        f"{store.path}: {count_noun(store.annotations.height, 'annotation')} in {counted}, from "
        f"{count_noun(num_sources, 'recording')}{channels} of {describe_duration(measure_recorded_s(store))} at "
        f"{store.sample_rate_hz:,} Hz"
    )
    splits = measure_splits(store)
    yield ", ".join(
        f"{row['split']} {describe_duration(row['duration_s'])} of {count_noun(row['num_recordings'], 'recording')}"
        for row in splits.iter_rows(named=True)
    )
    if store.labelled is not None:
        yield "annotations are complete in " + ", ".join(
            f"{describe_duration(row['labelled_s'])} of {row['split']}" for row in splits.iter_rows(named=True)
        )


def _tabulate(classes: pl.DataFrame) -> Iterator[str]:
    """Yield one line a class."""
    width = max(12, *(len(label) for label in classes["label"]))
    yield (
        f"{'label':>{width}}  {'kind':>7}  {'number':>8}  {'files':>6}  {'median ms':>9}  {'of time':>7}  "
        f"{'train':>8}  {'valid.':>8}  {'test':>8}"
    )
    for row in classes.iter_rows(named=True):
        is_event = row["kind"] == "event"
        duration = "" if is_event else f"{1000 * row['median_s']:.0f}"
        share = "" if is_event else f"{row['share']:.1%}"
        counts = "  ".join(f"{row[f'num_{split}']:>8,}" for split in ("train", "validation", "test"))
        yield (
            f"{row['label']:>{width}}  {row['kind']:>7}  {row['num_annotations']:>8,}  {row['num_recordings']:>6,}  "
            f"{duration:>9}  {share:>7}  {counts}"
        )
