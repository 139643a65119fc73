"""The studio of a small project with a map of the syllables of two recordings."""

from __future__ import annotations

import polars as pl
import pytest
from tests.studio.conftest import NAMES
from tests.studio.maps.made_up_map import write_syllables

from subsong.projects.project import Project
from subsong.sources.annotations import build_annotations, write_annotations


@pytest.fixture
def small_project(small_project: Project) -> Project:
    """Return the project with four annotations in each of two recordings, and a map of them."""
    onsets = [0.1, 0.3, 0.5, 0.7]
    tables = []
    for name in NAMES[:2]:
        table = build_annotations(recording=name, onset_s=onsets, offset_s=[t + 0.1 for t in onsets], label=[*"abab"])
        (small_project.annotations_dir / name).parent.mkdir(parents=True, exist_ok=True)
        write_annotations(small_project.annotations_dir / f"{name}.csv", table, "csv")
        tables.append(table)
    write_syllables(small_project.maps_dir / "syllables", pl.concat(tables))
    return small_project
