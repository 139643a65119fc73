"""Datasets of ours as those of other programs, so that nobody is locked in."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.words import count_noun
from subsong.datasets.manifest import read_manifest
from subsong.datasets.song.store import is_song_store, load_song
from subsong.datasets.syllables.dataset import is_syllable_store, load_syllables
from subsong.interop.ava.stores import SYLLABLES_PER_FILE, export_specs
from subsong.interop.das.writing import write_das_dataset

FORMATS = ("das", "ava")
_DEFAULT_NAMES = {"das": Path("song.npy"), "ava": Path("specs")}


class Exported(NamedTuple):
    """What was written: its place, and one sentence about it."""

    path: Path
    made: str


def export_dataset(
    store: str | Path, format: str | None = None, out: str | Path | None = None, overwrite: bool = False
) -> Exported:
    """Write a dataset for another program, whole or not at all.

    Parameters
    ----------
    store
        A dataset of song (for DAS) or of syllables (for AVA).
    format
        ``das`` or ``ava``; None: the one for its kind.
    out
        For DAS a folder whose name ends in ``.npy``, ``song.npy`` by default; for AVA a folder, by default ``specs``.
    overwrite
        Replace what is there.

    Raises
    ------
    SubsongError
        When the format is unknown or not one for this kind of dataset, or the files cannot be written.
    """
    store = Path(store).expanduser()
    if format is not None and format not in FORMATS:
        raise SubsongError(f"datasets are not written as {format!r}: {did_you_mean(format, FORMATS)}")
    fitting = "das" if is_song_store(store) else "ava" if is_syllable_store(store) else None
    if fitting is None or format not in (None, fitting):
        wanted = {"das": "DAS takes one of song", "ava": "AVA takes one of syllables"}
        needed = ", ".join(wanted.values()) if format is None else wanted[format]
        raise SubsongError(f"{store} is a dataset of {read_manifest(store).kind}, and {needed}: prepare such a one")
    path = Path(out or _DEFAULT_NAMES[fitting]).expanduser()
    return (_export_song if fitting == "das" else _export_syllables)(store, path, overwrite)


def _export_song(store: Path, path: Path, overwrite: bool) -> Exported:
    song = load_song(store)
    written = write_das_dataset(song, path, overwrite)
    return Exported(written, f"a dataset of DAS with {count_noun(song.annotations.height, 'annotation')}")


def _export_syllables(store: Path, path: Path, overwrite: bool) -> Exported:
    made = export_specs(store, path, overwrite)
    said = f"{count_noun(made.num_specs, 'syllable')} in {count_noun(made.num_files, 'file')} of AVA"
    rest = made.num_specs % SYLLABLES_PER_FILE
    if rest and made.num_files > 1:
        said += f"; the last one holds {rest}, which AVA's own readers do not expect: leave it out there"
    labelled = load_syllables(store).items["label"].count()
    return Exported(made.path, said + ("; its files have no place for labels" if labelled else ""))
