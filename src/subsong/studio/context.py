"""What every part of the studio works on: one project, its annotations, its jobs, and who sits before it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json
from subsong.projects.recordings import Recording, list_recordings
from subsong.studio.calm import Calm
from subsong.studio.errors import NotFoundError

if TYPE_CHECKING:
    from subsong.projects.documents.store import DocumentStore
    from subsong.projects.project import Project
    from subsong.studio.jobs.store import JobStore

# Recordings that were copied in while the studio runs appear after so long.
_FRESH_S = 5.0
# Where looking takes long, as on a disk of the network, it is done less often: this many times as long apart.
_FRESH_TIMES = 20
_AUTHOR_NAME = "author.json"


@dataclass
class StudioContext:
    """What every part of the studio works on.

    Parameters
    ----------
    project
        The project that is open.
    documents
        The annotations of its recordings.
    jobs
        Processes of their own: training, predicting, the pipeline.
    author
        Who corrects, until the page is told another name.
    token
        What a browser must show; None: nobody but this machine gets here.
    read_only
        Whether every change is refused.
    calm
        Knows whether somebody waits for an answer, for work behind the scenes.
    """

    project: Project
    documents: DocumentStore
    jobs: JobStore
    author: str
    token: str | None = None
    read_only: bool = False
    calm: Calm = field(default_factory=Calm, repr=False)
    _listed: dict[str, Recording] = field(default_factory=dict, init=False, repr=False)
    _fresh_until: float = field(default=float("-inf"), init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def recordings(self) -> dict[str, Recording]:
        """Return the recordings by name, as the folder was a few seconds ago at most; not to be changed.

        Raises
        ------
        SubsongError
            When there are none, or the project file does not fit them.
        """
        with self._lock:
            began = time.monotonic()
            if began > self._fresh_until:
                self._listed = {one.name: one for one in list_recordings(self.project)}
                took = time.monotonic() - began
                self._fresh_until = began + max(_FRESH_S, _FRESH_TIMES * took)
            return self._listed

    def set_author(self, name: str) -> None:
        """Name who corrects from now on, also when the studio starts anew."""
        write_json(self.project.studio_dir / _AUTHOR_NAME, {"author": name})
        self.author = name

    def find_recording(self, name: str) -> Recording:
        """Return a recording whose file is there at this moment.

        Raises
        ------
        NotFoundError
            When the project has no such recording, or its file was removed meanwhile.
        """
        found = self.recordings().get(name)
        if found is None:
            raise NotFoundError(
                f"the project has no recording {name!r}: it was removed or renamed, or never there; "
                "what was annotated in it is kept"
            )
        if not found.path.is_file():
            raise NotFoundError(
                f"the file of {name} is gone: expected it at {found.path}; put it back, its annotations are kept"
            )
        return found


def read_author(project: Project) -> str:
    """Return who corrects: the last name the studio was told, else the one of the project."""
    try:
        stored = read_json(project.studio_dir / _AUTHOR_NAME)
    except SubsongError:
        return project.author
    return str(stored["author"]) if isinstance(stored, dict) and stored.get("author") else project.author
