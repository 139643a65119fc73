"""A small project of two birds, and its studio answered without a port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from subsong.projects.project import Project, open_project
from subsong.sources.audio import write_audio
from subsong.studio.context import StudioContext

if TYPE_CHECKING:
    from starlette.testclient import TestClient

NAMES = ("bird1/day01/a.wav", "bird1/day01/b.wav", "bird2/day01/c.wav")
RATE_HZ = 8000


def write_small_project(folder: Path) -> Project:
    """Write three recordings of 1, 2 and 3 seconds, and their project file."""
    rng = np.random.default_rng(0)
    for seconds, name in enumerate(NAMES, start=1):
        write_audio(folder / "recordings" / name, 0.1 * rng.standard_normal(seconds * RATE_HZ), RATE_HZ)
    (folder / "project").mkdir()
    (folder / "project" / "project.yaml").write_text("name: Small\nrecordings: ../recordings\nauthor: Ada\n", "utf-8")
    return open_project(folder / "project")


@pytest.fixture
def small_project(tmp_path: Path) -> Project:
    """Return a project of three recordings of noise."""
    return write_small_project(tmp_path)


@pytest.fixture
def context(small_project: Project) -> StudioContext:
    """Return what its studio works on."""
    from subsong.studio.serving import open_context

    return open_context(small_project)


@pytest.fixture
def client(context: StudioContext) -> Iterator[TestClient]:
    """Return a client that asks as the studio's own pages do."""
    from starlette.testclient import TestClient

    from subsong.studio.app import build_app

    with TestClient(build_app(context), base_url="http://127.0.0.1:8765", headers={"X-Subsong": "1"}) as client:
        yield client
