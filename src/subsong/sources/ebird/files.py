"""Which files hold the records and which the sampling events: text, gzip, zip, tar, or a folder of such."""

from __future__ import annotations

import contextlib
import gzip
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from subsong.core.errors import SubsongError
from subsong.sources.ebird.headers import Header, parse_header
from subsong.sources.reading import read_errors

_GZIP_MAGIC = b"\x1f\x8b"
_TEXT_SUFFIXES = (".txt", ".tsv", ".gz")
_ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".tar.gz")
_SUFFIX = re.compile(r"(\.txt|\.tsv|\.gz|\.zip|\.tar|\.tgz)+$")
_RELEASE = re.compile(r"rel([A-Z][a-z]{2}-\d{4})")


class Member(NamedTuple):
    """One text file, which may lie in an archive.

    Attributes
    ----------
    path
        The file on disk.
    inner
        Its name within the archive at `path`, or None.
    size
        Bytes that `OpenMember.position` counts up to: of the file, packed if it is packed (of a zip: unpacked).
    header
        Its columns.
    """

    path: Path
    inner: str | None
    size: int
    header: Header

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path) if self.inner is None else f"{self.path} ({self.inner})"

    @property
    def file_name(self) -> str:
        """Its own name, without folders."""
        return Path(self.inner or self.path).name


class OpenMember(NamedTuple):
    """An open text file: the unpacked bytes, and how far the packed ones have been read."""

    stream: IO[bytes]
    position: Callable[[], int]


class EbirdFiles(NamedTuple):
    """What is read together.

    Attributes
    ----------
    records
        Files with one row a taxon and list (EBD).
    events
        Files with one row a list (SED); may be empty.
    """

    records: list[Member]
    events: list[Member]


def find_ebird_files(path: Path, sampling: Path | None) -> EbirdFiles:
    """Find the files of records at `path`, and their sampling events: there, at `sampling`, or beside `path`.

    Raises
    ------
    SubsongError
        When there is nothing at a path, or nothing of the kind that was expected.
    """
    members = _find_members(path)
    records = [member for member in members if member.header.holds_records]
    if not records:
        raise SubsongError(_describe_lack(path, members))
    if sampling is None:
        events = [member for member in members if member.header.holds_events]
        beside = [] if events or path.is_dir() else _find_beside(path)
        return EbirdFiles(records, events or [m for m in beside if m.header.holds_events])
    events = [member for member in _find_members(sampling) if member.header.holds_events]
    if not events:
        raise SubsongError(
            f"{sampling} is no sampling file: expected one row a list (SAMPLING EVENT IDENTIFIER, but no SCIENTIFIC "
            "NAME); tick 'sampling event data' when downloading"
        )
    return EbirdFiles(records, events)


def find_release(member: Member) -> str | None:
    """Return the release a file's name tells, such as ``Sep-2025``, or None."""
    found = _RELEASE.search(member.file_name) or _RELEASE.search(member.path.name)
    return found[1] if found else None


@contextlib.contextmanager
def open_member(path: Path, inner: str | None) -> Iterator[OpenMember]:
    """Open a text file, unpacking what is packed; a damaged file becomes one sentence.

    Raises
    ------
    SubsongError
        When the file is cut short or damaged, also while the block reads from it.
    """
    with read_errors(path), contextlib.ExitStack() as stack:
        outer: IO[bytes] = stack.enter_context(open(path, "rb"))
        if inner is not None and _is_zip(path):
            outer = stack.enter_context(stack.enter_context(zipfile.ZipFile(outer)).open(inner))
        elif inner is not None:
            extracted = stack.enter_context(tarfile.open(path)).extractfile(inner)
            assert extracted is not None, "only plain files are listed"
            outer = stack.enter_context(extracted)
        is_packed = outer.read(2) == _GZIP_MAGIC
        outer.seek(0)
        unpacked = stack.enter_context(gzip.GzipFile(fileobj=outer)) if is_packed else outer
        yield OpenMember(cast("IO[bytes]", unpacked), outer.tell)


def _find_members(path: Path) -> list[Member]:
    """Return every file at a path that names lists in its header."""
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.is_file() and _is_candidate(p.name, is_archive_allowed=True))
        unpacked = {p.name for p in found}
        paths = [p for p in found if p.suffix != ".gz" or p.name.removesuffix(".gz") not in unpacked]
        members = [member for p in paths for member in _list_members(p)]
    else:
        members = _list_members(path)
    known = [m for m in members if "list" in m.header.positions]
    if not known and path.is_file() and members and members[0].inner is None:
        raise SubsongError(
            f"{path} is no eBird file: expected a line of column names with SAMPLING EVENT IDENTIFIER, found "
            f"{', '.join(members[0].header.names)[:100]!r}"
        )
    return known


def _is_candidate(name: str, is_archive_allowed: bool) -> bool:
    parts = Path(name).parts
    if any(part.startswith((".", "__MACOSX")) for part in parts):
        return False
    return name.lower().endswith(_TEXT_SUFFIXES + (_ARCHIVE_SUFFIXES if is_archive_allowed else ()))


def _list_members(path: Path) -> list[Member]:
    inner: list[tuple[str | None, int]] = [(None, 0)]
    with read_errors(path):
        if _is_zip(path):
            with zipfile.ZipFile(path) as archive:
                inner = [(info.filename, info.file_size) for info in archive.infolist() if not info.is_dir()]
        elif path.name.lower().endswith(_ARCHIVE_SUFFIXES):
            with tarfile.open(path) as archive:
                inner = [(info.name, info.size) for info in archive if info.isfile()]
        else:
            inner = [(None, path.stat().st_size)]
    kept = sorted((name, size) for name, size in inner if name is None or _is_candidate(name, False))
    return [Member(path, name, size, _read_header(path, name)) for name, size in kept]


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _read_header(path: Path, inner: str | None) -> Header:
    with open_member(path, inner) as opened:
        # No header is longer; what is not text has no line end to stop at.
        line = opened.stream.readline(1 << 16)
    if not line and inner is None:
        raise SubsongError(f"{path} is empty (0 bytes): copy or download it again")
    return parse_header(line)


def _find_beside(path: Path) -> list[Member]:
    """Return the members of the sampling file that lies beside a file and is named like it."""
    stem = _SUFFIX.sub("", path.name)
    stems = [f"{stem}_sampling"] + ([stem.replace("ebd_", "ebd_sampling_", 1)] if stem.startswith("ebd_") else [])
    names = [name + suffix for name in stems for suffix in (".txt", ".txt.gz", ".gz", ".zip", ".tar")]
    beside = next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)
    return _find_members(beside) if beside else []


def _describe_lack(path: Path, members: list[Member]) -> str:
    if members:
        return (
            f"{path} holds sampling events only, no records of species: give the EBD file, "
            f"and {members[0].file_name} as its sampling file"
        )
    return (
        f"{path} holds no eBird file: expected a .txt, .txt.gz, .zip or .tar as eBird hands it out, or a folder of such"
    )
