"""Starting the studio: which project, which address, and a server until Ctrl-C."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from subsong.core.errors import SubsongError
from subsong.projects.project import PROJECT_FILE, Project, create_project, open_project
from subsong.studio.context import StudioContext, read_author
from subsong.studio.security import LOOPBACK

if TYPE_CHECKING:
    from starlette.applications import Starlette

_NUM_PORTS = 20
# Requests that never end by themselves, such as live curves, are cut off after so long.
_PATIENCE_S = 2


class Address(NamedTuple):
    """Where a browser finds the studio."""

    host: str
    port: int
    token: str | None

    @property
    def url(self) -> str:
        """The address to open, with the token where there is one."""
        # What listens everywhere is found here under the name of this machine.
        host = socket.gethostname() if self.host in ("0.0.0.0", "::", "") else self.host
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}:{self.port}/" + (f"?token={self.token}" if self.token else "")


def find_project(path: Path) -> tuple[Project, bool]:
    """Return the project a path means, and whether it was made for it just now.

    Parameters
    ----------
    path
        A project file, its folder, or a folder of recordings, for which a project is made beside it.

    Raises
    ------
    SubsongError
        When it is none of these.
    """
    path = path.expanduser()
    if not path.exists():
        raise SubsongError(f"{path} does not exist: expected a project file, its folder, or a folder of recordings")
    if path.is_file() or (path / PROJECT_FILE).is_file():
        return open_project(path), False
    folder = path.resolve()
    is_new = not (folder.with_name(f"{folder.name}-project") / PROJECT_FILE).exists()
    return create_project(_check_recordings(folder)), is_new


def _check_recordings(folder: Path) -> Path:
    """Return a folder that holds recordings; a project is made of no other."""
    from subsong.sources.audio.find import find_audio

    try:
        find_audio(folder)
    except SubsongError as error:
        raise SubsongError(f"{folder} is neither a project ({PROJECT_FILE}) nor holds recordings: {error}") from error
    return folder


def open_context(project: Project, token: str | None = None) -> StudioContext:
    """Return what the studio of a project works on."""
    from subsong.projects.documents.store import DocumentStore
    from subsong.studio.jobs.store import JobStore

    folder = project.path if project.path.exists() else project.path.parent
    return StudioContext(
        project,
        DocumentStore(project),
        JobStore(project),
        read_author(project),
        token,
        read_only=not os.access(folder, os.W_OK),
    )


def choose_token(host: str, token: str | None) -> str | None:
    """Return the token to ask for: the given one, a new one where other machines get here, else None."""
    if token is not None or host in LOOPBACK:
        return token
    return secrets.token_urlsafe(24)


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens at a port, or at the next one that is free.

    Parameters
    ----------
    host
        Name or address of this machine.
    port
        0: any that is free.

    Raises
    ------
    SubsongError
        When no port of twenty is free, or the name is not one of this machine.
    """
    for number in range(port, min(port + _NUM_PORTS, 65536)) if port else [0]:
        try:
            family, kind, protocol, _, place = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
            listening = socket.socket(family, kind, protocol)
        except OSError as error:
            raise SubsongError(f"--host {host} is no name or address of this machine ({error.strerror})") from error
        try:
            # Without this a port stays taken for a minute after the server on it has ended.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen(128)
            return listening
        except OSError as error:
            listening.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise SubsongError(f"cannot listen at {host} port {number}: {error.strerror}") from error
    raise SubsongError(f"ports {port} to {port + _NUM_PORTS - 1} of {host} are taken: choose one with --port, or 0")


def serve(app: Starlette, listening: socket.socket, on_start: Callable[[], None]) -> None:
    """Answer requests until Ctrl-C or SIGTERM.

    Parameters
    ----------
    app
        The server.
    listening
        Where requests arrive.
    on_start
        Called once requests are answered.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_start()

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=_PATIENCE_S,
        server_header=False,
    )
    Server(config).run(sockets=[listening])


def has_screen() -> bool:
    """Tell whether a browser that is opened here is seen by somebody."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
