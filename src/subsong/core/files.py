"""Files that appear whole or not at all.

A file is written under a temporary name in its own folder, flushed to the disk and then renamed; a folder likewise.
Whatever kills the process in between, the file that was there before is still there, and a half-written one is
never mistaken for a whole one.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from subsong.core.errors import SubsongError

PARTIAL_SUFFIX = ".partial"
# The last are NumPy's, which tells no error number.
_FULL_WORDS = ("No space left on device", "Disk quota exceeded", "File too large", " requested and ")
_OLD_SUFFIX = ".old" + PARTIAL_SUFFIX
_SET_ASIDE = re.compile(rf"\.(?P<name>.+)\.\d+{re.escape(_OLD_SUFFIX)}")
# Linux's renameat2: relative to the working folder, exchange both names.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's errors at writing `path` into one sentence.

    Raises
    ------
    SubsongError
        When the disk is full, the quota is used up, or the folder cannot be written to.
    """
    try:
        yield
    except Exception as error:
        # Writers of tables tell of a full disk in words of their own, in errors of several classes.
        number = getattr(error, "errno", None)
        said = any(word in str(error) for word in _FULL_WORDS)
        if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or (number is None and said):
            raise SubsongError(
                f"the disk is full while writing {path}: free some space and start again (a run: with "
                "--resume); what was saved before is untouched"
            ) from error
        if number in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise SubsongError(f"no permission to write {path}: choose another folder") from error
        if number in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
            raise SubsongError(f"cannot write {path}: a file and a folder share a name; choose another") from error
        if number == errno.ENAMETOOLONG:
            raise SubsongError(f"cannot write {path}: the name is too long; choose a shorter one") from error
        raise


@contextlib.contextmanager
def atomic_file(path: str | Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file for writing that takes its name only when it is whole.

    Parameters
    ----------
    path
        Final name. Its folder is made when missing.
    mode
        ``"wb"`` or ``"w"`` (UTF-8).

    Raises
    ------
    SubsongError
        When the disk is full or the folder is not writable; the previous file is untouched.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(partial, mode, encoding=None if "b" in mode else "utf-8") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the name `path` when the block ends without an error.

    A folder that was there under that name is replaced, and only then.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    with disk_errors(path):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
            replace_folder(partial, path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def replace_folder(new: Path, path: Path) -> None:
    """Move the folder `new` to `path`; what stood there goes away only once the new one has taken its place.

    Where the system can exchange two names in one step (Linux, local file systems) there is no moment without a
    folder at `path`. Elsewhere a kill in between leaves the old one under a temporary name, and
    `remove_partial_files` puts it back.
    """
    if not path.exists():
        os.rename(new, path)
    elif _exchange(new, path):
        _remove(new)
    else:
        old = path.with_name(f".{path.name}.{os.getpid()}{_OLD_SUFFIX}")
        os.rename(path, old)
        try:
            os.rename(new, path)
        except OSError:
            os.rename(old, path)
            raise
        _remove(old)


def remove_folder(path: Path) -> None:
    """Remove a folder whose name is gone at once: what is left after a kill is never mistaken for the folder.

    Raises
    ------
    SubsongError
        When the disk does not let it go.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    with disk_errors(path):
        os.rename(path, aside)
    _remove(aside)


def _exchange(first: Path, second: Path) -> bool:
    """Swap the names of two files or folders in one step; False where the system or file system cannot."""
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    if renameat2 is None:
        return False
    return int(renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)) == 0


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def remove_partial_files(folder: Path) -> None:
    """Remove what a killed process left half-written in `folder` (not in its sub-folders).

    A folder that was set aside for a new one which never came is put back.
    """
    for leftover in folder.glob(f".*{PARTIAL_SUFFIX}"):
        _clear(leftover)


def remove_abandoned_files(path: Path) -> None:
    """Remove what killed processes left half-written of the file or folder `path`; what a living one writes stays."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.(?P<process>\d+)(\.old)?{re.escape(PARTIAL_SUFFIX)}")
    for leftover in path.parent.glob(f".*{PARTIAL_SUFFIX}"):
        found = pattern.fullmatch(leftover.name)
        if found and not _is_alive(int(found["process"])):
            _clear(leftover)


def _clear(leftover: Path) -> None:
    """Remove something half-written, or put back what was set aside for it."""
    aside = _SET_ASIDE.fullmatch(leftover.name)
    if aside and not leftover.with_name(aside["name"]).exists():
        os.rename(leftover, leftover.with_name(aside["name"]))
    else:
        _remove(leftover)


def _is_alive(process: int) -> bool:
    """Tell whether a process of this number runs on this machine; True where nobody can tell."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    with atomic_file(path, "w") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    SubsongError
        When the file is missing or is not JSON; names the file and the line.
    """
    path = Path(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SubsongError(f"{path} is missing") from error
    except IsADirectoryError as error:
        raise SubsongError(f"{path} is a folder: expected a JSON file") from error
    except PermissionError as error:
        raise SubsongError(f"no permission to read {path}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        line = f" line {error.lineno}:" if isinstance(error, json.JSONDecodeError) else ""
        raise SubsongError(f"{path}:{line} not valid JSON; the file is damaged or of another kind") from error


def hash_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal, read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
