"""What the operating system and unpackers say of files that cannot be read, in one sentence."""

from __future__ import annotations

import contextlib
import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from subsong.core.errors import SubsongError


@contextlib.contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Turn the errors of opening, unpacking and reading a file into one sentence.

    Raises
    ------
    SubsongError
        When the file is missing, a folder, not allowed to be read, cut short or damaged.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise SubsongError(f"{path} does not exist: check the path") from error
    except EOFError as error:
        raise SubsongError(f"{path} is cut short: its packed data has no end; copy or download it again") from error
    except (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, tarfile.TarError) as error:
        raise SubsongError(f"{path} is damaged and cannot be unpacked ({error}); copy or download it again") from error
    except OSError as error:
        raise SubsongError(f"{path} cannot be read ({error.strerror}): check the path and its permissions") from error
