"""Hashes of files and of plain values; a file's is remembered until its size or time of change differs."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from subsong.core.files import hash_file, write_json
from subsong.sources.reading import read_errors

# A file changed twice within the grain of its clock looks the same: what is that young is not remembered.
_YOUNGEST_NS = 2_000_000_000


class FileHashes:
    """The SHA-256 of files, computed once for each state of them.

    Parameters
    ----------
    path
        Where they are remembered; a file that is missing or damaged is begun anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[Any]] = _load(path)
        self._is_changed = False

    def hash(self, path: Path) -> str:
        """Return the hash of a file's content.

        Raises
        ------
        SubsongError
            When it cannot be read.
        """
        with read_errors(path):
            found = path.stat()
            known = self._known.get(str(path))
            if known is not None and known[:2] == [found.st_size, found.st_mtime_ns]:
                return str(known[2])
            digest = hash_file(path)
        if time.time_ns() - found.st_mtime_ns > _YOUNGEST_NS:
            self._known[str(path)] = [found.st_size, found.st_mtime_ns, digest]
            self._is_changed = True
        return digest

    def hash_all(self, paths: Mapping[str, Path], tell: Callable[[int, int], None] | None = None) -> dict[str, str]:
        """Return the hash of each file by its name, telling how many of how many are done."""
        digests: dict[str, str] = {}
        for number, (name, path) in enumerate(paths.items(), start=1):
            digests[name] = self.hash(path)
            if tell is not None:
                tell(number, len(paths))
        return digests

    def save(self) -> None:
        """Remember what was computed for the next time; files that are gone are forgotten."""
        if self._is_changed:
            write_json(self._path, {name: known for name, known in self._known.items() if Path(name).exists()})
            self._is_changed = False


def hash_value(value: Any) -> str:
    """Return the SHA-256 of a value that JSON can hold; mappings are equal whatever their order."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings as one level, with dotted keys.

    Examples
    --------
    >>> flatten({"training": {"num_epochs": 3}, "seed": 0})
    {'training.num_epochs': 3, 'seed': 0}
    """
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) and value else {prefix + key: value}
    return flat


def _load(path: Path) -> dict[str, list[Any]]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    entries = values.items() if isinstance(values, dict) else ()
    return {name: known for name, known in entries if isinstance(known, list) and len(known) == 3}
