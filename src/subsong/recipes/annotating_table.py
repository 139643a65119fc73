"""Recordings -> one table of annotations, which appears when all are annotated; what is done by then is not lost."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import hash_file, read_json, remove_partial_files, write_json
from subsong.inference.tables import write_table
from subsong.models.portable import find_model_folder
from subsong.recipes.annotating import (
    OUTCOME_SCHEMA,
    AnnotatedRecordings,
    AnnotatingOptions,
    Progress,
    annotate_tasks,
    find_sound,
    read_settings,
)
from subsong.recipes.annotating_jobs import Existing, JobSettings, Task
from subsong.recipes.annotating_merge import merge_found
from subsong.sources.annotations.read import read_annotations, write_annotations
from subsong.sources.annotations.table import ANNOTATION_SCHEMA, empty_annotations

TABLE_SUFFIXES = (".csv", ".parquet")
log = logging.getLogger(__name__)


def annotate_to_table(
    model_path: str | Path,
    sources: Sequence[str | Path],
    out: str | Path,
    options: AnnotatingOptions | None = None,
    progress: Progress | None = None,
) -> AnnotatedRecordings:
    """Annotate recordings into one table, sorted by recording, channel and onset, whole or not at all.

    What is done lies in a hidden folder beside `out` until all is: stopped, the same call goes on.

    Parameters
    ----------
    model_path, sources, options, progress
        See `annotate_to_files`; a table of ours has a place for all an annotation says.
    out
        A file that ends in .csv or .parquet.

    Raises
    ------
    SubsongError
        As `annotate_to_files`; or when the table that is there cannot be read.
    """
    options = (options or AnnotatingOptions())._replace(format="csv")
    out = Path(out).expanduser()
    settings, sound = read_settings(Path(model_path), options), find_sound(sources)
    there = _read_table(out) if out.exists() and options.existing != "overwrite" else empty_annotations()
    kept = set(there["recording"]) & set(sound.paths) if options.existing == "skip" else set[str]()
    parts = _open_parts(out, settings)
    tasks = [Task(path, name, parts / f"{_short_hash(name)}.csv") for name, path in sound.paths.items()]
    done = [task.name for task in tasks if task.out_path.exists()]
    result = annotate_tasks(tasks, kept | set(done), settings, options.num_jobs, progress)
    if result.recordings.height == result.recordings.filter(status="left out").height:
        shutil.rmtree(parts, ignore_errors=True)
        raise SubsongError(result.recordings["problem"][0])
    found = [
        read_annotations(task.out_path, "csv") for task in tasks if task.name not in kept and task.out_path.exists()
    ]
    table = merge_found(there, pl.concat([there.clear(), *found]), settings.decoding.event_spacing_s)
    _write_table(out, table)
    shutil.rmtree(parts, ignore_errors=True)
    return _count_parts(result, table, there, set(done) - kept, options.existing)


def _open_parts(out: Path, settings: JobSettings) -> Path:
    """Return the folder of what is done so far; what was done with another model or other settings is removed."""
    folder = out.with_name(f".{out.name}.parts")
    key = {
        "model": hash_file(find_model_folder(settings.model_path) / "model.safetensors"),
        "decoding": settings.decoding.model_dump(mode="json"),
        "channel": settings.channel,
    }
    key_path = folder / "settings.json"
    if key_path.is_file() and read_json(key_path) != key:
        log.info("%s was begun with another model or other settings: all recordings are annotated again", out)
        shutil.rmtree(folder)
    if folder.is_dir():
        remove_partial_files(folder)
    write_json(key_path, key)
    return folder


def _short_hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _read_table(path: Path) -> pl.DataFrame:
    if path.suffix.lower() != ".parquet":
        return read_annotations(path)
    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SubsongError(f"{path} is no Parquet file, or is damaged: name another with --out") from error
    if dict(table.schema) != ANNOTATION_SCHEMA:
        raise SubsongError(f"{path} is no table of annotations: it has the columns {', '.join(table.columns)}")
    return table


def _write_table(path: Path, table: pl.DataFrame) -> None:
    if path.suffix.lower() == ".parquet":
        write_table(path, table)
    else:
        write_annotations(path, table, "csv")


def _count_parts(
    result: AnnotatedRecordings, table: pl.DataFrame, there: pl.DataFrame, resumed: Collection[str], existing: Existing
) -> AnnotatedRecordings:
    """Return what was done, counted in the table; what an earlier, stopped call did counts as done."""
    recordings = result.recordings
    for counted, name in ((table, "num_annotations"), (there, "num_kept")):
        counts = counted.group_by("recording").agg(pl.len().cast(pl.Int64).alias(name))
        recordings = recordings.drop(name).join(counts, on="recording", how="left", maintain_order="left")
        recordings = recordings.with_columns(pl.col(name).fill_null(0))
    was_resumed = pl.col("recording").is_in(list(resumed))
    did = pl.when(pl.lit(existing == "merge") & (pl.col("num_kept") > 0)).then(pl.lit("merged"))
    is_done = was_resumed | (pl.col("status") == "annotated")
    status = pl.when(is_done).then(did.otherwise(pl.lit("annotated"))).otherwise(pl.col("status"))
    return AnnotatedRecordings(recordings.with_columns(status=status).select(list(OUTCOME_SCHEMA)))
