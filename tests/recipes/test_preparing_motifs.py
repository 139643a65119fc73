"""Motifs by one call each: prepared, aligned again, and searched for the best warp."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import subsong
from subsong.core.errors import SubsongError
from subsong.datasets.motifs.store import load_motifs
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.cross_validation import build_candidates, cross_validate_warps
from subsong.recipes import preparing_motifs
from subsong.recipes.preparing_motifs import add_motif, describe_motifs, describe_warp
from subsong.synthesis.song import SongOptions, write_songs

SMALL = {"spectrogram.num_freq_bins": 24, "spectrogram.hop_size": 400, "warp.num_iterations": 3}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    options = SongOptions(
        num_birds=1, num_days=1, num_songs=6, num_motifs=(2, 2), motif_fidelity=1.0, tempo_spread=0.05,
        reverberation_s=0.0,
    )  # fmt: skip
    write_songs(folder, options, seed=2)
    return folder


@pytest.fixture(scope="module")
def prepared(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("store") / "motifs"
    made = subsong.prepare_motifs(songs, out, overrides={"motif": "abcde", **SMALL}, num_workers=1)
    assert made.num_renditions == 12
    return out


@pytest.fixture
def store(prepared: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may change."""
    shutil.copytree(prepared, tmp_path / "motifs")
    return tmp_path / "motifs"


@pytest.fixture
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(base: WarpConfig) -> list[WarpConfig]:
        return build_candidates((1,), (0.01,), base=base)

    monkeypatch.setattr(preparing_motifs, "build_candidates", build)


def test_prepared_motifs_have_a_warp_and_a_figure_of_it(prepared: Path) -> None:
    assert (prepared / "warp/warp.png").stat().st_size > 10_000
    assert load_motifs(prepared).reading.motif == "abcde"


def test_a_store_is_aligned_again_with_what_is_set(store: Path) -> None:
    warped = subsong.warp_motifs(store, {"num_knots": 2})
    motifs = load_motifs(store)
    assert motifs.alignment.fitted.warp.x_knots_NK.shape == (12, 4)
    assert motifs.reading.warp == warped.config
    assert (warped.after["after"] > warped.before["before"]).all()
    assert (store / "warp/warp.png").is_file()


def test_knots_alone_mean_pieces_when_preparing_too(songs: Path, tmp_path: Path) -> None:
    settings = {"motif": "abcde", **SMALL, "warp.num_iterations": 1, "warp.num_knots": 2}
    assert subsong.prepare_motifs(songs, tmp_path / "out", overrides=settings).reading.warp.kind == "piecewise"


def test_knots_do_not_stay_with_another_kind_of_warp(store: Path) -> None:
    subsong.warp_motifs(store, {"kind": "piecewise", "num_knots": 2, "num_iterations": 1})
    assert subsong.warp_motifs(store, {"num_iterations": 2}).config.num_knots == 2
    assert subsong.warp_motifs(store, {"kind": "shift"}).config.num_knots == 1


def test_anchors_tell_how_well_moments_are_aligned(store: Path, songs: Path) -> None:
    errors_ms = subsong.warp_motifs(store, anchors=songs / "segments.csv").anchor_errors_ms
    assert errors_ms["after"] == errors_ms["before"] < 0.5 * errors_ms["none"]


@pytest.mark.usefixtures("few_candidates")
def test_a_search_by_anchors_takes_what_brings_them_together(store: Path, songs: Path) -> None:
    warped = subsong.warp_motifs(store, search="anchors", anchors=songs / "segments.csv")
    assert warped.candidates is not None
    best = warped.candidates.sort("error_ms").row(0, named=True)
    assert (warped.config.kind, warped.config.warp_penalty) == (best["kind"], best["warp_penalty"])
    assert pl.read_csv(store / "warp/search.csv").height == warped.candidates.height
    assert any("ms with this one" in line for line in describe_warp(warped))


@pytest.mark.usefixtures("few_candidates")
@pytest.mark.slow
def test_a_cross_validated_search_never_sees_the_test_renditions(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []

    def watch(spec_NTF: np.ndarray, *args: object, **kwargs: object) -> pl.DataFrame:
        seen.append(spec_NTF)
        return cross_validate_warps(spec_NTF, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(preparing_motifs, "cross_validate_warps", watch)
    warped = subsong.warp_motifs(store, search="cross-validation")
    splits = load_motifs(store).frames.regions["split"].to_list()
    assert len(seen[0]) == 12 - splits.count("test") < 12
    assert warped.config.kind in ("linear", "piecewise")
    assert (store / "warp/search.png").stat().st_size > 5_000


def test_a_search_by_anchors_without_anchors_is_refused(store: Path) -> None:
    with pytest.raises(SubsongError, match="needs some"):
        subsong.warp_motifs(store, search="anchors")


def test_a_motif_of_digits_stays_a_label() -> None:
    assert add_motif(["a=1"], "12") == ["a=1", 'motif="12"']
    assert add_motif(None, "[a1, b]") == ["motif=[a1, b]"]
    assert add_motif(None, None) == []


def test_what_was_left_out_is_told(songs: Path, tmp_path: Path) -> None:
    settings = {"motif": "abcde", "max_tempo_change": 0.02, "warp.kind": "shift", **SMALL}
    made = subsong.prepare_motifs(songs, tmp_path / "out", overrides=settings, num_workers=1)
    assert any("is of odd tempo" in line for line in describe_motifs(made))
