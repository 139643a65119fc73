"""Fixtures every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data sets; the test is skipped, saying so, where there is none."""
    folder = Path(os.environ.get("SUBSONG_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set SUBSONG_DATA to its folder")
    return folder


@pytest.fixture(autouse=True)
def _draws_that_no_other_test_moves(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed a module's `RNG` anew for each test: what it draws then depends neither on order nor on the worker."""
    if hasattr(request.module, "RNG"):
        monkeypatch.setattr(request.module, "RNG", np.random.default_rng(1))
