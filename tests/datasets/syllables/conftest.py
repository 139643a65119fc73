"""Two birds' songs, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.synthesis.song import SongOptions, write_songs


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    write_songs(folder, SongOptions(num_songs=2, num_motifs=(1, 2)), seed=3)
    return folder
