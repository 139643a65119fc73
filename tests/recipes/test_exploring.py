"""Exploring tables of codes whose truth is known: Gaussian clusters, of which half are shifted on one day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.inference.projection import load_projection
from subsong.inference.tables import write_codes
from subsong.recipes.exploring import Explored, explore

NUM_ITEMS, NUM_DAYS = 240, 3


def make_codes(shift: float = 0.0) -> tuple[pl.DataFrame, np.ndarray]:
    """Return items of three labels and three days, five recordings a day; the last day lies `shift` away."""
    rng = np.random.default_rng(0)
    kind, recording = np.arange(NUM_ITEMS) % 3, np.arange(NUM_ITEMS) // 16
    day = recording // 5
    codes = rng.normal(0, 0.3, (NUM_ITEMS, 4)) + 4 * np.eye(3, 4)[kind]
    codes[day == NUM_DAYS - 1, 3] += shift
    items = pl.DataFrame(
        {
            "source": [f"song{number}.wav" for number in recording],
            "row": np.arange(NUM_ITEMS) % 16,
            "label": [f"0{number}" for number in kind],
            "day": [f"day{number}" for number in day],
            "mean_pitch_hz": 1000 + 100 * codes[:, 0],
            "mean_entropy": rng.normal(size=NUM_ITEMS),
        }
    )
    return items, codes


def write_bird(folder: Path, name: str = "bird.parquet", shift: float = 0.0) -> Path:
    path = folder / name
    write_codes(path, *make_codes(shift))
    return path


@pytest.fixture(autouse=True, scope="module")
def _quick() -> Iterator[None]:
    """Try few numbers of clusters, and lay out no map but that of principal components: UMAP has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("subsong.reports.exploration.clusters._NUMBERS", (1, 2, 3, 4))
        patch.setattr("subsong.recipes.exploring._KINDS", ("pca",))
        patch.setattr("subsong.recipes.part_pages._FIGURE_SUFFIXES", ())
        yield


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    folder = tmp_path_factory.mktemp("explored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("subsong.recipes.part_pages._FIGURE_SUFFIXES", (".png", ".pdf"))
        return explore(write_bird(folder, shift=2.0), folder / "out", by="day")


def read(explored: Explored, name: str) -> pl.DataFrame:
    return pl.read_csv(explored.report_path.parent / name, schema_overrides={"label": pl.String, "told": pl.String})


def test_the_page_names_every_table_and_every_figure_is_a_file(explored: Explored) -> None:
    folder, page = explored.report_path.parent, explored.report_path.read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page.replace("https://www.w3.org", "")
    for table in folder.glob("*.csv"):
        assert table.name in page
    pictures, prints = (sorted((folder / "figures").glob(f"*{suffix}")) for suffix in (".png", ".pdf"))
    assert [path.stem for path in pictures] == [path.stem for path in prints]
    assert page.count("<figure ") == len(pictures)


def test_labels_that_are_apart_are_told(explored: Explored) -> None:
    labels = read(explored, "labels.csv")
    assert labels["label"].to_list() == ["00", "01", "02"]
    assert labels["told_right"].to_list() == [1.0, 1.0, 1.0]
    assert (explored.items["told_label"] == explored.items["label"]).all()
    assert read(explored, "confusion.csv")["num_items"].sum() == NUM_ITEMS


def test_clusters_that_are_there_are_found_and_given_to_items(tmp_path: Path) -> None:
    done = explore(write_bird(tmp_path), tmp_path / "out")
    pairs = done.items.select("label", "cluster").unique()
    assert len(pairs) == pairs["label"].n_unique() == pairs["cluster"].n_unique() == 3
    scores = pl.read_csv(tmp_path / "out" / "clusters.csv")
    assert scores.sort("bic")["num_clusters"][0] == 3


def test_the_day_that_differs_is_told_from_those_that_do_not(explored: Explored) -> None:
    table = read(explored, "mmd.csv")
    is_shifted = (pl.col("first") == "day2") | (pl.col("second") == "day2")
    assert table.filter(is_shifted)["q_value"].to_list() < [0.05, 0.05]
    assert table.filter(~is_shifted)["p_value"][0] > 0.05


def test_a_feature_of_the_latents_is_told_and_noise_is_not(explored: Explored) -> None:
    told = dict(read(explored, "features.csv").select("name", "r2").iter_rows())
    assert told["mean_pitch_hz"] > 0.9
    assert told["mean_entropy"] < 0.1


def test_variability_is_given_by_value_by_label_and_within_labels(explored: Explored) -> None:
    assert read(explored, "variability.csv")["group"].to_list() == ["day0", "day1", "day2"]
    assert read(explored, "variability_by_label.csv").height == 3
    within = read(explored, "variability_within_labels.csv")
    assert within.height == 9
    assert (within["low"] <= within["variability"]).all()


def test_the_saved_map_places_items_where_the_table_says(explored: Explored) -> None:
    codes = make_codes(shift=2.0)[1]
    places = load_projection(explored.report_path.parent / "projections" / "pca").transform(codes)
    assert np.allclose(places, explored.items.select("pca_1", "pca_2").to_numpy())


def test_another_format_gives_the_same_files(tmp_path: Path, explored: Explored) -> None:
    explore(write_bird(tmp_path, "bird.npz", shift=2.0), tmp_path / "out", by="day")
    for name in ("labels.csv", "clusters.csv", "mmd.csv", "variability.csv", "features.csv", "items.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (explored.report_path.parent / name).read_bytes()


def test_tables_of_several_birds_are_compared_by_table(tmp_path: Path) -> None:
    paths = [write_bird(tmp_path, "tutor.parquet"), write_bird(tmp_path, "pupil.csv", shift=3.0)]
    done = explore(paths, tmp_path / "out", by="table")
    assert done.items["table"].value_counts().sort("table").rows() == [("pupil", NUM_ITEMS), ("tutor", NUM_ITEMS)]
    assert any("taken as one set" in warning for warning in done.warnings)
    mmd = pl.read_csv(tmp_path / "out" / "mmd.csv")
    assert mmd.select("first", "second").rows() == [("pupil", "tutor")]
    assert mmd["p_value"][0] < 0.05


def test_of_many_items_a_sample_is_explored_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subsong.recipes.exploring._MAX_ITEMS", 100)
    done = explore(write_bird(tmp_path), tmp_path / "out", seed=3)
    assert done.items["cluster"].count() == done.num_explored == 100
    assert done.items["pca_1"].null_count() == 0
    assert "random sample of 100 of the 240 items was explored (seed 3)" in done.report_path.read_text()


def test_codes_alone_are_enough_and_every_stage_is_told_to_its_end(tmp_path: Path) -> None:
    told: dict[str, tuple[int, int]] = {}
    codes = make_codes()[1]
    write_codes(tmp_path / "bare.parquet", pl.DataFrame({"row": np.arange(NUM_ITEMS)}), codes)
    out = tmp_path / "out"
    done = explore(tmp_path / "bare.parquet", out, progress=lambda *said: told.update({said[0]: said[1:]}))
    assert done.items["cluster"].n_unique() == 3
    assert told
    assert all(number == total for number, total in told.values())
    assert not (tmp_path / "out" / "labels.csv").exists()


def test_items_of_shared_recordings_are_shuffled_one_by_one_with_a_warning(tmp_path: Path) -> None:
    done = explore(write_bird(tmp_path), tmp_path / "out", by="label")
    assert any("items were shuffled" in warning for warning in done.warnings)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("dey", "did you mean 'day'"),
        ("constant", "column 'constant' has 1 value"),
        ("mean_entropy", "240 different values"),
    ],
)
def test_a_column_that_compares_nothing_is_refused(tmp_path: Path, by: str, said: str) -> None:
    items, codes = make_codes()
    write_codes(tmp_path / "bird.parquet", items.with_columns(constant=pl.lit("a")), codes)
    with pytest.raises(SubsongError, match=said):
        explore(tmp_path / "bird.parquet", tmp_path / "out", by=by)


def test_too_few_items_and_items_that_are_all_the_same_are_refused(tmp_path: Path) -> None:
    items, codes = make_codes()
    write_codes(tmp_path / "few.csv", items[:19], codes[:19])
    with pytest.raises(SubsongError, match="19 items are too few"):
        explore(tmp_path / "few.csv", tmp_path / "out")
    write_codes(tmp_path / "flat.csv", items, np.ones_like(codes))
    with pytest.raises(SubsongError, match="same latent code"):
        explore(tmp_path / "flat.csv", tmp_path / "out")


def test_nothing_but_an_exploration_is_replaced_and_only_when_asked(tmp_path: Path) -> None:
    path, out = write_bird(tmp_path), tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("dear")
    with pytest.raises(SubsongError, match="something else"):
        explore(path, out, overwrite=True)
    with pytest.raises(SubsongError, match="would be replaced"):
        explore(path, tmp_path, overwrite=True)
    (out / "thesis.txt").unlink()
    (out / "exploration.json").write_text("{}")
    with pytest.raises(SubsongError, match="--overwrite"):
        explore(path, out)
    explore(path, out, seed=1, overwrite=True)
    assert json.loads((out / "exploration.json").read_text())["seed"] == 1
