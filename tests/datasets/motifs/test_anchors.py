"""Moments marked by hand, in whatever way they are written down."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.motifs.anchors import read_anchors
from subsong.datasets.motifs.gathering import gather_motifs
from subsong.datasets.warps.time_base import TimeBase

from .conftest import KnownMotifs, read

BASE = TimeBase(-0.05, 0.008, 101)


@pytest.fixture(scope="module")
def regions(known: KnownMotifs) -> pl.DataFrame:
    return gather_motifs(known.path, read(known.motif)).segments


def write_marks(path: Path, regions: pl.DataFrame, shares: list[float], labels: list[str] | None = None) -> Path:
    """Mark moments at shares of each rendition, as events."""
    rows = []
    for source, onset_s, offset_s in regions.select("source", "motif_onset_s", "motif_offset_s").iter_rows():
        for number, share in enumerate(shares):
            time_s = onset_s + share * (offset_s - onset_s)
            rows.append((source, time_s, time_s, labels[number] if labels else ""))
    pl.DataFrame(rows, ["audio_file", "onset_s", "offset_s", "label"], orient="row").write_csv(path)
    return path


def test_marks_without_labels_are_told_apart_by_their_order(regions: pl.DataFrame, tmp_path: Path) -> None:
    anchors_NA = read_anchors(write_marks(tmp_path / "marks.csv", regions[:4], [0.0, 0.5]), regions, BASE)
    duration_N = (regions["motif_offset_s"] - regions["motif_onset_s"]).to_numpy()
    expected_s = np.outer(duration_N[:4], [0.0, 0.5])
    np.testing.assert_allclose(BASE.to_seconds(anchors_NA[:4]), expected_s, atol=1e-9)
    assert np.isnan(anchors_NA[4:]).all()


def test_the_annotations_a_motif_was_found_in_are_anchors(known: KnownMotifs, regions: pl.DataFrame) -> None:
    anchors_NA = read_anchors(known.path / "segments.csv", regions, BASE)
    assert anchors_NA.shape == (regions.height, len(known.motif))
    assert np.isfinite(anchors_NA).all()
    np.testing.assert_allclose(BASE.to_seconds(anchors_NA[:, 0]), 0, atol=1e-9)
    assert (np.diff(anchors_NA) > 0).all()


def test_labels_tell_marks_apart_where_some_are_missing(regions: pl.DataFrame, tmp_path: Path) -> None:
    path = write_marks(tmp_path / "marks.csv", regions[:3], [0.1, 0.4, 0.8], ["a", "b", "c"])
    table = pl.read_csv(path).gather([0, 1, 2, 3, 5, 6, 7, 8])
    table.write_csv(path)
    anchors_NA = read_anchors(path, regions, BASE)
    assert np.isnan(anchors_NA[:3]).tolist() == [[False] * 3, [False, True, False], [False] * 3]


def test_another_number_of_marks_names_the_rendition(regions: pl.DataFrame, tmp_path: Path) -> None:
    path = write_marks(tmp_path / "marks.csv", regions[:4], [0.1, 0.4])
    pl.read_csv(path).gather([0, 1, 2, 3, 4, 5, 6]).write_csv(path)
    source = regions["source"][3]
    with pytest.raises(SubsongError, match=rf"1 mark in rendition \d+ of {source}, and 2 in most others"):
        read_anchors(path, regions, BASE)


def test_marks_outside_all_renditions_are_counted_or_refused(
    regions: pl.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = regions["source"][0]
    outside = pl.DataFrame({"audio_file": [source], "onset_s": [0.001], "offset_s": [0.001], "label": [""]})
    outside.write_csv(tmp_path / "outside.csv")
    with pytest.raises(SubsongError, match=r"marks no moment inside the \d+ renditions"):
        read_anchors(tmp_path / "outside.csv", regions, BASE)
    inside = pl.read_csv(write_marks(tmp_path / "marks.csv", regions, [0.2, 0.4]))
    pl.concat([inside, outside], how="vertical_relaxed").write_csv(tmp_path / "both.csv")
    with caplog.at_level(logging.WARNING):
        read_anchors(tmp_path / "both.csv", regions, BASE)
    assert "1 of" in caplog.text
