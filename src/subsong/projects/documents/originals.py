"""Annotations made elsewhere, before there was a document: beside the recordings, or where the project file says."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from subsong.projects.project import Project
from subsong.projects.recordings import list_recordings
from subsong.sources.annotations.beside import find_beside, find_table
from subsong.sources.annotations.find import find_annotations

log = logging.getLogger(__name__)


class Originals(NamedTuple):
    """What was annotated elsewhere.

    Attributes
    ----------
    tables
        Recording -> its annotations, columns as in `ANNOTATION_SCHEMA`; also those that hold none.
    unreadable
        Recording -> why its annotation file cannot be read.
    recordings
        All recordings that were looked for.
    """

    tables: Mapping[str, pl.DataFrame]
    unreadable: Mapping[str, str] = MappingProxyType({})
    recordings: frozenset[str] = frozenset()


def find_originals(project: Project) -> Originals:
    """Find the annotations that a project begins with.

    Raises
    ------
    SubsongError
        When the project names annotations that cannot be read, or it is not clear which of several to take.
    """
    recordings = {one.name: one.path for one in list_recordings(project)}
    names = frozenset(recordings)
    base = project.recordings_dir if project.recordings_dir.is_dir() else project.recordings_dir.parent
    config = project.config
    given = None if config.annotations is None else project.find_beside(config.annotations)
    if given is None:
        beside = find_beside(list(recordings), base, config.annotation_format)
        if not beside.by_recording and find_table(base) is None:
            return Originals({}, recordings=names)
    found = find_annotations(recordings.values(), base, given, config.annotation_format, mode="lenient")
    tables = {str(key[0]): rows for key, rows in found.table.group_by("recording", maintain_order=True)}
    without = {*found.recordings_without, *found.unreadable}
    silent = {name: found.table.clear() for name in recordings if name not in without and name not in tables}
    return Originals({**tables, **silent}, found.unreadable, names)
