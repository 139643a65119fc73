"""Trajectories from a model and song to a page: plain song, and a dataset of motifs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from inference.sliding import LATENT_DIM, WINDOW_S, Colony, make_colony
from subsong.core.errors import SubsongError
from subsong.inference.projection import load_projection
from subsong.inference.sequences import read_sequences
from subsong.recipes import use
from subsong.recipes.trajectories import Trajectories, TrajectoryOptions, draw_trajectories

QUICK = TrajectoryOptions(kinds=("pca",), hop_s=0.02)


@pytest.fixture(autouse=True, scope="module")
def _quick() -> Iterator[None]:
    """Write each figure once: that it can be a PDF too, other tests know."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("subsong.recipes.part_pages._FIGURE_SUFFIXES", (".png",))
        yield


@pytest.fixture(scope="module")
def colony(tmp_path_factory: pytest.TempPathFactory) -> Colony:
    return make_colony(tmp_path_factory.mktemp("colony"), num_songs=8)


@pytest.fixture(scope="module")
def plain(colony: Colony, tmp_path_factory: pytest.TempPathFactory) -> Trajectories:
    out = tmp_path_factory.mktemp("plain") / "out"
    return draw_trajectories(colony.model, colony.windows, out, QUICK._replace(by="context"), device="cpu")


@pytest.fixture(scope="module")
def warped(colony: Colony, tmp_path_factory: pytest.TempPathFactory) -> Trajectories:
    out = tmp_path_factory.mktemp("warped") / "out"
    return draw_trajectories(colony.model, colony.motifs, out, QUICK._replace(by="context"), device="cpu")


def test_the_page_holds_every_figure_and_names_every_table(plain: Trajectories, warped: Trajectories) -> None:
    for done in (plain, warped):
        folder, page = done.report_path.parent, done.report_path.read_text()
        assert page.count("<figure ") == len(list((folder / "figures").glob("*.png")))
        assert "https://" not in page.replace("https://www.w3.org", "")
        for table in folder.glob("*.csv"):
            assert table.name in page
        described = json.loads((folder / "trajectories.json").read_text())
        assert described["num_windows"] == done.items.height


def test_windows_are_written_with_codes_and_places(plain: Trajectories) -> None:
    folder = plain.report_path.parent
    sequences = read_sequences(folder / "windows.parquet")
    assert sequences.num_sequences == plain.num_sequences
    places = load_projection(folder / "projections" / "pca").transform(sequences.latents_NL.astype(np.float64))
    np.testing.assert_allclose(places, sequences.items.select("pca_1", "pca_2").to_numpy(), atol=1e-5)


def test_plain_song_has_maps_and_a_stretch_and_no_motif(plain: Trajectories) -> None:
    folder = plain.report_path.parent
    names = {path.stem for path in (folder / "figures").glob("*.png")}
    assert names == {"pca_by_time", "pca_by_context", "stretch"}
    stretch = pl.read_csv(folder / "stretch.csv")
    np.testing.assert_allclose(np.diff(stretch["time_s"]), QUICK.hop_s, atol=1e-9)


def test_motifs_have_traces_and_variability_of_each_context(warped: Trajectories) -> None:
    folder = warped.report_path.parent
    names = {path.stem for path in (folder / "figures").glob("*.png")}
    assert names == {"pca_by_time", "pca_by_context", "traces", "variability_along"}
    overall = pl.read_csv(folder / "variability.csv")
    assert overall["context"].to_list() == ["directed", "undirected"]
    contrast = pl.read_csv(folder / "contrast.csv")
    assert contrast.select("first", "second").row(0) == ("directed", "undirected")
    along = pl.read_csv(folder / "variability_along.csv")
    starts = warped.items["template_start_s"].unique().to_numpy()
    assert np.isin((along["time_s"].to_numpy() - WINDOW_S / 2).round(9), starts.round(9)).all()
    assert "less variable: directed than undirected" in warped.report_path.read_text()


