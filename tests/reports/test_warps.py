"""Figures of warps: what they show, and that they show it of any number of renditions."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.datasets.motifs.aligning import MotifSong, align_motifs, warp_song
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.warps.warp import null_warp
from subsong.reports.warps import plot_alignment, plot_warp_search

BASE = TimeBase(-0.05, 0.01, 60)


def make_song(num: int = 12) -> MotifSong:
    """Return renditions of three bursts, of different tempo."""
    tempo_N = np.linspace(0.9, 1.1, num)
    middle_N3 = tempo_N[:, None] * np.array([0.2, 0.5, 0.8])
    away_N3T = np.linspace(0, 1, 60) - middle_N3[:, :, None]
    loud_NT = np.exp(-0.5 * (away_N3T / 0.02) ** 2).max(axis=1)
    song_NTF = (loud_NT[..., None] * np.linspace(0.2, 1, 8)).astype(np.float32)
    split = ["test" if number % 4 == 3 else "train" for number in range(num)]
    regions = pl.DataFrame({"motif_onset_s": np.zeros(num), "motif_offset_s": 0.5 * tempo_N, "split": split})
    return MotifSong(song_NTF, BASE, regions)


def test_warped_renditions_are_alike() -> None:
    song = make_song()
    fitted = align_motifs(song, WarpConfig())
    warped_NTF = warp_song(song.song_NTF, fitted.warp)
    assert warped_NTF.std(axis=0).mean() < 0.3 * song.song_NTF.std(axis=0).mean()


def test_no_warp_changes_nothing() -> None:
    song = make_song(3)
    np.testing.assert_allclose(warp_song(song.song_NTF, null_warp(3)), song.song_NTF, atol=1e-6)


@pytest.mark.parametrize("num", [2, 12])
def test_the_figure_shows_renditions_before_and_after_by_duration(num: int) -> None:
    song = make_song(num)
    fitted = align_motifs(song, WarpConfig(kind="shift"))
    figure = plot_alignment(song, fitted, np.linspace(400, 8000, 8))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[0].endswith("before alignment")
    assert titles[5].endswith("Template")
    rows_NT = np.asarray(figure.axes[0].images[0].get_array())
    assert rows_NT.shape == (num, 60)
    last_N = [np.flatnonzero(row > 0.3)[-1] for row in rows_NT]
    assert last_N == sorted(last_N)
    warps = figure.axes[4].lines
    assert len(warps) == num + 1


def test_the_search_shows_each_kind_once_with_its_best_penalty() -> None:
    rows = [
        (kind, knots, penalty, r2, r2 - 0.1 * penalty, r2 - 0.02)
        for kind, knots, r2 in (("none", 1, 0.3), ("linear", 1, 0.6), ("piecewise", 1, 0.7), ("piecewise", 2, 0.69))
        for penalty in (0.01, 0.1)
    ]
    names = ["kind", "num_knots", "warp_penalty", "train_r2", "validation_r2", "test_r2"]
    table = pl.DataFrame(rows, names, orient="row").with_columns(
        *(pl.lit(0.02).alias(f"{part}_r2_sd") for part in ("train", "validation", "test")), num_folds=pl.lit(5)
    )
    axes = plot_warp_search(table).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["none", "line", "1 knot", "2 knots"]
    validation = np.asarray(axes.containers[1][0].get_ydata(), np.float64)
    np.testing.assert_allclose(validation, [0.299, 0.599, 0.699, 0.689])
