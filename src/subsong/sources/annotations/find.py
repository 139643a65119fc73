"""The annotations of a whole folder of recordings, wherever they lie."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.annotations.beside import TABLE_NAMES, BesideFiles, find_beside, find_table
from subsong.sources.annotations.crowsetta_formats import PREFIX
from subsong.sources.annotations.formats import detect_format, find_format
from subsong.sources.annotations.match import match_recordings
from subsong.sources.annotations.rates import SampleRates, recording_stem
from subsong.sources.annotations.read import read_with_rates
from subsong.sources.annotations.table import empty_annotations

_MAX_ERRORS = 3
log = logging.getLogger(__name__)


class FoundAnnotations(NamedTuple):
    """The annotations of a folder of recordings.

    Attributes
    ----------
    table
        Columns as in `ANNOTATION_SCHEMA`; ``recording`` is the path relative to the root. Rows in the order of the
        recordings, or of the table that was read.
    recordings_without
        Recordings no annotation file or row belongs to. One with an empty annotation file is not among them.
    annotations_without
        Annotation files, or names in a table, that belong to no recording.
    format
        The format or formats that were read.
    unreadable
        Recordings whose annotation file cannot be read, and why; none in strict mode, where that is an error.
    """

    table: pl.DataFrame
    recordings_without: list[str]
    annotations_without: list[str]
    format: str
    unreadable: Mapping[str, str] = MappingProxyType({})


def find_annotations(
    audio_paths: Iterable[str | Path],
    root: str | Path,
    annotations: str | Path | None = None,
    format: str | None = None,
    mode: Literal["strict", "lenient"] = "strict",
) -> FoundAnnotations:
    """Find the annotations of recordings.

    Parameters
    ----------
    audio_paths
        The recordings, all inside `root`.
    root
        The folder that recordings are named relative to.
    annotations
        Where the annotations are: a folder with the sub-folders of `root`, or one file; None: files beside the
        recordings, else a table in `root` (``annotations.csv``, ``segments.csv`` or ``Annotation.xml``, the first).
    format
        Their format; None: told from suffix and content.
    mode
        strict: a file of a single recording that cannot be read is an error; lenient: it is logged, listed in
        ``unreadable``, and an error only where no other is left.

    Raises
    ------
    SubsongError
        When there are none, they cannot be read, or it is not clear which to take; says what was found.

    Notes
    -----
    Where several kinds of files lie beside the recordings, the first that all annotated recordings have is taken, in
    the order ``.not.mat``, ``_annotations.csv``, ``.TextGrid``, ``.selections.txt``, ``-annotated-<person>.csv``,
    ``_Stats.csv``, ``.json``, ``.csv``, ``.txt``; which one is logged. Files of several people are all read.
    """
    root = Path(root)
    recordings = {_relative(Path(path), root): Path(path) for path in audio_paths}
    if not recordings:
        raise SubsongError(f"no recordings in {root} to find annotations for")
    if annotations is None:
        return _find_in_folder(recordings, root, format, mode, is_root=True)
    annotations = Path(annotations)
    if annotations.is_dir():
        return _find_in_folder(recordings, annotations, format, mode, is_root=False)
    if not annotations.exists():
        raise SubsongError(f"annotations {annotations} do not exist: expected a file, or a folder of files")
    return _read_table(recordings, annotations, format)


def _relative(path: Path, root: Path) -> str:
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()  # as it stands: a link may lead out of the folder
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise SubsongError(f"the recording {path} is not inside {root}: give the folder that holds all") from error


def _find_in_folder(
    recordings: Mapping[str, Path], folder: Path, format: str | None, mode: str, is_root: bool
) -> FoundAnnotations:
    """Read the files of single recordings in a folder, else its table.

    In the root itself both may lie by chance, so that files for some recordings and a table are an error there.
    """
    if format is not None and format.startswith(PREFIX):
        raise SubsongError(f"{folder}: files in the format {format} are not looked for; give annotations= one file")
    files = find_beside(list(recordings), folder, format)
    table_path = find_table(folder)
    num_files = len(files.by_recording)
    if num_files and table_path is not None:
        if is_root and num_files < len(recordings):
            raise SubsongError(
                f"{folder} has both *{files.ends[0]} for {num_files} of {len(recordings)} recordings and "
                f"{table_path.name} for all: choose with annotations={folder} or annotations={table_path}"
            )
        log.info("%s: annotations are read from files *%s, not %s", folder, files.ends[0], table_path.name)
    if num_files:
        return _read_files(recordings, folder, files, format, mode)
    if table_path is not None:
        return _read_table(recordings, table_path, format)
    raise SubsongError(
        f"no annotations in {folder}: expected files named like the recordings (such as "
        f"{next(iter(recordings))}) with .txt or _annotations.csv for the suffix, or one of "
        f"{', '.join(TABLE_NAMES)}; name them with annotations=PATH, or find segments with 'subsong segment'"
    )


def _read_files(
    recordings: Mapping[str, Path], folder: Path, files: BesideFiles, format: str | None, mode: str
) -> FoundAnnotations:
    """Read the files of single recordings; what cannot be read is named in one error, or each in the log."""
    tables, formats, errors = [empty_annotations()], set(), dict[str, str]()
    for recording, paths in files.by_recording.items():
        for path in paths:
            try:
                found = detect_format(path) if format is None else find_format(format)
                rates = SampleRates(recordings={recording_stem(recording): recordings[recording]})
                table = found.read(path, rates)
                if found.names_recordings:
                    _check_names(path, table, recording)
            except SubsongError as error:
                errors[recording] = str(error)
                continue
            formats.add(found.name)
            tables.append(table.with_columns(pl.lit(recording).alias("recording")))
    _tell_errors(list(errors.values()), is_fatal=mode == "strict" or not formats)
    return FoundAnnotations(
        pl.concat(tables),
        [name for name in recordings if name not in files.by_recording],
        [path.relative_to(folder).as_posix() for path in files.orphans],
        ", ".join(sorted(formats)),
        errors,
    )


def _tell_errors(errors: Sequence[str], is_fatal: bool) -> None:
    more = f" (and {len(errors) - _MAX_ERRORS} more files)" if len(errors) > _MAX_ERRORS else ""
    if errors and is_fatal:
        raise SubsongError("\n".join(errors[:_MAX_ERRORS]) + more)
    for error in errors:
        log.warning("left out: %s", error)


def _check_names(path: Path, table: pl.DataFrame, recording: str) -> None:
    """Refuse a file that lies beside one recording and names another."""
    for name in table["recording"].unique(maintain_order=True):
        if name != path.stem and recording_stem(name) != recording_stem(recording):
            raise SubsongError(
                f"{path} lies beside {recording} but holds annotations of {name}: give it in annotations="
            )


def _read_table(recordings: Mapping[str, Path], path: Path, format: str | None) -> FoundAnnotations:
    rates = SampleRates(recordings={recording_stem(name): audio_path for name, audio_path in recordings.items()})
    is_crowsetta = format is not None and format.startswith(PREFIX)
    name = format if format is not None else detect_format(path).name
    table = read_with_rates(path, name, rates)
    names = table["recording"].unique(maintain_order=True).to_list()
    if len(recordings) == 1 and len(names) <= 1 and not is_crowsetta and not find_format(name).names_recordings:
        matched: dict[str, str | None] = dict.fromkeys(names, next(iter(recordings)))
        annotated: Sequence[str] = list(recordings)
    else:
        matched = match_recordings(path, names, list(recordings))
        annotated = [recording for recording in matched.values() if recording is not None]
    if not annotated:
        raise SubsongError(
            f"{path} names none of the {len(recordings)} recordings, such as {next(iter(recordings))!r}: "
            f"found {names[0] if names else 'no annotations'!r}"
        )
    lacking = [name for name, recording in matched.items() if recording is None]
    if lacking:
        log.warning("%s names %d recordings that are not there, such as %s", path, len(lacking), lacking[0])
    table = table.with_columns(pl.col("recording").replace_strict(matched, return_dtype=pl.String))
    return FoundAnnotations(
        table.filter(pl.col("recording").is_not_null()),
        [recording for recording in recordings if recording not in set(annotated)],
        lacking,
        name,
    )
