"""Denormal numbers are flushed in processes that train; the tests of this room are about all floats there are."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True, scope="package")
def denormals() -> None:
    """Let denormal numbers be, whatever an earlier test trained in this process."""
    torch.set_flush_denormal(False)
