"""Recordings annotated one after the other or by several processes, each result written as soon as it is there."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl
import torch

from subsong.core.errors import SubsongError
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.load import load_segmenter
from subsong.inference.segmenter import TrainedSegmenter
from subsong.recipes.annotating_merge import merge_found, sort_found
from subsong.sources.annotations.read import read_annotations, write_annotations
from subsong.sources.audio import Channel, read_audio_info

Existing = Literal["skip", "overwrite", "merge"]
Status = Literal["annotated", "merged", "kept", "left out"]


class JobSettings(NamedTuple):
    """What is the same for all recordings.

    Attributes
    ----------
    model_path, device, trust
        As for `load_model`.
    decoding
        How probabilities become annotations.
    channel
        The one that is annotated, or the mean of all; None: all, each by itself.
    format
        Of the files that are written.
    """

    model_path: Path
    device: str
    trust: bool
    decoding: DecodingOptions
    channel: Channel
    format: str


class Task(NamedTuple):
    """A recording, what annotations call it, the file they go to, and whether that file's own stay in it."""

    recording_path: Path
    name: str
    out_path: Path
    merges: bool = False


class Outcome(NamedTuple):
    """What became of a recording.

    Attributes
    ----------
    status
        annotated, merged (found ones beside those that were there), kept (not touched) or left out.
    num_annotations
        In the file now; None where it was not touched.
    num_kept
        Of these, were there before.
    problem
        Why it was left out.
    warnings
        What is unusual about it for the model.
    """

    status: Status
    num_annotations: int | None = None
    num_kept: int = 0
    problem: str | None = None
    warnings: tuple[str, ...] = ()


def annotate_one(model: TrainedSegmenter, task: Task, settings: JobSettings) -> Outcome:
    """Annotate a recording and write its file; one that cannot be read or written is left out, saying why."""
    try:
        found = sort_found(model.annotate(task.recording_path, task.name, settings.decoding, settings.channel))
        warnings = tuple(model.check(task.recording_path, task.name)["warning"].to_list())
        if settings.format != "csv":
            # Ours alone has a place for these; what was there before keeps what it has.
            found = found.with_columns(score=pl.lit(None, pl.Float64), annotator=pl.lit(None, pl.String))
        existing = _read_existing(task, settings) if task.merges and task.out_path.exists() else found.clear()
        table = merge_found(existing, found, settings.decoding.event_spacing_s)
        rate = read_audio_info(task.recording_path).sample_rate_hz
        write_annotations(task.out_path, table, settings.format, rate)
    except SubsongError as error:
        text = str(error)
        return Outcome("left out", problem=text if task.name in text else f"{task.name}: {text}")
    return Outcome("merged" if task.merges else "annotated", table.height, existing.height, warnings=warnings)


def _read_existing(task: Task, settings: JobSettings) -> pl.DataFrame:
    rate = read_audio_info(task.recording_path).sample_rate_hz
    table = read_annotations(task.out_path, settings.format, rate)
    return table.with_columns(recording=pl.lit(task.name))


def run_tasks(tasks: Sequence[Task], settings: JobSettings, num_jobs: int) -> Iterator[tuple[int, Outcome]]:
    """Yield the number of each task with what became of it, as they are done; any number of jobs writes the same.

    Raises
    ------
    SubsongError
        When the model is no segmenter, or a process dies.
    """
    num_jobs = min(num_jobs, len(tasks))
    if num_jobs > 1:
        yield from _run_in_processes(tasks, settings, num_jobs)
    elif tasks:
        model = load_segmenter(settings.model_path, settings.device, settings.trust)
        for number, task in enumerate(tasks):
            yield number, annotate_one(model, task, settings)


def _run_in_processes(tasks: Sequence[Task], settings: JobSettings, num_jobs: int) -> Iterator[tuple[int, Outcome]]:
    num_threads = max(1, (os.cpu_count() or 1) // num_jobs)
    # Not forked: a process that has started threads of its own must not be copied.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(num_jobs, context, _start_worker, (settings, num_threads))
    with _ended_at_once(executor):
        waiting: dict[Future[Outcome], int] = {
            executor.submit(_annotate_in_worker, task): number for number, task in enumerate(tasks)
        }
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield waiting.pop(future), _get(future)


def _get(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise SubsongError(
            "a process that annotates recordings died, perhaps for lack of memory: what was done is kept; go on with "
            "the same command and fewer --jobs"
        ) from error


@contextmanager
def _ended_at_once(executor: ProcessPoolExecutor) -> Iterator[None]:
    """End the processes with the block: when it is left by an error or a stop, in the middle of their work."""
    before = set(multiprocessing.active_children())
    try:
        yield
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    executor.shutdown()


_annotate: Callable[[Task], Outcome] | None = None


def _start_worker(settings: JobSettings, num_threads: int) -> None:
    """Load the model once for all recordings of a process."""
    global _annotate  # a pool gives its processes no other place for what they hold
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process stops the others
    torch.set_num_threads(num_threads)
    model = load_segmenter(settings.model_path, settings.device, settings.trust)
    _annotate = lambda task: annotate_one(model, task, settings)  # noqa: E731


def _annotate_in_worker(task: Task) -> Outcome:
    assert _annotate is not None
    return _annotate(task)
