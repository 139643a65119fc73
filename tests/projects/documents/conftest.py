"""A project of two silent recordings of ten seconds, and its documents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.projects.documents import DocumentStore
from subsong.projects.project import Project, open_project
from subsong.sources.audio import write_audio

NAME = "bird1/a.wav"


def write_project(folder: Path) -> Project:
    """Write two silent recordings that nobody has annotated, and their project file."""
    for name in (NAME, "bird2/b.wav"):
        write_audio(folder / "recordings" / name, np.zeros(10_000), 1000)
    (folder / "project.yaml").write_text("recordings: recordings\n", encoding="utf-8")
    return open_project(folder)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose recordings nobody has annotated."""
    return write_project(tmp_path)


@pytest.fixture
def store(project: Project) -> DocumentStore:
    """Return the documents of the project."""
    return DocumentStore(project)
