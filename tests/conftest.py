"""Fixtures every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data sets; the test is skipped, saying so, where there is none."""
    folder = Path(os.environ.get("SUBSONG_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set SUBSONG_DATA to its folder")
    return folder
