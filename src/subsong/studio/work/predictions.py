"""Predictions of a project's recordings: a job finds annotations, and what it found becomes proposals.

The job leaves one file a recording; once it has ended, also when it was stopped, the files there are become
``proposals/<recording>.csv``. What ended while no studio ran is taken over by the next.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, read_json, write_json
from subsong.core.words import count_noun
from subsong.projects.recordings import Recording
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.jobs.store import Job
from subsong.studio.work.commands import Settings, build_predict_arguments

_RECORD, _RECORDINGS, _FOUND = "prediction.json", "recordings", "found"
_FORMAT = "csv"
_POLL_S = 1.0


class Prediction(NamedTuple):
    """One prediction.

    Attributes
    ----------
    id
        Of its folder.
    model
        The run or model folder.
    recordings
        Their names.
    job
        Which job makes it.
    num_taken, num_found
        Recordings that have its proposals, and annotations in them; None: not yet taken over.
    started_at
        Seconds since 1970.
    """

    id: str
    model: str
    recordings: list[str]
    job: str
    num_taken: int | None
    num_found: int | None
    started_at: float


class Predictions:
    """The predictions of a project.

    Parameters
    ----------
    context
        The project and its jobs.
    """

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._folder = context.project.studio_dir / "predictions"
        self._lock = threading.Lock()
        self._follower: threading.Thread | None = None
        if any(prediction.num_taken is None for prediction in self.list_all()):
            self._follow()

    def start(self, model: Path, recordings: Sequence[Recording], settings: Settings) -> Job:
        """Start to annotate recordings of the project."""
        from subsong.projects.steps.places import show_recordings

        path = self._make_folder()
        show_recordings(path / _RECORDINGS, recordings, self._context.project.recordings_dir)
        names = [recording.name for recording in recordings]
        try:
            title = f"Annotate {count_noun(len(names), 'recording')} with {model.name}"
            arguments = build_predict_arguments(model, [path / _RECORDINGS], path / _FOUND, settings)
            job = self._context.jobs.start("predict", title, arguments)
        except SubsongError:
            shutil.rmtree(path, ignore_errors=True)
            raise
        prediction = Prediction(path.name, str(model), names, job.id, None, None, time.time())
        write_json(path / _RECORD, prediction._asdict())
        self._follow()
        return job

    def describe_command(self, model: Path, settings: Settings) -> list[str]:
        """Return the arguments a prediction would be started with, with ``...`` for the folder it would get."""
        path = self._folder / "..."
        return build_predict_arguments(model, [path / _RECORDINGS], path / _FOUND, settings)

    def list_all(self) -> list[Prediction]:
        """Return all predictions, the latest first; one whose record is damaged is passed over."""
        found = []
        for path in self._folder.glob(f"*/{_RECORD}"):
            with contextlib.suppress(SubsongError, TypeError):
                found.append(Prediction(**read_json(path)))
        return sorted(found, key=lambda one: one.started_at, reverse=True)

    def take_over(self) -> int:
        """Make proposals of what ended predictions found, and return how many still run."""
        num_running = 0
        with self._lock:
            for prediction in self.list_all():
                if prediction.num_taken is None and not self._take(prediction):
                    num_running += 1
        return num_running

    def _make_folder(self) -> Path:
        path = self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        path.mkdir(parents=True)
        return path

    def _follow(self) -> None:
        """Take over in the background whatever ends."""
        with self._lock:
            if self._follower is None or not self._follower.is_alive():
                self._follower = threading.Thread(target=self._take_over_all, daemon=True)
                self._follower.start()

    def _take_over_all(self) -> None:
        while self.take_over():
            time.sleep(_POLL_S)

    def _take(self, prediction: Prediction) -> bool:
        """Return whether the job has ended; then its proposals are where they belong."""
        if self._runs(prediction):
            return False
        contents = self._write_proposals(prediction)
        # A line a file is its head.
        num_found = sum(content.count(b"\n") - 1 for content in contents)
        taken = prediction._replace(num_taken=len(contents), num_found=num_found)
        write_json(self._folder / prediction.id / _RECORD, taken._asdict())
        return True

    def _runs(self, prediction: Prediction) -> bool:
        try:
            return self._context.jobs.read(prediction.job).state == "running"
        except NotFoundError:
            return False

    def _write_proposals(self, prediction: Prediction) -> list[bytes]:
        """Write the proposals of the recordings the job came to, and return the files' bytes."""
        from subsong.recipes.annotation_files import name_files

        found, proposals = self._folder / prediction.id / _FOUND, self._context.project.proposals_dir
        contents = []
        for name, file in name_files(prediction.recordings, _FORMAT).items():
            if (found / file).is_file():
                contents.append((found / file).read_bytes())
                with atomic_file(proposals / f"{name}.csv") as target:
                    target.write(contents[-1])
        return contents


def describe_prediction(prediction: Prediction, job: Job | None) -> dict[str, Any]:
    """Return what the page shows of a prediction; `job` is None where it was removed in time."""
    return {**prediction._asdict(), "recordings": len(prediction.recordings), "job": job}
