"""The command line logs to standard error, which is another one in each test."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """Take the log's handlers away before and after each test."""
    logging.getLogger("subsong").handlers.clear()
    yield
    logging.getLogger("subsong").handlers.clear()
