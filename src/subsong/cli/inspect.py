"""``subsong inspect``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from subsong.cli.app import app

if TYPE_CHECKING:
    import polars as pl

_LOOKED_FOR = (
    "recordings, annotations, pictures, checklists (eBird files, tables of sites by species), a dataset, a run, a "
    "model, a project, a map, and files of DAS, AVA or bird-embeddings"
)

_EBIRD_COLUMN, _HEAD_BYTES = b"SAMPLING EVENT IDENTIFIER", 8192


@app.command()
def inspect(
    data: Path = typer.Argument(
        ...,
        metavar="PATH",
        help="Recordings, annotations, pictures, checklists; a dataset, run, model, project or map.",
    ),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="An option of the reader, for files: as of subsong prepare checklists."
    ),
    out: Path | None = typer.Option(
        None, "--out", "-o", help="Also write the table of recordings, labels or species here (.csv, .parquet)."
    ),
) -> None:
    """Say what a file or folder is, what is in it, what is wrong with it, and what can be done with it next.

    Recordings are read from end to end: sizes, rates, channels, what is cut short, silent or clipped, and the
    annotations beside them. Datasets: syllables, windows, motifs, song, lists, poses. Nothing is changed.
    """
    from subsong.core.errors import SubsongError

    if not data.exists():
        raise SubsongError(f"{data} does not exist: expected {_LOOKED_FOR}")
    lines, table, has_more = _inspect(data, overrides)
    for line in lines:
        typer.echo(line)
    if has_more:
        from subsong.recipes.summaries import inspect_data

        inspect_data(data, out, overrides)
    elif out is not None:
        _write(data, out, table)


class _Inspected(NamedTuple):
    """What there is to say: lines, a table, and whether `inspect_data` says more, of datasets, VAEs and checklists."""

    lines: Sequence[str]
    table: pl.DataFrame | None = None
    has_more: bool = False


def _inspect(data: Path, overrides: Sequence[str] | None) -> _Inspected:
    from subsong.datasets.checklist_store import is_checklist_store
    from subsong.datasets.manifest import is_store

    if overrides or is_store(data) or is_checklist_store(data):
        return _Inspected((), has_more=True)
    return _inspect_written(data) or _inspect_raw(data)


def _inspect_written(data: Path) -> _Inspected | None:
    """Return what is to be said of what Subsong wrote."""
    from subsong.cli import inspecting_folders as folders
    from subsong.projects.maps.folder import is_map

    if folders.is_run(data) or folders.is_model(data):
        lines = folders.inspect_run(data) if folders.is_run(data) else []
        has_model = folders.is_model(data) or folders.is_model(data / "model")
        network = folders.inspect_network(data) if has_model else []
        return _Inspected([*lines, *(network or ())], has_more=network is None)
    if is_map(data):
        return _Inspected(folders.inspect_map(data))
    if folders.is_project(data):
        return _Inspected(folders.inspect_project(data))
    runs = folders.inspect_runs(data) if data.is_dir() else None
    return None if runs is None else _Inspected(runs)


def _inspect_raw(data: Path) -> _Inspected:
    """Return what is to be said of files that other programs wrote."""
    from subsong.cli import inspecting_folders as folders
    from subsong.cli import inspecting_sounds as sounds
    from subsong.interop.annotation_files import holds_annotations
    from subsong.interop.importing import find_importable

    importable = find_importable(data)
    if importable is not None:
        return _Inspected([f"{data}: {importable}", f"bring it in: subsong import {data}"])
    if sounds.holds_recordings(data):
        return _Inspected(*sounds.inspect_recordings(data))
    if holds_annotations(data):
        return _Inspected(*sounds.inspect_annotations(data))
    if folders.holds_pictures(data):
        return _Inspected(*folders.inspect_pictures(data))
    _check_checklists(data)
    return _Inspected((), has_more=True)


def _check_checklists(data: Path) -> None:
    """Refuse a folder without a single file that could be of checklists, or of anything else."""
    from subsong.core.errors import SubsongError

    if data.is_dir() and not any(_may_be_ebird(path) for path in data.iterdir()):
        found = sorted(path.name for path in data.iterdir())
        holds = f"holds {', '.join(found[:3])}{', ...' if len(found) > 3 else ''}" if found else "is empty"
        raise SubsongError(
            f"{data} {holds}: looked for {_LOOKED_FOR}; a table of sites is named itself, not its folder"
        )


def _may_be_ebird(path: Path) -> bool:
    """Whether a file is an archive, or a text that begins as eBird's do."""
    from subsong.datasets.checklist_reading import EBIRD_SUFFIXES
    from subsong.sources.reading import read_errors

    if path.suffix.lower() != ".txt" or not path.is_file():
        return path.name.lower().endswith(EBIRD_SUFFIXES)
    with read_errors(path), path.open("rb") as file:
        return _EBIRD_COLUMN in file.read(_HEAD_BYTES)


def _write(data: Path, out: Path, table: pl.DataFrame | None) -> None:
    from subsong.core.errors import SubsongError
    from subsong.inference.tables import check_suffix, write_table

    if table is None:
        raise SubsongError(f"there is no table to tell of {data}: leave out --out")
    check_suffix(out, (".csv", ".parquet"))
    write_table(out, table)
    typer.echo(out)
