"""Files of other programs -> annotations of one recording."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.tables import take_rows
from subsong.projects.recordings import Recording
from subsong.sources.annotations.formats import FORMATS, detect_format, find_format
from subsong.sources.annotations.match import match_recordings
from subsong.sources.annotations.rates import SampleRates, recording_stem
from subsong.studio.annotations.writing import collect_warnings
from subsong.studio.answers import Upload


class ReadFile(NamedTuple):
    """What a file says of a recording.

    Attributes
    ----------
    rows
        Its annotations.
    format
        Name of its format.
    warnings
        What deserves a look.
    """

    rows: list[Annotation]
    format: str
    warnings: tuple[str, ...]


def read_upload_of(recording: Recording, upload: Upload, format: str | None) -> ReadFile:
    """Return what an uploaded file says of a recording.

    Parameters
    ----------
    recording
        Annotations of others in the file are left out, which is said.
    upload
        The file.
    format
        Name of its format; None: told from its name and content.

    Raises
    ------
    SubsongError
        When the file is of no known format, damaged, or says nothing of this recording; names the file and the line.
    """
    with tempfile.TemporaryDirectory() as folder, collect_warnings() as warnings:
        # A file that does not say which recording it is of is understood to be of the one it is called like.
        path = Path(folder) / (recording_stem(recording.name) + _find_end(upload.name, format))
        path.write_bytes(upload.content)
        try:
            chosen = detect_format(path) if format is None else find_format(format)
            rates = SampleRates(recordings={recording_stem(recording.name): recording.path})
            table = chosen.read(path, rates)
            table, left_out = _pick_rows(Path(upload.name), table, recording.name, chosen.names_recordings)
            rows = take_rows(path, table)
        except SubsongError as error:
            raise SubsongError(str(error).replace(str(path), upload.name)) from error
    said = [text.replace(str(path), upload.name) for text in warnings]
    return ReadFile(rows, chosen.name, (*left_out, *said))


def _find_end(name: str, format: str | None) -> str:
    """Return how a file's name ends: as one of its format, as one of any, or else as it does."""
    suffixes = [end for form in FORMATS for end in form.suffixes if name.lower().endswith(end)]
    if suffixes:
        return max(suffixes, key=len)
    return find_format(format).suffixes[0] if format is not None else Path(name).suffix


def _pick_rows(
    path: Path, table: pl.DataFrame, recording: str, names_recordings: bool
) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows that are of a recording, and words on the others."""
    if not names_recordings or table.is_empty():
        return table, []
    names = table["recording"].unique(maintain_order=True).to_list()
    matched = match_recordings(path, names, [recording])
    own = [name for name in names if matched[name] is not None]
    if not own:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise SubsongError(f"{path} holds annotations of {names[0]}{more}, none of {recording}")
    rows = table.filter(pl.col("recording").is_in(own))
    num_others = table.height - rows.height
    return rows, [f"{path}: {num_others} annotations of other recordings are left out"] if num_others else []
