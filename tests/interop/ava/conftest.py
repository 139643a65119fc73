"""Folders as AVA makes them: a few dozen spectrograms, in files of unequal length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .files import COUNTS, write_like_ava


@pytest.fixture
def spec_dirs(tmp_path: Path) -> list[str]:
    """Return two folders, two files each; one file holds fewer spectrograms than the others."""
    for number, count in enumerate(COUNTS):
        folder = tmp_path / f"animal_{number // 2}" / "specs"
        folder.mkdir(parents=True, exist_ok=True)
        write_like_ava(folder / f"syllables_{number % 2:04d}.hdf5", number, count)
    return [str(tmp_path / "animal_0" / "specs"), str(tmp_path / "animal_1" / "specs")]


@pytest.fixture(autouse=True)
def no_checkpoints_left(tmp_path: Path) -> Iterator[None]:
    """Delete checkpoints after each test: one is 200 MB, and pytest keeps the folders of three runs."""
    yield
    for path in tmp_path.rglob("*.tar"):
        path.unlink()
