"""Step ``recordings``: every recording is read once from start to end, and what is wrong with it is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from subsong.inference.tables import write_table
from subsong.projects.project import Project
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.places import describe_recordings
from subsong.projects.steps.step import ALL, Outputs, Step, Work

NAME = "recordings"
TABLE_NAME = "recordings.parquet"
_CHANNEL_COLUMN = "channel_read"


def build_recordings_step(project: Project, birds: Sequence[BirdInputs]) -> Step:
    """Return the step that audits recordings.

    Its table has one row a recording: ``recording``, ``bird``, what ``files.csv`` says of it, ``sha256``, and the
    columns of `build_audit_table`.
    """
    return Step(
        NAME,
        "look at recordings",
        version=1,
        settings={"channel": project.config.channel},
        files={f"recordings of {bird.name}": bird.hash_recordings(bird.recordings) for bird in birds},
        needs={},
        make=partial(_audit, project=project, birds=birds),
    )


def _audit(work: Work, project: Project, birds: Sequence[BirdInputs]) -> Outputs:
    from subsong.sources.audio import audit_recordings, build_audit_table

    hashes = {name: digest for bird in birds for name, digest in bird.hashes.items()}
    channel = "all" if project.config.channel is None else project.config.channel
    known = _read_known(work.last / TABLE_NAME, str(channel))
    seen = set() if known is None else set(known["sha256"])
    new = [one for bird in birds for one in bird.recordings if hashes[one.name] not in seen]
    paths = [recording.path for recording in new]
    audits = audit_recordings(paths, None, channel, lambda done, total: work.tell("checking recordings", done, total))
    table = build_audit_table(audits).select(
        pl.Series("sha256", [hashes[recording.name] for recording in new], pl.String),
        pl.lit(str(channel)).alias(_CHANNEL_COLUMN),
        pl.exclude("recording"),
    )
    audited = table if known is None else pl.concat([known.select(table.columns), table])
    path = work.folder / TABLE_NAME
    write_table(path, _join(birds, hashes, project.recordings_dir, audited.unique("sha256")))
    return {ALL: [path]}


def _read_known(path: Path, channel: str) -> pl.DataFrame | None:
    """Return what the last audit found, None where there is none of the same channel."""
    if not path.is_file():
        return None
    table = pl.read_parquet(path)
    return table if _CHANNEL_COLUMN in table.columns and (table[_CHANNEL_COLUMN] == channel).all() else None


def _join(birds: Sequence[BirdInputs], hashes: Mapping[str, str], root: Path, audited: pl.DataFrame) -> pl.DataFrame:
    described = describe_recordings([one for bird in birds for one in bird.recordings], root)
    described = described.rename({"source": "recording"}).with_columns(
        sha256=pl.col("recording").replace_strict(hashes, return_dtype=pl.String)
    )
    return described.join(audited, on="sha256", how="left", maintain_order="left", suffix="_found")
