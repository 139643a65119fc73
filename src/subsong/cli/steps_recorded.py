"""The steps of a project as they are done, in a file that the studio reads: what is ahead, how far the present one is.

The lines of `steps_shown` are for people; this is the same for a page.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from subsong.core.errors import SubsongError
from subsong.core.files import write_json
from subsong.studio.project.pipeline import ShownStep, read_steps

if TYPE_CHECKING:
    from subsong.projects.steps.doing import Reporter, StepResult
    from subsong.projects.steps.step import Step

_REST_S = 0.5


class StepRecorder:
    """Writes how far the steps are, and passes on what it is told.

    Parameters
    ----------
    path
        The file; see `subsong.studio.project.pipeline.read_steps`. Where it cannot be written, the work goes on.
    others
        Is told the same.
    """

    def __init__(self, path: Path, others: Reporter) -> None:
        self._path, self._others = path, others
        self._steps: dict[str, ShownStep] = {}
        self._present: str | None = None
        self._began_s: dict[str, tuple[float, int]] = {}
        self._written_s = float("-inf")

    def expect(self, results: Iterable[StepResult]) -> None:
        """Name the steps there will be, as `explain_project` foresees them; nothing is written before one begins."""
        titles = {one.name: one.title for one in read_steps(self._path.parent)}
        self._steps = {one.name: ShownStep(one.name, titles.get(one.name, "")) for one in results}

    def begin(self, step: Step) -> None:
        """Note the step that is done now."""
        self._others.begin(step)
        self._present = step.name
        self._began_s.clear()
        known = self._steps.get(step.name, ShownStep(step.name))
        self._steps[step.name] = known._replace(title=step.title, state="running", started_at=time.time())
        self._write()

    def tell(self, what: str, done: int, total: int) -> None:
        """Note how far a part of it is, and how long the rest of that will take."""
        self._others.tell(what, done, total)
        now = time.monotonic()
        start_s, first = self._began_s.setdefault(what, (now, done))
        if self._present is None or (now - self._written_s < _REST_S and done < total):
            return
        left_s = (now - start_s) / (done - first) * (total - done) if first < done else None
        present = self._steps[self._present]
        self._steps[self._present] = present._replace(what=what, num_done=done, num_total=total, left_s=left_s)
        self._write()

    def end(self, step: Step, result: StepResult) -> None:
        """Note what became of the step."""
        self._others.end(step, result)
        self._present = None
        known = self._steps.get(step.name, ShownStep(step.name))
        self._steps[step.name] = ShownStep(
            step.name, step.title, result.status, known.started_at, result.seconds, result.reasons
        )
        # Steps that are kept follow each other in a blink.
        if result.status != "kept" or time.monotonic() - self._written_s > _REST_S:
            self._write()

    def close(self) -> None:
        """Leave nothing as running; what was stopped is told as such."""
        if self._present is not None:
            self._steps[self._present] = self._steps[self._present]._replace(state="stopped", left_s=None)
        if self._written_s > float("-inf"):
            self._write()

    def _write(self) -> None:
        self._written_s = time.monotonic()
        with contextlib.suppress(SubsongError):
            write_json(self._path, {"steps": [one._asdict() for one in self._steps.values()]})
