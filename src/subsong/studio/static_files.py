"""Files the browser may fetch: the studio's own pages, and of a project what is made to be looked at."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.own_files import is_version, read_own_files

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

STATIC_DIR = Path(__file__).parent / "static"
# What of a project is shown as files; recordings, annotations and models have routes of their own.
_SHOWN = ("report.html", "figures")
# Some systems' tables call a module text/plain, which a browser that was told nosniff does not run.
_MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
# A report has scripts of its own, which get no hold of the studio: the browser takes the page for another place.
_REPORT_HEADERS = {
    "Content-Security-Policy": "sandbox allow-scripts allow-popups allow-downloads; default-src 'none'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}


def build_static_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes of files: ``/files/...`` of the project, ``/static/...`` and the one page of the studio."""
    from starlette.responses import Response
    from starlette.routing import Route

    own = read_own_files(STATIC_DIR)

    def show_project_file(request: Request) -> Response:
        path = request.path_params["path"]
        if PurePosixPath(path).parts[:1] not in [(name,) for name in _SHOWN]:
            raise NotFoundError(f"{path} is no file the studio shows: expected {' or '.join(_SHOWN)}")
        return answer_file(context.project.path, path, request, _REPORT_HEADERS)

    # No thread for what is in memory: a page asks for dozens of these at once.
    async def show_static_file(request: Request) -> Response:
        path = request.path_params["path"]
        version, _, versioned = path.partition("/")
        if version == own.version and versioned in own.contents:
            return Response(own.contents[versioned], media_type=_find_media_type(versioned), headers=_KEPT)
        # Of another version: a page that was open while the studio was updated.
        return answer_file(STATIC_DIR, versioned if is_version(version) else path, request)

    def show_page(request: Request) -> Response:
        nonlocal own
        own = read_own_files(STATIC_DIR)
        return Response(own.page, media_type="text/html", headers={"Cache-Control": "no-cache"})

    return [
        Route("/", show_page),
        Route("/static/{path:path}", show_static_file),
        Route("/files/{path:path}", show_project_file),
    ]


def find_inside(folder: Path, relative: str) -> Path:
    """Return the file a request names in a folder.

    Parameters
    ----------
    folder
        What it has to stay in.
    relative
        A path with forward slashes, as it came, decoded.

    Raises
    ------
    NotFoundError
        When there is no such file, or the path leads out of the folder: upwards, from the root, or by a link.
    """
    parts = PurePosixPath(relative).parts
    unsafe = "\\" in relative or "\0" in relative or ":" in relative or relative.startswith("/") or ".." in parts
    try:
        path = None if unsafe else (folder / relative).resolve(strict=True)
    except (OSError, RuntimeError):  # no such file, a name too long, links in a circle
        path = None
    if path is None or not path.is_file() or not path.is_relative_to(folder.resolve()):
        raise NotFoundError(f"{relative} is not there")
    return path


def answer_file(folder: Path, relative: str, request: Request, headers: dict[str, str] | None = None) -> Response:
    """Return a file of a folder; the browser asks each time whether it changed, and is told if it did not.

    Raises
    ------
    NotFoundError
        When there is no such file in the folder.
    """
    from starlette.responses import FileResponse, Response

    path = find_inside(folder, relative)
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or not os.access(path, os.R_OK):
        raise NotFoundError(f"{relative} cannot be read")
    tag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
    own = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=own)
    return FileResponse(path, headers=own, media_type=_find_media_type(path.name))


def _find_media_type(name: str) -> str:
    return _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
