"""Recordings -> annotations by a trained segmenter, one file each; `annotating_table` makes one table of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.config_files import merge_files, validate_config
from subsong.core.errors import SubsongError
from subsong.core.files import remove_partial_files
from subsong.core.overrides import Overrides
from subsong.core.raw_config import RawConfig
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.load import load_segmenter
from subsong.inference.segmenter import TrainedSegmenter
from subsong.recipes.annotating_jobs import Existing, JobSettings, Outcome, Task, run_tasks
from subsong.recipes.annotating_merge import sort_found
from subsong.recipes.annotation_files import name_files
from subsong.sources.audio import Channel, find_audio, read_audio_info

Progress = Callable[[int, int], None]
"""Told how many seconds of sound are done, and of how many."""

_PREFIX = "decoding."
OUTCOME_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "recording": pl.String,
    "status": pl.String,
    "num_annotations": pl.Int64,
    "num_kept": pl.Int64,
    "problem": pl.String,
    "warnings": pl.List(pl.String),
}
log = logging.getLogger(__name__)


class AnnotatingOptions(NamedTuple):
    """How recordings are annotated.

    Attributes
    ----------
    format
        Of files of single recordings, one that we write; a table is always ours.
    existing
        What becomes of files, or of recordings in a table, that are there: skip leaves them as they are; overwrite does
        them again; merge keeps what is there and adds what was found beside it.
    num_jobs
        Processes at a time; changes no annotation.
    channel
        The one that is annotated, from 0; ``"mean"``: the mean of all; None: all, each by itself.
    decoding
        Settings in place of the model's: ``["low_threshold=0.4"]`` or ``{"low_threshold": 0.4}``.
    device, trust
        As for `load_model`.
    """

    format: str = "csv"
    existing: Existing = "skip"
    num_jobs: int = 1
    channel: Channel = None
    decoding: Overrides = ()
    device: str = "auto"
    trust: bool = False


class AnnotatedRecordings(NamedTuple):
    """What was done.

    Attributes
    ----------
    recordings
        One row a recording: ``recording``, ``status`` (annotated, merged, kept, left out), ``num_annotations`` (null
        where nothing was written), ``num_kept`` (of these, were there before), ``problem``, ``warnings``.
    """

    recordings: pl.DataFrame


class Sound(NamedTuple):
    """Recordings, and the folder they are named relative to."""

    root: Path
    paths: dict[str, Path]


def annotate_to_files(
    model_path: str | Path,
    sources: Sequence[str | Path],
    out: str | Path | None = None,
    options: AnnotatingOptions | None = None,
    progress: Progress | None = None,
) -> AnnotatedRecordings:
    """Annotate recordings and write one file each.

    Parameters
    ----------
    model_path
        A segmenter's model folder, or its run.
    sources
        Recordings, and folders of recordings at any depth.
    out
        Folder of the files, laid out like the recordings; None: beside the recordings.
    options
        How.
    progress
        Told how far it is.

    Raises
    ------
    SubsongError
        When there are no recordings, two would share a file, or the model is no segmenter. A recording that cannot be
        read is left out, named in the log.
    """
    options = options or AnnotatingOptions()
    settings, sound = read_settings(Path(model_path), options), find_sound(sources)
    folder = sound.root if out is None else Path(out).expanduser()
    files = name_files(list(sound.paths), options.format)
    for parent in {(folder / file).parent for file in files.values()}:
        remove_partial_files(parent)
    merges = options.existing == "merge"
    tasks = [Task(sound.paths[name], name, folder / file, merges) for name, file in files.items()]
    kept = {task.name for task in tasks if options.existing == "skip" and task.out_path.exists()}
    return annotate_tasks(tasks, kept, settings, options.num_jobs, progress)


def annotate_in_memory(
    model: TrainedSegmenter, sources: Sequence[str | Path], decoding: Overrides = (), channel: Channel = None
) -> tuple[pl.DataFrame, list[SubsongError]]:
    """Return the annotations of recordings, and what was wrong with those that are left out.

    Raises
    ------
    SubsongError
        When no recording can be read.
    """
    chosen, tables, problems = choose_decoding(model.decoding, decoding), [], list[SubsongError]()
    for name, path in find_sound(sources).paths.items():
        try:
            tables.append(model.annotate(path, name, chosen, channel))
        except SubsongError as error:
            log.warning("left out: %s", error)
            problems.append(error)
    if not tables:
        raise problems[0]
    return sort_found(pl.concat(tables)), problems


def choose_decoding(own: DecodingOptions, overrides: Overrides) -> DecodingOptions:
    """Return a model's decoding with some settings in place of its own; a prefix ``decoding.`` may stand before them.

    A low threshold alone pulls the high one up with it, and a high one the low one down, so that they stay in order.
    """
    base = RawConfig.from_mapping(own.model_dump(), "the model's decoding")
    raw, given = merge_files((), _without_prefix(overrides), base), merge_files((), _without_prefix(overrides)).values
    pulled = {"low_threshold": "high_threshold", "high_threshold": "low_threshold"}
    low, high = (raw.values[name] for name in pulled)
    if isinstance(low, float) and isinstance(high, float) and low > high:
        raw = merge_files((), {pulled[name]: given[name] for name in pulled if name in given} | given, raw)
    return validate_config(DecodingOptions, raw)


def _without_prefix(overrides: Overrides) -> Overrides:
    if isinstance(overrides, Mapping):
        return {key.removeprefix(_PREFIX): value for key, value in overrides.items()}
    return [text.strip().removeprefix(_PREFIX) for text in overrides]


def read_settings(model_path: Path, options: AnnotatingOptions) -> JobSettings:
    """Check the settings before any sound is read."""
    model = load_segmenter(model_path, options.device, options.trust)
    if options.num_jobs < 1:
        raise SubsongError(f"{options.num_jobs} jobs annotate nothing: give 1 or more")
    decoding = choose_decoding(model.decoding, options.decoding)
    return JobSettings(model_path, options.device, options.trust, decoding, options.channel, options.format)


def find_sound(sources: Sequence[str | Path]) -> Sound:
    """Return the recordings at some paths, named relative to the folder that holds all of these.

    Raises
    ------
    SubsongError
        When a path does not exist, or a folder holds no recordings.
    """
    paths = [Path(source).expanduser().absolute() for source in sources]
    found = find_audio(paths)
    root = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in paths]))
    return Sound(root, {path.relative_to(root).as_posix(): path for path in found})


def annotate_tasks(
    tasks: Sequence[Task], kept: Collection[str], settings: JobSettings, num_jobs: int, progress: Progress | None
) -> AnnotatedRecordings:
    """Annotate recordings but those that are kept, and return what was done; see `run_tasks`."""
    todo = [task for task in tasks if task.name not in kept]
    outcomes = dict.fromkeys((task.name for task in tasks), Outcome("kept"))
    lengths_s = [_measure(task.recording_path) for task in todo] if progress is not None else []
    done_s, tell = 0.0, progress or (lambda *_: None)
    tell(0, round(sum(lengths_s)))
    for number, outcome in run_tasks(todo, settings, num_jobs):
        outcomes[todo[number].name] = outcome
        for text in outcome.warnings:
            log.warning("%s: %s", todo[number].name, text)
        if outcome.problem is not None:
            log.warning("left out: %s", outcome.problem)
        if progress is not None:
            done_s += lengths_s[number]
            tell(round(done_s), round(sum(lengths_s)))
    rows = [(name, *outcome[:-1], list(outcome.warnings)) for name, outcome in outcomes.items()]
    return AnnotatedRecordings(pl.DataFrame(rows, schema=OUTCOME_SCHEMA, orient="row"))


def _measure(path: Path) -> float:
    try:
        return read_audio_info(path).duration_s
    except SubsongError:
        return 0.0
