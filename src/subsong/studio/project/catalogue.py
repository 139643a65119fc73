"""All recordings with what is known of each; what is not known yet is found out in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.projects.recordings import Recording
from subsong.studio.context import StudioContext
from subsong.studio.project.facts import AudioFacts, FileStamp, find_stamp, load_facts, read_facts, write_facts
from subsong.studio.project.progress import NO_PROGRESS, LabelCount, Progress, State, count_document, scan_folder

_FACTS_NAME = "recordings.json"
_PATIENCE_S = 0.4
# A list of so many recordings takes a moment, and is shown for some moments more.
_MANY, _SHOWN_S = 2000, 2.0

# The annotation, journal and proposal files of a recording, as they were.
Stamps = tuple[FileStamp | None, ...]


class Entry(NamedTuple):
    """One recording in the list: see `AudioFacts` and `Progress`; `changed_at` is in seconds since 1970."""

    name: str
    bird: str
    session: str
    duration_s: float | None
    sample_rate_hz: int | None
    num_channels: int | None
    state: State
    num_accepted: int
    num_proposed: int
    least_score: float | None
    changed_at: float | None
    problem: str | None
    labels: Mapping[str, LabelCount]


class Listing(NamedTuple):
    """The recordings by name, and of how many something is still being found out."""

    entries: list[Entry]
    num_pending: int


class Catalogue:
    """The recordings of a project with what is known of each.

    Parameters
    ----------
    context
        The project and its annotations.
    patience_s
        How long a listing waits for what is being found out.
    """

    def __init__(self, context: StudioContext, patience_s: float = _PATIENCE_S) -> None:
        self._context, self._patience_s = context, patience_s
        self._facts_path = context.project.studio_dir / _FACTS_NAME
        self._facts: dict[str, AudioFacts] | None = None
        self._progress: dict[str, tuple[Stamps, Progress]] = {}
        self._seen: dict[str, Recording] = {}
        self._lock = threading.Lock()
        self._finder: threading.Thread | None = None
        self._last: tuple[float, Listing | None] = (0.0, None)

    def list_entries(self) -> Listing:
        """Return all recordings, and those that are missing though something was said of them.

        Raises
        ------
        SubsongError
            When the project has no recordings at all.
        """
        shown_until, listing = self._last
        if listing is None or time.monotonic() > shown_until:
            listing = self._list_now()
            if len(listing.entries) > _MANY:
                self._last = time.monotonic() + _SHOWN_S, listing
        return listing

    def _list_now(self) -> Listing:
        recordings = self._context.recordings()
        with self._lock:
            self._seen |= recordings
            if self._facts is None:
                self._facts = load_facts(self._facts_path)
        stamps = self._stamp_documents()
        audio = {name: find_stamp(one.path) for name, one in recordings.items()}
        pending = self._find_pending(recordings, audio, stamps)
        if pending:
            self._find_out(pending, stamps)
            pending = self._find_pending(recordings, audio, stamps)
        entries = [
            self._describe(recordings.get(name) or self._recall(name), audio.get(name), stamps.get(name, ()))
            for name in sorted({*recordings, *self._list_missing(recordings, stamps)})
        ]
        return Listing(entries, len(pending))

    def _stamp_documents(self) -> dict[str, Stamps]:
        project = self._context.project
        folders = [(project.annotations_dir, ".csv"), (project.journal_dir, ".jsonl"), (project.proposals_dir, ".csv")]
        parts = [scan_folder(folder, suffix) for folder, suffix in folders]
        return {name: tuple(part.get(name) for part in parts) for name in set().union(*parts)}

    def _list_missing(self, recordings: Mapping[str, Recording], stamps: Mapping[str, Stamps]) -> list[str]:
        """Return names of recordings that were here, or were annotated, and are not here any more."""
        annotated = [name for name, (annotations, journal, _) in stamps.items() if annotations or journal]
        gone = {*self._seen, *annotated} - {*recordings}
        return [name for name in gone if not self._recall(name).path.is_file()]

    def _recall(self, name: str) -> Recording:
        bird = PurePosixPath(name).parts[0] if "/" in name else ""
        return self._seen.get(name) or Recording(name, self._context.project.recordings_dir / name, bird)

    def _find_pending(
        self, recordings: Mapping[str, Recording], audio: Mapping[str, FileStamp | None], stamps: Mapping[str, Stamps]
    ) -> list[Recording]:
        return [
            one
            for name, one in recordings.items()
            if audio[name] and not (self._knows_audio(name, audio[name]) and self._knows(name, stamps.get(name, ())))
        ]

    def _knows_audio(self, name: str, stamp: FileStamp | None) -> bool:
        assert self._facts is not None
        return name in self._facts and self._facts[name].stamp == stamp

    def _knows(self, name: str, stamps: Stamps) -> bool:
        return name in self._progress and self._progress[name][0] == stamps

    def _find_out(self, pending: list[Recording], stamps: Mapping[str, Stamps]) -> None:
        """Start to find out about recordings, and wait a moment for it."""
        with self._lock:
            if self._finder is None or not self._finder.is_alive():
                self._finder = threading.Thread(target=self._find_all, args=(pending, stamps), daemon=True)
                self._finder.start()
            finder = self._finder
        finder.join(self._patience_s)

    def _find_all(self, pending: list[Recording], stamps: Mapping[str, Stamps]) -> None:
        """Find out about recordings, lengths first, as they are known soonest."""
        assert self._facts is not None
        num_new = 0
        for one in pending:
            stamp = find_stamp(one.path)
            if stamp is not None and not self._knows_audio(one.name, stamp):
                self._facts[one.name] = read_facts(one.path, stamp)
                num_new += 1
        if num_new:
            write_facts(self._facts_path, dict(self._facts))
        for one in pending:
            own = stamps.get(one.name, ())
            if not self._knows(one.name, own):
                self._progress[one.name] = own, self._count(one.name)

    def _count(self, name: str) -> Progress:
        try:
            return count_document(self._context.documents.load(name))
        except (SubsongError, OSError) as error:
            return NO_PROGRESS._replace(problem=str(error))

    def _describe(self, recording: Recording, audio: FileStamp | None, stamps: Stamps) -> Entry:
        assert self._facts is not None
        name, path = recording.name, recording.path
        facts = self._facts.get(name) or AudioFacts(FileStamp(0, 0), None, None, None, None)
        _, progress = self._progress.get(name, ((), NO_PROGRESS))
        state, problem = progress.state, progress.problem
        if audio is None:
            state, problem = "missing", f"the file is gone: expected it at {path}; its annotations are kept"
        elif facts.problem:
            state, problem = "unreadable", facts.problem
        changed = [stamp.changed_ns for stamp in stamps[:2] if stamp is not None]
        return Entry(
            name,
            recording.bird,
            find_session(name),
            facts.duration_s,
            facts.sample_rate_hz,
            facts.num_channels,
            state,
            progress.num_accepted,
            progress.num_proposed,
            progress.least_score,
            max(changed) / 1e9 if changed else None,
            problem,
            progress.labels,
        )


def find_session(name: str) -> str:
    """Return the folder a recording lies in, below that of its bird: what laboratories call a session; "" for none.

    Examples
    --------
    >>> find_session("bird1/day01/a.wav"), find_session("a.wav")
    ('day01', '')
    """
    return "/".join(PurePosixPath(name).parts[1:-1])
