"""Preparing data once, so that training starts at once: one call a kind of data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from subsong.core.config_files import read_config
from subsong.core.overrides import Overrides
from subsong.core.progress import Progress
from subsong.core.seeds import numpy_generator
from subsong.datasets.apart import check_apart
from subsong.datasets.checklist_reading import ChecklistReading, check_reading, read_checklists
from subsong.datasets.checklist_store import check_free, is_checklist_store, load_checklists, write_checklists
from subsong.datasets.manifest import SourceFile, describe_sources
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.syllables.building import PreparedSyllables, build_syllables
from subsong.datasets.syllables.dataset import SyllableDataset, load_syllables
from subsong.datasets.syllables.reading import SyllableReading
from subsong.datasets.windows.axes import PlainTimes
from subsong.datasets.windows.building import PreparedWindows, build_windows
from subsong.datasets.windows.dataset import FixedWindows
from subsong.datasets.windows.drawing import draw_windows, find_stretches
from subsong.datasets.windows.frames import load_frames
from subsong.datasets.windows.reading import WindowReading
from subsong.reports.spectrogram_figures import choose_examples, plot_contact_sheet
from subsong.reports.style import save_figure
from subsong.sources.checklists import Checklists
from subsong.sources.spectrograms import SpectrogramConfig, get_preset, get_window_preset

CONTACT_SHEET_NAME = "contact_sheet.png"
_NUM_WINDOWS_SHOWN = 128


def prepare_checklists(
    source: str | Path,
    out: str | Path,
    overrides: Overrides | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Checklists:
    """Read checklists and write them as a store, whole or not at all.

    Parameters
    ----------
    source
        An eBird file or folder, or a table of sites by species (see `read_checklists`). A store is copied, with what
        it says of the files it was made from.
    out
        Folder of the store.
    overrides
        Options of the readers: ``{"ebird.max_duration_min": 300}``; see `ChecklistReading`.
    overwrite
        Replace the store that is there.
    progress
        Called with bytes read and bytes in all.

    Returns
    -------
    What was written; its ``attrition`` tells what each step dropped.

    Raises
    ------
    SubsongError
        When the source cannot be read, is a store although options are given, or lies where the store is to be
        written, or when the store cannot be written; nothing that was there is lost.
    """
    reading = read_config(ChecklistReading, overrides=overrides)
    source, out = Path(source).expanduser(), Path(out).expanduser()
    # Before hours of reading, not after.
    check_apart(source, out)
    check_free(out, overwrite)
    check_reading(source, reading)
    checklists = read_checklists(source, reading, progress)
    write_checklists(out, checklists, *_describe_origin(source, reading), overwrite)
    return checklists


def prepare_syllables(
    source: str | Path,
    out: str | Path,
    preset: str = "finch",
    overrides: Overrides | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    num_workers: int | None = None,
) -> PreparedSyllables:
    """Turn recordings with annotated segments into a store of spectrograms, whole or not at all.

    Parameters
    ----------
    source
        A folder of recordings, or one recording.
    out
        Folder of the store; beside it stand ``audit.csv``, ``skipped.csv`` and ``contact_sheet.png``.
    preset
        Spectrogram settings to start from; see `subsong.sources.spectrograms.presets`.
    overrides
        ``{"spectrogram.high_hz": 8000}``; see `SyllableReading`.
    overwrite
        Replace the store that is there.
    progress
        Told what is done, how much of it is done and how much there is.
    num_workers
        Parts at a time; None: one a processor. Changes no number.

    Returns
    -------
    What was written, what was left out, and how it was read.

    Raises
    ------
    SubsongError
        When nothing can be read, or the store not be written; nothing that was there is lost.
    """
    base = {"spectrogram": get_preset(preset).model_dump()}
    reading = read_config(SyllableReading, overrides=overrides, base=base)
    prepared = build_syllables(source, out, reading, WritingOptions(overwrite, progress, num_workers))
    _draw_contact_sheet(prepared.path / CONTACT_SHEET_NAME, load_syllables(prepared.path))
    return prepared


def prepare_windows(
    source: str | Path,
    out: str | Path,
    preset: str = "finch",
    overrides: Overrides | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    num_workers: int | None = None,
) -> PreparedWindows:
    """Turn recordings into a store that windows of song are taken from while training, whole or not at all.

    Parameters
    ----------
    source
        A folder of recordings, or one recording.
    out
        Folder of the store; beside it stand ``audit.csv``, ``skipped.csv``, ``regions.csv`` and ``contact_sheet.png``.
    preset
        Spectrogram settings to start from; see `subsong.sources.spectrograms.presets`. Windows of finches last 0.12 s.
    overrides
        ``{"merge_gap_s": 0.1, "spectrogram.max_duration_s": 0.08}``; see `WindowReading`.
    overwrite
        Replace the store that is there.
    progress
        Told what is done, how much of it is done and how much there is.
    num_workers
        Parts at a time; None: one a processor. Changes no number.

    Returns
    -------
    What was written, what was left out, and how it was read.

    Raises
    ------
    SubsongError
        When nothing can be read, no region holds a window, or the store cannot be written; nothing that was there is
        lost.
    """
    base = {"spectrogram": get_window_preset(preset).model_dump()}
    reading = read_config(WindowReading, overrides=overrides, base=base)
    prepared = build_windows(source, out, reading, WritingOptions(overwrite, progress, num_workers))
    _draw_windows(prepared.path, prepared.reading.spectrogram)
    return prepared


def _draw_windows(path: Path, spectrogram: SpectrogramConfig) -> None:
    """Draw windows at random places, in the order of the recordings."""
    frames = load_frames(path)
    axis = PlainTimes(frames.regions, spectrogram.max_duration_s, spectrogram.num_time_bins)
    drawn = draw_windows(find_stretches(axis), _NUM_WINDOWS_SHOWN, numpy_generator(0, "windows of the contact sheet"))
    windows = FixedWindows(frames, axis, drawn)
    title = f"{len(windows)} windows of {spectrogram.max_duration_s:g} s"
    sheet = plot_contact_sheet(lambda rows: windows.fetch(rows).input.numpy(), choose_examples(len(windows)), title)
    save_figure(sheet, path / CONTACT_SHEET_NAME)


def _draw_contact_sheet(path: Path, syllables: SyllableDataset) -> None:
    """Draw random syllables, a row a label where there are labels."""
    labels = syllables.items["label"]
    known = None if labels.null_count() == len(labels) else labels.fill_null("?").to_list()
    examples = choose_examples(len(syllables), known)
    title = f"{len(syllables):,} syllables, some of them"
    save_figure(plot_contact_sheet(lambda rows: syllables.fetch(rows).input.numpy(), examples, title), path)


def _describe_origin(source: Path, reading: ChecklistReading) -> tuple[dict[str, Any], Sequence[SourceFile]]:
    """Return with which options the lists were read, and from which files; a store says so itself."""
    if is_checklist_store(source):
        manifest = load_checklists(source).manifest
        return manifest.parameters, manifest.sources
    files = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    described = describe_sources(files, source if source.is_dir() else source.parent)
    return reading.model_dump(mode="json"), described
