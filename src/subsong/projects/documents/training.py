"""Which annotations a network may learn from, and where they are complete."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.projects.documents.document import Document
from subsong.projects.documents.store import DocumentStore
from subsong.projects.documents.tables import build_table, render_file
from subsong.projects.project import Project
from subsong.projects.recordings import Recording
from subsong.sources.annotations.table import build_annotations, empty_annotations
from subsong.sources.audio import read_audio_info

LOOKED_AT = "looked at"
"""Label of the stretches in which annotations are complete."""


class Collected(NamedTuple):
    """What is known of the recordings of a project.

    Attributes
    ----------
    table
        Accepted annotations, columns as in `ANNOTATION_SCHEMA`.
    within
        Where annotations are complete when they are not everywhere, in the same columns, every label `LOOKED_AT`;
        empty when each recording in `table` is wholly annotated. What was annotated outside of looked-at stretches
        stands for itself alone.
    annotated
        Names of the recordings that are wholly annotated, also those that hold nothing.
    hash_by_recording
        Of what is known of each recording that anything is known of; changes when that does.
    """

    table: pl.DataFrame
    within: pl.DataFrame
    annotated: tuple[str, ...]
    hash_by_recording: dict[str, str]


def collect_annotations(
    project: Project, recordings: Iterable[Recording], documents: DocumentStore | None = None
) -> Collected:
    """Collect what people, and the original annotations, say of recordings.

    Parameters
    ----------
    project
        Whose documents are read.
    recordings
        Of these.
    documents
        Where they are kept; None: opened here.

    Returns
    -------
    Collected
        Proposals that nobody accepted are not in it.

    Raises
    ------
    SubsongError
        When annotations cannot be read.
    """
    documents = documents or DocumentStore(project)
    known = {one.name: (one.path, documents.load(one.name)) for one in recordings}
    known = {name: pair for name, pair in known.items() if _is_known(pair[1])}
    is_partial = any(not document.is_done for _, document in known.values())
    tables = [build_table(name, document.list_accepted()) for name, (_, document) in known.items()]
    stretches = [_list_complete(path, document) for path, document in known.values()] if is_partial else []
    return Collected(
        pl.concat([empty_annotations(), *tables]),
        pl.concat([empty_annotations(), *stretches]),
        tuple(name for name, (_, document) in known.items() if document.is_done),
        {name: hash_known(document) for name, (_, document) in known.items()},
    )


def hash_known(document: Document) -> str:
    """Return a hash of what people say of a recording; proposals do not count."""
    content = render_file(document.recording, document.list_accepted())
    return hashlib.sha256(content + repr((document.is_done, document.reviewed)).encode()).hexdigest()


def _is_known(document: Document) -> bool:
    return document.is_done or bool(document.reviewed) or bool(document.list_accepted())


def _list_complete(path: Path, document: Document) -> pl.DataFrame:
    """Return the stretches of a recording in which annotations are complete."""
    stretches = document.reviewed
    if document.is_done:
        stretches = _cover(path)
    elif not stretches:
        stretches = tuple((one.onset_s, one.offset_s) for one in document.list_accepted() if not one.is_event)
    return build_annotations(
        recording=[document.recording] * len(stretches),
        onset_s=[start for start, _ in stretches],
        offset_s=[stop for _, stop in stretches],
        label=LOOKED_AT,
    )


def _cover(path: Path) -> tuple[tuple[float, float], ...]:
    """Return the whole of a recording; nothing of one that cannot be read, which nobody can learn from."""
    try:
        info = read_audio_info(path)
    except SubsongError:
        return ()
    return ((0.0, info.num_samples / info.sample_rate_hz),)