def test_the_same_seed_gives_the_same_tables(colony: Colony, plain: Trajectories, tmp_path: Path) -> None:
    options = QUICK._replace(by="context")
    again = draw_trajectories(colony.model, colony.windows, tmp_path / "again", options, device="cpu")
    for name in ("stretch.csv", "windows.parquet"):
        assert (tmp_path / "again" / name).read_bytes() == (plain.report_path.parent / name).read_bytes()
    assert again.items.equals(plain.items)


def test_of_long_song_regions_are_drawn_at_random_and_said(colony: Colony, tmp_path: Path) -> None:
    told: dict[str, tuple[int, int]] = {}
    options = QUICK._replace(max_windows=100, seed=2)
    done = draw_trajectories(
        colony.model, colony.songs, tmp_path / "out", options, progress=lambda *said: told.update({said[0]: said[1:]})
    )
    assert done.items.height <= 100
    assert "regions were drawn at random (seed 2)" in done.warnings[0]
    assert all(number == total for number, total in told.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (QUICK._replace(by="contxt"), r"no column 'contxt' to compare by: did you mean 'context'\?"),
        (QUICK._replace(by="individual"), "column 'individual' has 1 value: expected 2 to 12"),
        (QUICK._replace(kinds=("strand",)), r"no map is called 'strand'; did you mean 'strands'\?"),  # type: ignore
        (QUICK._replace(hop_s=0.0), "expected more than 0"),
        (QUICK._replace(hop_s=1e-7), "no less than from one sample"),
    ],
)
def test_what_cannot_be_drawn_is_refused(colony: Colony, tmp_path: Path, options: TrajectoryOptions, said: str) -> None:
    with pytest.raises(SubsongError, match=said):
        draw_trajectories(colony.model, colony.windows, tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_nothing_but_trajectories_is_replaced_and_only_when_asked(colony: Colony, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("dear")
    arguments: tuple[Any, ...] = (colony.model, colony.windows)
    with pytest.raises(SubsongError, match="something else than trajectories"):
        draw_trajectories(*arguments, out, QUICK, overwrite=True)
    with pytest.raises(SubsongError, match="would be replaced"):
        draw_trajectories(*arguments, colony.windows.parent, QUICK, overwrite=True)
    (out / "thesis.txt").unlink()
    (out / "trajectories.json").write_text("{}")
    with pytest.raises(SubsongError, match="or --overwrite"):
        draw_trajectories(*arguments, out, QUICK)
    draw_trajectories(*arguments, out, QUICK, overwrite=True)
    assert json.loads((out / "trajectories.json").read_text())["by"] is None


@pytest.mark.parametrize("suffix", [".parquet", ".npz"])
def test_embedding_recordings_gives_the_sequences_of_their_store(colony: Colony, tmp_path: Path, suffix: str) -> None:
    options = use.SlidingOptions(hop_s=0.05)
    paths = [tmp_path / f"{name}{suffix}" for name in ("store", "songs")]
    for path, data in zip(paths, (colony.windows, colony.songs), strict=True):
        shape = use.embed_windows(colony.model, data, path, options, device="cpu")
    one, other = map(read_sequences, paths)
    assert shape.num_windows == other.items.height
    assert one.latents_NL.shape[1] == LATENT_DIM
    np.testing.assert_allclose(one.latents_NL, other.latents_NL, atol=1e-5)
    assert one.items.equals(other.items)


def test_recordings_without_regions_are_refused(colony: Colony, tmp_path: Path) -> None:
    wav = next(colony.songs.rglob("*.wav"))
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "song.wav").write_bytes(wav.read_bytes())
    with pytest.raises(SubsongError):
        use.embed_windows(colony.model, tmp_path / "bare", tmp_path / "out.csv", device="cpu")
    assert not (tmp_path / "out.csv").exists()
