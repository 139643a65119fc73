"""Doing the steps of a plan: those that are as they should be are kept, one that fails stops what depends on it."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal, NamedTuple, Protocol

from subsong.core.errors import Interrupted, SubsongError
from subsong.projects.steps.cache import Begun, StepCache, StepRecord, list_inputs
from subsong.projects.steps.side_by_side import SideBySide
from subsong.projects.steps.step import Outputs, Step, Work

Status = Literal["done", "kept", "failed", "left out"]


class StepResult(NamedTuple):
    """What became of a step.

    Attributes
    ----------
    name
        Of the step.
    status
        done, kept (nothing it depends on has changed), failed, or left out (what it needs has failed).
    seconds
        How long it took; of steps done at the same time, how long was waited for it after the one before.
    reasons
        Why it was done, or not.
    """

    name: str
    status: Status
    seconds: float
    reasons: tuple[str, ...]


class Reporter(Protocol):
    """Is told how the work goes on."""

    def begin(self, step: Step) -> None:
        """A step is being done."""

    def tell(self, what: str, done: int, total: int) -> None:
        """So much is done of a part of it."""

    def end(self, step: Step, result: StepResult) -> None:
        """It ended."""


class Quiet:
    """Passes over everything."""

    def begin(self, step: Step) -> None:
        """Pass over a step that is being done."""

    def tell(self, what: str, done: int, total: int) -> None:
        """Pass over what is done."""

    def end(self, step: Step, result: StepResult) -> None:
        """Pass over a step that ended."""


class _Task(NamedTuple):
    """A step that has to be done: what it depends on, and why."""

    step: Step
    inputs: dict[str, Any]
    reasons: tuple[str, ...]


def do_steps(
    plan: Sequence[Step], cache: StepCache, reporter: Reporter, count_jobs: Callable[[], int] | None = None
) -> list[StepResult]:
    """Do the steps in order.

    Parameters
    ----------
    plan
        The steps, each behind those it needs.
    cache
        What was done before.
    reporter
        Told how it goes on.
    count_jobs
        Asked, where several steps of different birds are to be done, how many may be at a time; None: one.

    Raises
    ------
    Interrupted
        When asked to stop; what is done by then is kept.
    """
    made: dict[str, StepRecord] = {}
    results = []
    for _, group in itertools.groupby(plan, key=lambda step: step.kind if step.is_apart else step.name):
        results += _do_group(list(group), cache, made, reporter, count_jobs)
    return results


def explain_steps(plan: Sequence[Step], cache: StepCache) -> list[StepResult]:
    """Return what `do_steps` would do and why, as results without a duration; nothing is done.

    A step whose inputs another one makes anew may be kept after all, when these come out as they were.
    """
    made: dict[str, StepRecord] = {}
    results: dict[str, StepResult] = {}
    for step in plan:
        renewed = [need for need in step.needs if results[need].status == "done"]
        reasons = cache.explain(step.name, list_inputs(step, made)) if not renewed else [f"after {', '.join(renewed)}"]
        results[step.name] = StepResult(step.name, "done" if reasons else "kept", 0.0, tuple(reasons))
        record = cache.read_record(step.name)
        if not reasons and record is not None:
            made[step.name] = record
    return list(results.values())


def choose_steps(plan: Sequence[Step], wanted: Collection[str]) -> list[Step]:
    """Return the steps of some names or kinds, and all that these need."""
    chosen: set[str] = set()
    for step in reversed(plan):
        if step.name in wanted or step.kind in wanted or step.name in chosen:
            chosen |= {step.name, *step.needs}
    return [step for step in plan if step.name in chosen]


def _do_group(
    group: Sequence[Step],
    cache: StepCache,
    made: dict[str, StepRecord],
    reporter: Reporter,
    count_jobs: Callable[[], int] | None,
) -> list[StepResult]:
    """Do a step, or those of all birds: of these several at a time, if several have to be done."""
    opened = [_open(step, cache, made) for step in group]
    tasks = [one for one in opened if isinstance(one, _Task)]
    num_jobs = count_jobs() if count_jobs is not None and len(tasks) > 1 else 1
    with SideBySide() as beside, _open_pool(num_jobs) as pool:
        waiting = {task.step.name: _start(task, cache, made, beside, pool) for task in tasks if num_jobs > 1}
        results = []
        for step, one in zip(group, opened, strict=True):
            result = one if isinstance(one, StepResult) else _do(one, cache, made, reporter, waiting.get(step.name))
            reporter.end(step, result)
            results.append(result)
    return results


@contextlib.contextmanager
def _open_pool(num_jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Yield threads; where the block is left by an error or a stop, what has not begun is not begun."""
    pool = ThreadPoolExecutor(num_jobs)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _start(
    task: _Task, cache: StepCache, made: Mapping[str, StepRecord], beside: SideBySide, pool: ThreadPoolExecutor
) -> tuple[Begun, Future[Outputs]]:
    begun = cache.begin(task.step.name, task.inputs)
    work = Work(begun.folder, begun.last, frozenset(made), Quiet().tell, beside)
    return begun, pool.submit(task.step.make, work)


def _open(step: Step, cache: StepCache, made: dict[str, StepRecord]) -> StepResult | _Task:
    """Return what has to be done, or that nothing has, or can be."""
    missing = [need for need in step.needs if need not in made]
    if missing and not _goes_without(step, missing):
        return StepResult(step.name, "left out", 0.0, (f"it needs {', '.join(missing)}",))
    inputs, start = list_inputs(step, made), time.perf_counter()
    reasons = tuple(cache.explain(step.name, inputs))
    record = None if reasons else cache.read_record(step.name)
    if record is None:
        return _Task(step, inputs, reasons)
    made[step.name] = record
    return StepResult(step.name, "kept", time.perf_counter() - start, ())


def _do(
    task: _Task,
    cache: StepCache,
    made: dict[str, StepRecord],
    reporter: Reporter,
    started: tuple[Begun, Future[Outputs]] | None,
) -> StepResult:
    """Do a step, or wait for it where it was started."""
    step, start = task.step, time.perf_counter()
    reporter.begin(step)
    try:
        if started is not None:
            begun, outputs = started[0], started[1].result()
        else:
            begun = cache.begin(step.name, task.inputs)
            outputs = step.make(Work(begun.folder, begun.last, frozenset(made), reporter.tell))
        made[step.name] = cache.finish(step.name, begun, outputs, time.perf_counter() - start)
    except Interrupted as stop:
        message = f"stopped in the step {step.name}: what was done is kept, the same command goes on from there"
        raise Interrupted(message, stop.signal_number) from stop
    except SubsongError as error:
        return StepResult(step.name, "failed", time.perf_counter() - start, (str(error),))
    return StepResult(step.name, "done", time.perf_counter() - start, task.reasons)


def _goes_without(step: Step, missing: Collection[str]) -> bool:
    """Whether a step does without what is missing: steps of single birds, not all of those of a kind."""
    if not step.is_lenient or not all("/" in need for need in missing):
        return False
    kinds = {need.partition("/")[0] for need in missing}
    return all(any(need.startswith(f"{kind}/") and need not in missing for need in step.needs) for kind in kinds)
