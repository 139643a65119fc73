"""The annotations of a file or folder, of whatever program, as one table of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.interop.das.predictions import SUFFIX as DAS_SUFFIX
from subsong.interop.das.predictions import read_das_predictions
from subsong.sources.annotations import FORMATS, empty_annotations, read_annotations
from subsong.sources.annotations.beside import find_beside, find_table
from subsong.sources.annotations.das import DEFINITIONS_SUFFIX
from subsong.sources.annotations.formats import detect_format
from subsong.sources.annotations.match import match_recordings
from subsong.sources.audio import AUDIO_SUFFIXES

_SUFFIXES = tuple({suffix for form in FORMATS for suffix in form.suffixes} | {DAS_SUFFIX})
_DAS_RESULT = "das predictions"


class GatheredAnnotations(NamedTuple):
    """Annotations that were found.

    Attributes
    ----------
    table
        With `ANNOTATION_SCHEMA`. Recordings have their path below the folder where they lie there, else the name of the
        annotation file.
    formats
        Name of a format -> how many files are of it.
    left_out
        Files that end as annotations do and are none, or say what others say, relative to the folder.
    damaged
        What is wrong with files that cannot be read, a sentence each; none in strict mode, where that is an error.
    """

    table: pl.DataFrame
    formats: dict[str, int]
    left_out: list[str]
    damaged: list[str]


def holds_annotations(path: Path) -> bool:
    """Whether a file is of annotations, or any file of a folder is."""
    return next(_iterate(_list_candidates(path)), None) is not None


def gather_annotations(source: Path, mode: Literal["strict", "lenient"] = "strict") -> GatheredAnnotations:
    """Read the annotations of a file, or of a folder at any depth.

    Parameters
    ----------
    source
        The file or folder.
    mode
        strict: a file of annotations that is damaged is an error; lenient: it is told in ``damaged``.

    Raises
    ------
    SubsongError
        When there are none, or one is damaged: names file and line.
    """
    root = source if source.is_dir() else source.parent
    tables, formats, used, damaged = [empty_annotations()], dict[str, int](), set[Path](), list[str]()
    for path, name in _iterate(_choose(source)):
        used.add(path)
        try:
            tables.append(_read(path, name, root))
        except SubsongError as error:
            if mode == "strict":
                raise
            damaged.append(str(error))
        formats[name] = formats.get(name, 0) + 1
    if not formats:
        raise SubsongError(f"{source} holds no annotations: expected files that end in {', '.join(sorted(_SUFFIXES))}")
    left_out = [path.relative_to(root).as_posix() for path in _list_candidates(source) if path not in used]
    return GatheredAnnotations(_match(source, root, pl.concat(tables)), formats, left_out, damaged)


def _iterate(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield files of annotations with the name of their format."""
    for path in paths:
        if path.name.endswith(DAS_SUFFIX):
            yield path, _DAS_RESULT
            continue
        try:
            found = detect_format(path)
        except SubsongError:
            continue
        yield path, found.name


def _list_candidates(source: Path) -> list[Path]:
    """Return the files that end as annotations do, sorted."""
    if source.is_file():
        return [source] if source.name.lower().endswith(_SUFFIXES) else []
    found = (path for path in source.rglob("*") if path.name.lower().endswith(_SUFFIXES) and path.is_file())
    return sorted(
        path for path in found if not path.name.startswith(".") and not path.name.endswith(DEFINITIONS_SUFFIX)
    )


def _choose(source: Path) -> list[Path]:
    """Return the files that are read: where recordings lie there, those beside them, else the table of them all.

    Both may be there and say the same.
    """
    candidates, recordings = _list_candidates(source), _list_recordings(source) if source.is_dir() else []
    table = find_table(source) if recordings else None
    beside = find_beside(recordings, source, None).by_recording if recordings else {}
    chosen = {path for paths in beside.values() for path in paths} or ({table} if table is not None else set())
    return [path for path in candidates if not chosen or path in chosen or path.name.endswith(DAS_SUFFIX)]


def _list_recordings(root: Path) -> list[str]:
    found = (path for path in root.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES and path.is_file())
    return sorted(path.relative_to(root).as_posix() for path in found)


def _read(path: Path, name: str, root: Path) -> pl.DataFrame:
    """Read a file; recordings that it names by its own name alone get its folder."""
    table = read_das_predictions(path) if name == _DAS_RESULT else read_annotations(path, format=name)
    parent = path.relative_to(root).parent.as_posix()
    if parent == "." or any(form.name == name and form.names_recordings for form in FORMATS):
        return table
    return table.with_columns(pl.concat_str(pl.lit(f"{parent}/"), "recording").alias("recording"))


def _match(source: Path, root: Path, table: pl.DataFrame) -> pl.DataFrame:
    """Return annotations with the paths of the recordings that lie in the folder."""
    recordings = _list_recordings(root)
    if not recordings:
        return table
    matched = match_recordings(source, table["recording"].unique(maintain_order=True), recordings)
    names = {name: recording or name for name, recording in matched.items()}
    return table.with_columns(pl.col("recording").replace_strict(names, return_dtype=pl.String))
