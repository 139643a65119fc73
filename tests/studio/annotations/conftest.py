"""The studio of a small project, asked as a page does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.studio.conftest import NAMES

if TYPE_CHECKING:
    from starlette.testclient import TestClient

NAME = NAMES[2]
Edit = Callable[..., dict[str, Any]]


@pytest.fixture
def edit(client: TestClient) -> Edit:
    """Return what changes a document as it is now, and answers what became of it."""

    def send(op: str, recording: str = NAME, **values: Any) -> dict[str, Any]:
        revision = client.get("/api/annotations", params={"recording": recording}).json()["revision"]
        body = {"recording": recording, "base_revision": revision, "edit": {"op": op, **values}}
        answer = client.post("/api/annotations/edit", json=body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    return send


def row(onset_s: float, label: str = "a", **values: Any) -> dict[str, Any]:
    """Return a new annotation of half a second."""
    return {"onset_s": onset_s, "offset_s": onset_s + 0.5, "label": label, **values}
