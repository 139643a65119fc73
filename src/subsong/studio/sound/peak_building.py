"""Files of peaks, built in the background for the recordings that are looked at from afar.

One thread builds one file after the other, the one asked for last first, in blocks of a few milliseconds, and rests
while requests are answered. Files are named after the recording as it was, and those of what it was before are
deleted; the folder holds a bounded number of bytes, of which the longest unused go first. One studio builds at a time.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import weakref
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.datasets.folder_lock import FolderInUseError, lock_folder
from subsong.studio.calm import Calm, lower_priority
from subsong.studio.sound.decoded import NotYetError
from subsong.studio.sound.kept_files import delete_oldest
from subsong.studio.sound.peak_columns import compute_peaks
from subsong.studio.sound.peak_file import PeakFile, PeaksGoneError
from subsong.studio.sound.peaks import plan_peaks
from subsong.studio.sound.sounds import Sound

_MOST_BYTES = 4 << 30
_MOST_KNOWN = 64
_SUFFIX = ".peaks"
_LONGEST_BLOCK_S = 2.0
_LEAST_WAIT_S, _MOST_WAIT_S = 1.0, 6.0
_logger = logging.getLogger(__name__)

Key = tuple[Path, str, int]


class Job(NamedTuple):
    """A file that is to be built."""

    key: Key
    sound: Sound
    channel: int
    file: PeakFile


class PeakBuilder:
    """Finds the peaks of recordings, and has them built where they are missing.

    Parameters
    ----------
    folder
        Where they are kept; made when missing.
    calm
        Knows when to rest.
    most_bytes
        The bound of the folder.
    """

    def __init__(self, folder: Path, calm: Calm, most_bytes: int = _MOST_BYTES) -> None:
        self._folder = folder
        self._known: OrderedDict[Key, PeakFile] = OrderedDict()
        self._lock = threading.Lock()
        self._workshop = _Workshop(folder, calm, most_bytes)
        # The end of this object, or of the process.
        weakref.finalize(self, self._workshop.stop)

    def find(self, sound: Sound, channel: int) -> PeakFile:
        """Return the peaks of a channel; what is missing of them is built from now on."""
        key = sound.info.path, sound.version, channel
        with self._lock:
            file = self._known.pop(key, None) or PeakFile(self._find_path(sound, channel), plan_peaks(sound.info))
            self._known[key] = file
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        if not file.is_whole:
            self._workshop.order(Job(key, sound, channel, file))
        return file

    def tell_wait_s(self, sound: Sound, channel: int, file: PeakFile) -> float | None:
        """Return after how long it is worth asking again; None: the file will not become whole."""
        return self._workshop.tell_wait_s((sound.info.path, sound.version, channel), file)

    def _find_path(self, sound: Sound, channel: int) -> Path:
        return self._folder / f"{_name_recording(sound)}-{channel}-{sound.version}{_SUFFIX}"


class _Workshop:
    """The thread that builds; it lives only while there is something to build."""

    def __init__(self, folder: Path, calm: Calm, most_bytes: int) -> None:
        self._folder, self._calm, self._most_bytes = folder, calm, most_bytes
        self._orders: OrderedDict[Key, Job] = OrderedDict()
        self._hopeless: set[Key] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._current: Key | None = None
        self._began_s, self._began_at = 0.0, 0

    def order(self, job: Job) -> None:
        """Have a file built, before those that were ordered earlier and are not begun."""
        with self._lock:
            if job.key in self._hopeless or job.key == self._current:
                return
            self._orders[job.key] = job
            self._orders.move_to_end(job.key)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="build peaks", daemon=True)
                self._thread.start()

    def tell_wait_s(self, key: Key, file: PeakFile) -> float | None:
        if key in self._hopeless:
            return None
        num_done = file.num_ready - self._began_at if key == self._current else 0
        if num_done <= 0:
            return _LEAST_WAIT_S
        rest_s = (time.monotonic() - self._began_s) * (file.plan.num_columns - file.num_ready) / num_done
        return min(max(rest_s, _LEAST_WAIT_S), _MOST_WAIT_S)

    def stop(self) -> None:
        """Stop building; what is built so far is taken up the next time."""
        self._calm.stop()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LONGEST_BLOCK_S)

    def _run(self) -> None:
        lower_priority()
        while (job := self._take()) is not None:
            try:
                with lock_folder(self._folder):
                    self._build(job)
            except (NotYetError, FolderInUseError, PeaksGoneError):
                continue  # whoever needs it asks again
            except (ValueError, OSError) as error:  # a SubsongError is a ValueError
                self._hopeless.add(job.key)
                _logger.warning("the zoomed-out picture of %s stays coarse: %s", job.sound.info.path.name, error)

    def _take(self) -> Job | None:
        goes_on = self._calm.wait()
        with self._lock:
            self._current = None
            if not self._orders or not goes_on:
                self._thread = None
                return None
            self._current, job = self._orders.popitem()
            return job

    def _build(self, job: Job) -> None:
        job.file.look()
        if not job.file.is_whole:
            self._make_room(job)
            self._go_on(job)

    def _go_on(self, job: Job) -> None:
        """Add to what was built before until the file is whole, or the server ends."""
        file = job.file
        file.take_up()
        self._began_s, self._began_at = time.monotonic(), file.num_ready
        read = job.sound.take_channel(job.channel)
        while not file.is_whole:
            if not self._calm.wait():
                return
            file.add(compute_peaks(read, job.sound.info, file.plan, file.read, file.num_ready))
        file.finish()

    def _make_room(self, job: Job) -> None:
        """Delete what is stale of the recording, and as much of others as is needed."""
        for path in self._folder.glob(f"*{_name_recording(job.sound)}-*"):
            if f"-{job.sound.version}{_SUFFIX}" not in path.name:
                path.unlink(missing_ok=True)
        num_bytes = job.file.plan.num_bytes
        if num_bytes > self._most_bytes:
            raise SubsongError(f"{job.sound.info.path.name} would take {num_bytes / 2**30:.1f} GiB: it is too long")
        delete_oldest(self._folder, f"*{_SUFFIX}*", self._most_bytes - num_bytes)


def _name_recording(sound: Sound) -> str:
    return hashlib.sha256(str(sound.info.path).encode("utf-8", "surrogateescape")).hexdigest()[:16]
