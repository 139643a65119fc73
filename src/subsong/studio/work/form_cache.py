"""Forms as they were made before: kept on the disk, so that a page shows one at once and not when torch has come.

What a form shows follows from the program alone, as long as it begins with nothing of the project's. The folder of
forms is named by the program's files, so that another version makes its own.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import subsong
from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json
from subsong.studio.calm import Calm
from subsong.studio.work.bench import Bench
from subsong.studio.work.forms import PREPARED, describe_form

_FOLDER = "forms"
# Torch alone takes seconds of a processor, which would be felt while somebody moves a map.
_QUIET_S = 4.0
_NICE = 19


class FormCache:
    """The forms of a studio.

    Parameters
    ----------
    studio_dir
        Where the studio keeps its things; it need not exist, or be writable.
    bench
        Makes a form that is not there yet.
    """

    def __init__(self, studio_dir: Path, bench: Bench) -> None:
        self._folder, self._bench = studio_dir / _FOLDER, bench

    def describe(self, what: str, start: str | None = None) -> Any:
        """Return a form; see `subsong.studio.work.forms.describe_form`.

        Raises
        ------
        SubsongError
            When there is no such form.
        """
        if start is not None:
            return self._bench.call(describe_form, what, start)
        # A form of this name is made before it is looked for by it, so that no request names a file of its own.
        path = self._folder / hash_program() / f"{re.sub(r'[^a-z0-9-]', '_', what)}.json"
        with contextlib.suppress(SubsongError, KeyError, TypeError):  # not yet made, or damaged
            kept = read_json(path)
            if kept["what"] == what:
                return kept
        made = self._bench.call(describe_form, what, None)
        with contextlib.suppress(SubsongError):  # a project that cannot be written to, a full disk: it is made again
            write_json(path, made)
        return made

    def prepare(self, calm: Calm) -> None:
        """Make all forms that are not there yet, one whenever nobody has asked for anything a while.

        Those of other versions are removed.
        """
        from subsong.recipes.catalogue import list_presets

        for other in self._folder.glob("*"):
            if other.name != hash_program():
                shutil.rmtree(other, ignore_errors=True)
        for what in (*list_presets(), *(f"prepare-{kind}" for kind in PREPARED), "predict"):
            if not calm.wait_for_quiet(_QUIET_S):
                return
            with contextlib.suppress(SubsongError):
                self.describe(what)


def prepare_forms(studio_dir: Path, calm: Calm) -> threading.Thread:
    """Make forms in the background, in a process that lets others go first.

    Parameters
    ----------
    studio_dir
        See `FormCache`.
    calm
        Knows when nobody waits for anything.

    Returns
    -------
    The thread that does it, which ends with the program.
    """

    def prepare() -> None:
        bench = _QuietBench()
        FormCache(studio_dir, bench).prepare(calm)
        bench.close()

    thread = threading.Thread(target=prepare, daemon=True)
    thread.start()
    return thread


class _QuietBench(Bench):
    """A bench that is started only when it is needed, and then lets others go first."""

    def __init__(self) -> None:
        super().__init__()
        self._is_quiet = False

    def call(self, function: Any, *arguments: Any) -> Any:
        if not self._is_quiet:
            super().call(give_way)
        self._is_quiet = True
        return super().call(function, *arguments)


def give_way() -> None:
    """Let this process have only the time that no other wants, as far as the system knows of such a thing."""
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(_NICE)


@functools.cache
def hash_program() -> str:
    """Return a name for the program as it is installed: another one when any of its files changes."""
    root = Path(subsong.__file__).parent
    files = sorted(path for suffix in ("py", "yaml") for path in root.rglob(f"*.{suffix}"))
    stamps = ((str(path.relative_to(root)), path.stat()) for path in files)
    known = repr([(name, stamp.st_size, stamp.st_mtime_ns) for name, stamp in stamps])
    return hashlib.sha256(known.encode()).hexdigest()[:16]
