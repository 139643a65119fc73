"""What people said of a project's recordings as a folder that ``subsong prepare`` reads.

The folder is kept, so that the command that made a dataset makes it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.projects.recordings import Recording
from subsong.projects.steps.places import show_recordings
from subsong.sources.annotations.read import write_annotations
from subsong.studio.context import StudioContext

_RECORDINGS, _TABLE, _STRETCHES = "recordings", "annotations.csv", "looked_at.csv"


class SongFolder(NamedTuple):
    """Recordings and annotations as files.

    Attributes
    ----------
    recordings
        Folder of links to the recordings, named as in the project.
    settings
        What ``subsong prepare`` is told of them: ``--set`` keys and values.
    within
        File of the stretches whose annotations are complete; None: they are complete everywhere.
    """

    recordings: Path
    settings: Mapping[str, str]
    within: Path | None


def name_song_folder(folder: Path, kind: str, has_stretches: bool) -> SongFolder:
    """Return what `write_song_folder` returns, before anything is written."""
    settings = {"annotations": str(folder / _TABLE), "annotation_format": "csv"}
    if kind == "song":
        # A recording that was looked at and has none.
        settings["unannotated"] = "background"
    within = folder / _STRETCHES if kind == "song" and has_stretches else None
    return SongFolder(folder / _RECORDINGS, settings, within)


def write_song_folder(
    context: StudioContext, folder: Path, kind: str, birds: Sequence[str], least_score: float | None
) -> SongFolder:
    """Write the annotations of a project's recordings, and links to these.

    Parameters
    ----------
    context
        The project.
    folder
        Where to; what is there is replaced.
    kind
        ``song``, ``syllables``, ``windows`` or ``motifs``.
    birds
        Only of these; none: of all.
    least_score
        Proposals of at least this score count as annotations, too; None: only what people said.

    Raises
    ------
    SubsongError
        When nothing is annotated.
    """
    from subsong.projects.documents import collect_annotations

    chosen = [one for one in context.recordings().values() if not birds or one.bird in birds]
    collected = collect_annotations(context.project, chosen, context.documents)
    proposed = [] if least_score is None else list(_list_proposals(context, chosen, least_score))
    table = pl.concat([collected.table, *proposed])
    known = {*collected.hash_by_recording, *table["recording"].to_list()}
    seen = [one for one in chosen if one.name in known]
    if table.is_empty():
        whose = f" of {', '.join(birds)}" if birds else ""
        raise SubsongError(
            f"nothing is annotated yet in the recordings{whose}: annotate some and mark them as done, "
            "or accept proposals"
        )
    named = name_song_folder(folder, kind, collected.within.height > 0)
    show_recordings(named.recordings, seen, context.project.recordings_dir)
    write_annotations(folder / _TABLE, table, "csv")
    if named.within is not None:
        write_annotations(named.within, collected.within, "csv")
    return named


def _list_proposals(
    context: StudioContext, recordings: Iterable[Recording], least_score: float
) -> Iterable[pl.DataFrame]:
    from subsong.projects.documents.tables import build_table

    for recording in recordings:
        proposed = context.documents.load(recording.name).list_proposed()
        sure = [one for one in proposed if one.score is not None and one.score >= least_score]
        if sure:
            yield build_table(recording.name, sure)
