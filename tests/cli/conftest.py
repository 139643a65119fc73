"""The command line logs to standard error, which is another one in each test; lists that are then mistaken."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.mistaken_lists import ROWS, TABLE, TINY, write
from tests.sources.ebird.made_files import write_records

from subsong.recipes import run as recipes


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """Take the log's handlers away before and after each test."""
    logging.getLogger("subsong").handlers.clear()
    yield
    logging.getLogger("subsong").handlers.clear()


@pytest.fixture
def ebird(tmp_path: Path) -> Path:
    """Return an eBird file of three records."""
    return write_records(tmp_path / "ebd.txt", ROWS)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table of thirty lists."""
    return write(tmp_path / "lists.csv", TABLE)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a short run that was told one covariate and knows three species."""
    folder = tmp_path_factory.mktemp("trained")
    text = "".join(f"{line},{n * 7 + 5}\n" for n, line in enumerate(TABLE.splitlines()[1:]))
    path = write(folder / "lists.csv", f"{TABLE.splitlines()[0]},duration_min\n{text}")
    return recipes.train(
        "checklist-vae", path, {**TINY, "data.covariates": ["duration_min"]}, root=folder / "runs"
    ).path
