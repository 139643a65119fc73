"""Files that appear whole or not at all.

A file is written under a temporary name in its own folder, flushed to the disk and then renamed; a folder likewise.
Whatever kills the process in between, the file that was there before is still there, and a half-written one is
never mistaken for a whole one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from subsong.core.errors import SubsongError

PARTIAL_SUFFIX = ".partial"


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
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise SubsongError(
                f"the disk is full while writing {path}: free some space and start again with --resume; "
                "what was saved before is untouched"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise SubsongError(f"no permission to write {path}: choose another folder") from error
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
    """Move the folder `new` to `path`; what stood there goes away only once the new one can take its place."""
    old = path.with_name(f".{path.name}.{os.getpid()}.old{PARTIAL_SUFFIX}")
    shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        os.rename(path, old)
    os.rename(new, path)
    shutil.rmtree(old, ignore_errors=True)


def remove_partial_files(folder: Path) -> None:
    """Remove what a killed process left half-written in `folder` (not in its sub-folders)."""
    for leftover in folder.glob(f".*{PARTIAL_SUFFIX}"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


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
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        line = f" line {error.lineno}:" if isinstance(error, json.JSONDecodeError) else ""
        raise SubsongError(f"{path}:{line} not valid JSON; the file is damaged or of another kind") from error


def hash_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal, read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
