"""Preparing data once, so that training starts at once: one call a kind of data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from subsong.core.config_files import read_config
from subsong.core.overrides import Overrides
from subsong.datasets.checklist_reading import ChecklistReading, read_checklists
from subsong.datasets.checklist_store import check_free, write_checklists
from subsong.datasets.manifest import describe_sources
from subsong.sources.checklists import Checklists


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
        An eBird file or folder, or a table of sites by species (see `read_checklists`).
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
        When the source cannot be read, or the store not be written; nothing that was there is lost.
    """
    reading = read_config(ChecklistReading, overrides=overrides)
    source, out = Path(source).expanduser(), Path(out).expanduser()
    check_free(out, overwrite)  # before hours of reading, not after
    checklists = read_checklists(source, reading, progress)
    files = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    described = describe_sources(files, source if source.is_dir() else source.parent)
    write_checklists(out, checklists, reading.model_dump(mode="json"), described, overwrite)
    return checklists
