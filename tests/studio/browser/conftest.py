"""A real server on a made-up project, and a real browser that reaches nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from tests.studio.browser.made_up_project import write_project

if TYPE_CHECKING:
    from uvicorn import Server

    from subsong.projects.documents.store import DocumentStore
    from subsong.projects.project import Project
    from subsong.studio.context import StudioContext

BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome")
# Whatever is not on this machine goes to a proxy that is not there. Canvases are drawn fastest without the made-up GPU.
OPTIONS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-accelerated-2d-canvas",
    "--proxy-server=127.0.0.1:9",
)
START_S = 10.0


class Studio(NamedTuple):
    """A studio that runs: where it is, and what it works on."""

    url: str
    project: Project
    documents: DocumentStore
    context: StudioContext

    def address(self, page: str, **parameters: object) -> str:
        """Return the address of a page, such as ``studio.address("annotate", recording=name)``."""
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())
        return f"{self.url}/#/{page}{'?' if query else ''}{query}"


@pytest.fixture(scope="session")
def made_up_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the made-up project, which every module works on a copy of."""
    return write_project(tmp_path_factory.mktemp("made_up")).path.parent


@pytest.fixture(scope="module")
def studio(made_up_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Return a studio of the made-up project, served from a thread on a free port."""
    from subsong.projects.documents.store import DocumentStore
    from subsong.projects.project import open_project
    from subsong.studio.context import StudioContext
    from subsong.studio.jobs.store import JobStore

    own = tmp_path_factory.mktemp("studio") / "own"
    shutil.copytree(made_up_project, own)
    project = open_project(own / "project")
    documents = DocumentStore(project)
    context = StudioContext(project, documents, JobStore(project), author="tester")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server, thread = _serve(context, listening)
        yield Studio(f"http://127.0.0.1:{listening.getsockname()[1]}", project, documents, context)
        server.should_exit = True
        thread.join(START_S)


def _serve(context: StudioContext, listening: socket.socket) -> tuple[Server, threading.Thread]:
    import uvicorn

    from subsong.studio.app import build_app

    settings = uvicorn.Config(build_app(context), log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + START_S
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started
    return server, thread


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the browser of this machine; without one the tests are skipped, but fail where they must run."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        said = f"no browser among {', '.join(BROWSERS)}: the studio's pages are not tested"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def elsewhere() -> list[str]:
    """Return the addresses of other hosts that pages asked for; none was reached."""
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, studio: Studio, elsewhere: list[str]) -> Iterator[Page]:
    """Return a page of 1280 x 720 that a module shares; in the end, nothing was thrown or asked elsewhere."""
    own = urlsplit(studio.url).netloc
    thrown: list[str] = []

    def note_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme.startswith("http") and address.netloc != own:
            elsewhere.append(request.url)

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            thrown.append(message.text)

    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True, locale="en-GB")
    context.set_default_timeout(10_000)
    opened = context.new_page()
    opened.on("request", note_request)
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    opened.on("console", note)
    yield opened
    context.close()
    assert elsewhere == []
    assert thrown == []
