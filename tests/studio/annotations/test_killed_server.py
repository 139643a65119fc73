"""A real server, killed without warning while edits come in: what it answered is there, and nothing half done."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.studio.annotations.conftest import NAME, row

from subsong.projects.documents import DocumentStore
from subsong.projects.project import Project
from subsong.sources.annotations import read_annotations

NUM_KILLS = 2
SERVER = """
import socket, sys
import uvicorn
from subsong.projects.project import open_project
from subsong.studio.app import build_app
from subsong.studio.serving import open_context
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
print(listening.getsockname()[1], flush=True)
app = build_app(open_context(open_project(sys.argv[1])))
uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off")).run(sockets=[listening])
"""


class Client:
    """Edits without end, and what the server answered to them."""

    def __init__(self, project: Project) -> None:
        self.project, self.rng = project, random.Random(0)
        self.labels: dict[int, str] = {}
        self.num_answered = 0

    def work(self, client: httpx.Client) -> set[str] | None:
        """Edit until the server is gone; return the labels there would be had it answered once more."""
        revision = client.get("/api/annotations", params={"recording": NAME}).json()["revision"]
        while True:
            edit, expected = self.draw()
            body = {"recording": NAME, "base_revision": revision, "edit": edit}
            try:
                answer = client.post("/api/annotations/edit", json=body)
            except httpx.HTTPError:
                return expected
            assert answer.status_code == 200, answer.text
            revision = answer.json()["revision"]
            self.labels.update({one["id"]: one["label"] for one in answer.json()["changed"]})
            self.labels = {
                number: self.labels[number] for number in self.labels if number not in answer.json()["removed"]
            }
            self.num_answered += 1

    def draw(self) -> tuple[dict[str, object], set[str]]:
        """Return an edit, and the labels there are after it."""
        labels = set(self.labels.values())
        if len(self.labels) > 3 and self.rng.random() < 0.4:
            gone = self.rng.choice(sorted(self.labels))
            return {"op": "delete", "ids": [gone]}, labels - {self.labels[gone]}
        label = f"sound {self.rng.random():.9f}"
        return {"op": "add", "annotations": [row(self.rng.random(), label)]}, labels | {label}


@contextmanager
def serve(project: Project) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Start a server; killed at the end, if not before."""
    command = [sys.executable, "-c", SERVER, str(project.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        try:
            with httpx.Client(base_url=url, headers={"X-Subsong": "1"}, timeout=60) as client:
                yield server, client
        finally:
            server.kill()


def read_labels(path: Path) -> set[str]:
    return set(read_annotations(path, "csv")["label"])


def test_a_server_that_is_killed_loses_nothing_it_answered(small_project: Project) -> None:
    worker = Client(small_project)
    for number in range(NUM_KILLS):
        with serve(small_project) as (server, client):
            client.get("/api/annotations/formats")
            threading.Timer(0.3 + 0.2 * number, server.kill).start()
            unanswered = worker.work(client)
        document = DocumentStore(small_project).load(NAME)
        found = {one.label for one in document.list_accepted()}
        assert found in (set(worker.labels.values()), unanswered)
        assert read_labels(small_project.annotations_dir / f"{NAME}.csv") == found
        worker.labels = {one.id: one.label for one in document.list_accepted()}
    assert worker.num_answered > 0
