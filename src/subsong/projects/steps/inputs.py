"""What people gave a project: recordings, who is heard in them, and annotations, each with a hash of its content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from subsong.projects.documents.training import Collected, collect_annotations
from subsong.projects.project import Project
from subsong.projects.recordings import Recording, list_recordings
from subsong.projects.steps.hashes import FileHashes, hash_value
from subsong.projects.steps.places import name_folder
from subsong.projects.steps.step import Tell


class BirdInputs(NamedTuple):
    """What is given of one bird.

    Attributes
    ----------
    name, folder
        What it is called, and the name of its folders.
    recordings
        Those it is heard in, by name.
    hashes
        Of the content of each, by name.
    annotations
        Of these recordings, columns as in `ANNOTATION_SCHEMA`: all of those that were looked at wholly, and of others
        those in stretches that were.
    stretches
        Where annotations are complete, columns as in `ANNOTATION_SCHEMA`; empty where all that were looked at were so
        wholly.
    annotated
        Names of the recordings that were looked at wholly.
    annotations_hash
        Of all that is said of this bird.
    """

    name: str
    folder: str
    recordings: tuple[Recording, ...]
    hashes: dict[str, str]
    annotations: pl.DataFrame
    stretches: pl.DataFrame
    annotated: frozenset[str]
    annotations_hash: str

    @property
    def looked_at(self) -> list[Recording]:
        """Recordings that were looked at, wholly or in part."""
        seen = {*self.annotated, *self.stretches["recording"]}
        return [recording for recording in self.recordings if recording.name in seen]

    @property
    def unannotated(self) -> list[Recording]:
        """Recordings that were not looked at wholly."""
        return [recording for recording in self.recordings if recording.name not in self.annotated]

    def hash_recordings(self, recordings: Sequence[Recording]) -> str:
        """Return a hash of names and contents of some of the recordings."""
        return hash_value([(recording.name, self.hashes[recording.name]) for recording in recordings])


def read_inputs(project: Project, hashes: FileHashes, tell: Tell) -> list[BirdInputs]:
    """Return what is given of each bird, in the order of their names.

    Raises
    ------
    SubsongError
        When there are no recordings, or something cannot be read.
    """
    recordings = list_recordings(project)
    collected = collect_annotations(project, recordings)
    paths = {recording.name: recording.path for recording in recordings}
    contents = hashes.hash_all(paths, lambda done, total: tell("reading recordings", done, total))
    birds: dict[str, list[Recording]] = {}
    for recording in recordings:
        birds.setdefault(recording.bird, []).append(recording)
    folders: list[str] = []
    for bird in sorted(birds):
        folders.append(name_folder(bird, folders))
    return [
        _select(bird, folder, birds[bird], contents, collected)
        for bird, folder in zip(sorted(birds), folders, strict=True)
    ]


def _select(
    bird: str, folder: str, recordings: Sequence[Recording], contents: dict[str, str], collected: Collected
) -> BirdInputs:
    names = [recording.name for recording in recordings]
    annotated = frozenset(names) & set(collected.annotated)
    is_mine = pl.col("recording").is_in(names)
    within = collected.within.filter(is_mine)
    is_partial = not set(within["recording"]) <= annotated
    said = [(name, collected.hash_by_recording.get(name), name in annotated) for name in names]
    return BirdInputs(
        bird,
        folder,
        tuple(recordings),
        {name: contents[name] for name in names},
        collected.table.filter(is_mine),
        within if is_partial else within.clear(),
        frozenset(annotated),
        hash_value([one for one in said if one[1] is not None or one[2]]),
    )
