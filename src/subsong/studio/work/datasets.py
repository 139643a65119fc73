"""The datasets of a project: which there are, what is in them, what was left out, and making another."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import read_json
from subsong.studio.errors import ConflictError, NotFoundError

_MANIFEST, _AUDIT, _SKIPPED = "manifest.json", "audit.csv", "skipped.csv"
# Of motifs it shows how renditions were aligned.
_SHEETS = ("contact_sheet.png", "warp/warp.png")
_NAME = re.compile(r"[\w.+-]+")
_MAX_REASONS = 8
_TRAINS = {
    "song": "song-segmenter",
    "syllables": "syllable-vae",
    "windows": "shotgun-vae",
    "motifs": "warped-shotgun-vae",
}


class Concern(NamedTuple):
    """Something that was left out or found odd, and how often."""

    num_found: int
    reason: str
    example: str


class DatasetRow(NamedTuple):
    """A dataset in the list.

    Attributes
    ----------
    name, kind
        Of its folder; song, syllables, windows, motifs or another.
    num_items
        Items, as the store counts them.
    num_recordings
        Files it was made from.
    made_at
        Seconds since 1970.
    recipe
        What is usually trained on it; None where that is not known.
    concerns
        What was left out or found odd, the most frequent first.
    has_sheet
        Whether there is a picture of examples.
    problem
        Why it cannot be read; None: it can.
    """

    name: str
    kind: str
    num_items: int | None
    num_recordings: int | None
    made_at: float
    recipe: str | None
    concerns: tuple[Concern, ...] = ()
    has_sheet: bool = False
    problem: str | None = None


def list_datasets(folder: Path) -> list[DatasetRow]:
    """Return the datasets in a folder, the latest first; one that cannot be read is a row, too."""
    found = [_describe(path.parent) for path in folder.glob(f"*/{_MANIFEST}") if not path.parent.name.startswith(".")]
    return sorted(found, key=lambda row: row.made_at, reverse=True)


def check_dataset_name(name: str) -> str:
    """Return a name; raises SubsongError when no folder of a dataset can have it."""
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise SubsongError(f"dataset name {name!r}: use letters, digits, '.', '_', '+' and '-' only")
    return name


def find_dataset(folder: Path, name: str) -> Path:
    """Return the folder of a dataset.

    Raises
    ------
    NotFoundError
        When there is none of this name.
    """
    path = folder / name
    if not _NAME.fullmatch(name) or name.startswith(".") or not (path / _MANIFEST).is_file():
        raise NotFoundError(f"the project has no dataset {name!r}: it may have been removed meanwhile")
    return path


def choose_new(folder: Path, name: str) -> Path:
    """Return the folder that a dataset is to have.

    Raises
    ------
    SubsongError
        When no folder can be called so, or there is a dataset of this name.
    """
    path = folder / check_dataset_name(name)
    if (path / _MANIFEST).exists():
        raise ConflictError(f"there is a dataset {name!r} already: choose another name")
    return path


def find_sheet(path: Path) -> Path:
    """Return the picture of examples of a dataset; raises NotFoundError where there is none."""
    sheet = next((path / name for name in _SHEETS if (path / name).is_file()), None)
    if sheet is None:
        raise NotFoundError(f"the dataset {path.name} has no picture of examples")
    return sheet


def _describe(path: Path) -> DatasetRow:
    made_at = (path / _MANIFEST).stat().st_mtime
    try:
        manifest: Any = read_json(path / _MANIFEST)
        kind, sources = str(manifest["kind"]), {source["name"] for source in manifest["sources"]}
        return DatasetRow(
            path.name,
            kind,
            int(manifest["num_items"]),
            len(sources),
            made_at,
            _TRAINS.get(kind),
            tuple(_list_concerns(path)),
            any((path / name).is_file() for name in _SHEETS),
        )
    except (SubsongError, LookupError, TypeError, ValueError, OSError) as error:
        return DatasetRow(path.name, "?", None, None, made_at, None, problem=f"cannot be read: {error}")


def _list_concerns(path: Path) -> list[Concern]:
    """Return what the audit found, then what was skipped, by the words before the particulars."""
    found = [
        (row.get("recording", ""), row["findings"].split(" | ")[0])
        for row in _read(path / _AUDIT)
        if row.get("findings")
    ]
    left_out = [
        (row.get("recording", row.get("source", "")), row.get("reason") or "") for row in _read(path / _SKIPPED)
    ]
    return [*_count(found), *_count(left_out)]


def _count(found: Sequence[tuple[str, str]]) -> list[Concern]:
    kinds = [re.split(r"[:(]", reason, maxsplit=1)[0].strip() for _, reason in found]
    first = {kind: one for kind, one in zip(reversed(kinds), reversed(found), strict=True)}
    counted = Counter(kinds).most_common(_MAX_REASONS)
    return [Concern(count, first[kind][1], first[kind][0]) for kind, count in counted]


def _read(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
