"""The studio's own files as a browser is given them: held in memory, under addresses that change when they do.

A page is made of dozens of small modules. Their addresses hold a version made of all of them, so that a browser which
has them asks for nothing; and the one page says of which modules each part is made, so that a browser which has none
asks for all at once, not for those a module imports once that has come.
"""

from __future__ import annotations

import functools
import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PAGE_NAME = "index.html"
ROOT = "/static/"
_SHELL = "js/shell/main.js"
_VIEW = re.compile(r"js/([a-z_]+)/view\.js")
_IMPORT = re.compile(r"""^(?:import|export)\s(?:[^"'();]*\sfrom\s+)?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)
_NO_MODULES = 'id="modules">{}<'
_VERSION = re.compile(r"v-[0-9a-f]{12}")
_Signature = tuple[tuple[str, int, int], ...]


class OwnFiles(NamedTuple):
    """The studio's files at one moment.

    Attributes
    ----------
    version
        Another one when any file is another; the first part of a file's address below `ROOT`.
    contents
        What is in each file, by its path below the folder.
    page
        The one page, with the addresses of this version.
    """

    version: str
    contents: Mapping[str, bytes]
    page: bytes


def read_own_files(folder: Path) -> OwnFiles:
    """Return the files of a folder as they are now; they are read again only when one of them was changed."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [(path, path.stat()) for path in paths]
    return _read(folder, tuple((path.relative_to(folder).as_posix(), at.st_mtime_ns, at.st_size) for path, at in found))


@functools.lru_cache(maxsize=2)
def _read(folder: Path, signature: _Signature) -> OwnFiles:
    contents = {path: (folder / path).read_bytes() for path, _, _ in signature}
    digest = hashlib.sha256()
    for path, content in contents.items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    version = f"v-{digest.hexdigest()[:12]}"
    return OwnFiles(version, contents, _fill_page(contents, version))


def is_version(part: str) -> bool:
    """Tell whether a part of an address is a version, of now or of before."""
    return _VERSION.fullmatch(part) is not None


def list_modules(contents: Mapping[str, bytes], entry: str) -> list[str]:
    """Return a module and all it imports, and they import, in the order they are met.

    Parameters
    ----------
    contents
        What is in each file, by path; imports of others are passed over.
    entry
        Path of the module.
    """
    found, waiting = dict[str, None](), [entry]
    while waiting:
        path = waiting.pop(0)
        if path in found or path not in contents:
            continue
        found[path] = None
        named = _IMPORT.findall(contents[path].decode())
        waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in named]
    return list(found)


def _fill_page(contents: Mapping[str, bytes], version: str) -> bytes:
    """Return the page with versioned addresses, links to the shell's modules, and the names of each part's others."""
    page, root = contents[PAGE_NAME].decode(), f"{ROOT}{version}/"
    shell = list_modules(contents, _SHELL)
    parts = {match[1]: list_modules(contents, path) for path in contents if (match := _VIEW.fullmatch(path))}
    named = {part: [path for path in modules if path not in shell] for part, modules in parts.items()}
    links = "".join(f'  <link rel="modulepreload" href="{root}{path}">\n' for path in shell)
    filled = page.replace(_NO_MODULES, f'id="modules">{json.dumps(named, separators=(",", ":"))}<')
    return filled.replace(f'"{ROOT}', f'"{root}').replace("</head>", f"{links}</head>").encode()
