"""Fixtures of the tests of latent sequences."""

from __future__ import annotations

import pytest

from .sliding import Colony, make_colony


@pytest.fixture(scope="session")
def colony(tmp_path_factory: pytest.TempPathFactory) -> Colony:
    """Return made-up songs, their stores and a tiny model; not to be written into."""
    return make_colony(tmp_path_factory.mktemp("colony"))
