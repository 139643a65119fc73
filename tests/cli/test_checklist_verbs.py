"""Each verb on checklists, from files as eBird hands them out, or from a table, to what people take home."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.made_lists import TINY, Files, Trained, make_files, train_lists

from subsong.cli.main import run
from subsong.datasets.checklist_store import load_checklists
from subsong.evaluation.store import load_evaluation
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.load import load_model
from subsong.recipes import use
from subsong.recipes.base import PredictOptions
from subsong.recipes.catalogue import load_recipe
from subsong.recipes.prepare import prepare_checklists
from subsong.recipes.run import load_run


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the same lists in every form."""
    return make_files(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="session")
def trained(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Return a run with covariates, prepared, trained and evaluated by the commands."""
    return train_lists(files, tmp_path_factory.mktemp("trained"))


@pytest.fixture
def model(trained: Trained) -> TrainedChecklistVae:
    """Return the trained model in Python."""
    loaded = load_model(trained.path)
    assert isinstance(loaded, TrainedChecklistVae)
    return loaded


def read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=None)


# prepare, inspect


def test_prepare_prints_what_each_step_left(files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prepare", "checklists", str(files.ebird), "--out", str(tmp_path / "store")]) == 0
    said = capsys.readouterr().out
    assert "what each step left" in said
    for step in ("with a sampling event", "complete lists", "shared lists merged", "duration up to 360 min"):
        assert step in said
    assert said.rstrip().endswith(str(tmp_path / "store"))


def test_a_store_holds_the_lists_the_files_were_made_from(files: Files, trained: Trained) -> None:
    lists, made = load_checklists(trained.store).checklists, files.made.checklists
    assert set(lists.items["list"]) == set(made.items["list"])
    assert lists.counts.nnz == made.counts.nnz
    assert (np.diff(lists.counts.indptr) == 0).any()


def test_prepare_in_python_writes_the_same_store(files: Files, trained: Trained, tmp_path: Path) -> None:
    prepare_checklists(files.ebird, tmp_path / "store")
    names = sorted(path.name for path in trained.store.iterdir())
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == names
    assert all((tmp_path / "store" / name).read_bytes() == (trained.store / name).read_bytes() for name in names)


def test_prepare_overwrites_only_when_told_so(files: Files, tmp_path: Path) -> None:
    command = ["prepare", "checklists", str(files.table), "--out", str(tmp_path / "store")]
    assert run(command) == 0
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "store").iterdir()}
    assert run(command) == 2
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "store").iterdir()} == before
    assert run([*command, "--overwrite", "--set", "table.species_columns=C*"]) == 0
    assert all(key.startswith("C") for key in load_checklists(tmp_path / "store").checklists.species["key"])


@pytest.mark.parametrize(
    ("setting", "step"),
    [("ebird.max_duration_min=60", "duration up to 60 min"), ("ebird.min_list_species=2", "lists with at least 2")],
)
def test_options_of_the_reader_change_what_is_kept(
    setting: str, step: str, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prepare", "checklists", str(files.ebird), "--out", str(tmp_path / "store"), "--set", setting]) == 0
    assert step in capsys.readouterr().out
    opened = load_checklists(tmp_path / "store")
    assert opened.manifest.num_lists < files.made.checklists.items.height
    name, value = setting.removeprefix("ebird.").split("=")
    assert opened.manifest.parameters["ebird"][name] == int(value)


def test_filters_can_be_switched_off(files: Files, tmp_path: Path) -> None:
    settings = ["--set", "ebird.complete_only=false", "--set", "ebird.protocols=null"]
    assert run(["prepare", "checklists", str(files.ebird), "--out", str(tmp_path / "store"), *settings]) == 0
    opened = load_checklists(tmp_path / "store").checklists
    assert opened.unknown is not None
    assert opened.items.height > files.made.checklists.items.height


def test_inspect_shows_lists_species_and_gaps_and_writes_species(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", str(files.table), "--out", str(tmp_path / "species.csv")]) == 0
    said = capsys.readouterr().out
    assert "240 lists, 24 species" in said
    assert "24 cells unknown" in said.replace("\n", "")
    assert "duration_min" in said
    species = read(tmp_path / "species.csv")
    gappy = files.made.checklists.species["key"][0]
    assert species.filter(pl.col("key") == gappy)["num_known"].item() == 216
    assert species["num_lists"].is_sorted(descending=True)


def test_inspect_cuts_no_name_where_nobody_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    name = "Name " * 40 + "end"
    (tmp_path / "lists.csv").write_text(f"list,{name}\nL1,1\n")
    assert run(["inspect", str(tmp_path / "lists.csv")]) == 0
    said = capsys.readouterr().out
    assert name in said
    assert said.startswith(
        "1 list, 1 species, 1 detection; 1.0 species a list (1 to 1), 0 lists empty; 0 cells unknown\n"
    )


def test_inspect_shows_a_model_and_writes_its_species(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", str(trained.path), "--out", str(tmp_path / "species.parquet")]) == 0
    said = capsys.readouterr().out
    assert "24 species" in said
    assert "duration_min, hour" in said
    for key, name in load_checklists(trained.store).checklists.species.select("key", "name").rows():
        assert any(key in line and name in line for line in said.splitlines())
    assert read(tmp_path / "species.parquet")["key"].to_list() == json.loads(
        (trained.path / "model" / "labels.json").read_text()
    )


# train, evaluate, report


@pytest.mark.parametrize("form", ["ebird", "table"])
def test_train_reads_every_form_directly(form: str, files: Files, tmp_path: Path) -> None:
    arguments = ["train", "checklist-vae", "--data", str(getattr(files, form)), "--root", str(tmp_path)]
    assert run([*arguments, *TINY, "--set=training.num_epochs=1"]) == 0
    (path,) = tmp_path.iterdir()
    assert len(json.loads((path / "model" / "labels.json").read_text())) == 24


def test_the_store_and_the_file_it_was_read_from_train_the_same_model(
    files: Files, trained: Trained, tmp_path: Path
) -> None:
    arguments = ["train", "checklist-vae", "--data", str(files.ebird), "--root", str(tmp_path)]
    assert run([*arguments, "--set=data.covariates=[duration_min, hour]", *TINY]) == 0
    (path,) = tmp_path.iterdir()
    weights = [(folder / "model" / "model.safetensors").read_bytes() for folder in (path, trained.path)]
    assert weights[0] == weights[1]


def test_evaluation_has_both_parts_beside_baselines(trained: Trained) -> None:
    results = load_run(trained.path).results
    assert results.split == "test"
    for part in ("random", "blocked"):
        found = results.metrics[f"ndcg_100_{part}"]
        assert 0 <= found.value <= 1
        assert set(found.baselines) >= {"prevalence", "EASE"}
    store = load_evaluation(trained.path / "evaluation" / "final")
    assert {"item_list", "item_locality", "item_part", "item_covariate_duration_min", "ndcg_100_ease"} <= set(
        store.losses.columns
    )


def test_evaluate_scores_other_lists_with_a_model_folder(trained: Trained, files: Files, tmp_path: Path) -> None:
    out = tmp_path / "scores"
    arguments = ["evaluate", str(trained.path / "model"), "--data", str(files.table), "--out", str(out), "--samples=0"]
    assert run(arguments) == 0
    assert len(load_evaluation(out)) == 240
    results = json.loads((out / "results.json").read_text())
    assert results["split"] == "lists.csv"
    assert "importance_weighted" not in results["metrics"]


def test_evaluate_of_other_lists_goes_among_those_of_the_run(
    trained: Trained, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(trained.path), "--data", str(files.table), "--samples=0"]) == 0
    folder = trained.path / "evaluation" / "lists.csv"
    assert capsys.readouterr().out.rstrip().endswith(str(folder))
    assert len(load_evaluation(folder)) == 240


def test_report_is_one_offline_page_with_the_species(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    # UMAP is compiled for half a minute; the report of digits draws with it.
    monkeypatch.setattr("subsong.reports.latent.lay_out_by_umap", lambda latents, start, seed, options: start)
    assert run(["report", str(trained.path)]) == 0
    page = (trained.path / "report.html").read_text()
    assert 'src="http' not in page
    for heading in ("Hidden species found", "Calibration of probabilities", "Latents and effort", "What was left out"):
        assert f"<h3>{heading}" in page


# embed, near


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".npz"])
def test_embed_writes_codes_with_the_ids_of_lists(
    suffix: str, trained: Trained, model: TrainedChecklistVae, tmp_path: Path
) -> None:
    out = tmp_path / f"codes{suffix}"
    assert run(["embed", str(trained.path), str(trained.store), "--out", str(out), "--batch-size", "7"]) == 0
    ids = load_checklists(trained.store).checklists.items["list"].to_list()
    if suffix == ".npz":
        content = np.load(out, allow_pickle=False)
        assert content["list"].tolist() == ids
        codes = content["z"]
    else:
        table = read(out)
        assert table["list"].to_list() == ids
        codes = table.select(pl.selectors.starts_with("z")).to_numpy()
    assert codes.shape == (240, 4)
    np.testing.assert_allclose(codes, model.embed(trained.store), rtol=0, atol=1e-6)


def test_species_are_matched_by_name_whatever_the_form(
    trained: Trained, files: Files, model: TrainedChecklistVae, tmp_path: Path
) -> None:
    ids = load_checklists(trained.store).checklists.items["list"].to_list()
    lists = files.made.checklists
    cells = pl.DataFrame((lists.counts.toarray() != 0).astype(np.int64), schema=lists.species["key"].to_list())
    shuffled = pl.concat(
        [lists.items.select("list"), cells.select(reversed(cells.columns))], how="horizontal"
    ).reverse()
    shuffled.write_csv(tmp_path / "shuffled.csv")
    codes = dict(zip(shuffled["list"], model.embed(tmp_path / "shuffled.csv"), strict=True))
    np.testing.assert_allclose(np.stack([codes[name] for name in ids]), model.embed(trained.store), atol=1e-6)


def test_near_lists_writes_neighbours_as_python_finds_them(
    trained: Trained, files: Files, model: TrainedChecklistVae, tmp_path: Path
) -> None:
    out = tmp_path / "near.csv"
    command = ["near", "lists", str(trained.path), str(trained.store), "--top", "3", "--out", str(out)]
    assert run(command) == 0
    table = read(out)
    assert table.columns == ["list", "rank", "near", "distance"]
    assert len(table) == 3 * 240
    assert (table["list"] != table["near"]).all()
    assert table["near"].to_list() == model.find_near_lists(trained.store, trained.store, 3)["near"].to_list()
    assert run([*command, "--among", str(files.table)]) == 0
    assert set(read(out)["near"]) <= set(pl.read_csv(files.table)["list"])


def test_near_lists_of_another_file_may_have_equal_ids(trained: Trained, files: Files, tmp_path: Path) -> None:
    out = tmp_path / "near.CSV"
    command = ["near", "lists", str(trained.path), str(trained.store), "--among", str(files.table), "--top", "240"]
    assert run([*command, "--out", str(out)]) == 0
    table = pl.read_csv(out, infer_schema_length=None)
    assert len(table) == 240 * 240
    assert (table["list"] == table["near"]).sum() == 240


def test_near_species_are_found_by_either_name(
    trained: Trained, model: TrainedChecklistVae, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for name in model.species.row(3):
        capsys.readouterr()
        assert run(["near", "species", str(trained.path), name, "--top", "4"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    expected = use.find_near_species(trained.path, model.species["key"][3], 4)
    assert [key in line for key, line in zip(expected["species"], said[0].splitlines(), strict=True)] == [True] * 4


# predict, sample


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_predict_completes_a_file(suffix: str, trained: Trained, tmp_path: Path) -> None:
    out = tmp_path / f"more{suffix}"
    assert run(["predict", str(trained.path), str(trained.store), "--top", "5", "--out", str(out)]) == 0
    table = read(out)
    assert table.columns == ["list", "rank", "species", "name", "probability", "shown"]
    assert len(table) == 5 * 240
    assert not table["shown"].any()
    assert table.group_by("list").agg(pl.col("probability").is_sorted(descending=True))["probability"].all()
    expected = use.predict_data(trained.path, trained.store, PredictOptions(num_top=5))
    assert table["species"].to_list() == expected["species"].to_list()


def test_predict_takes_a_list_by_either_name_and_the_circumstances(
    trained: Trained, model: TrainedChecklistVae, tmp_path: Path
) -> None:
    (first, _), (_, second) = model.species.row(2), model.species.row(7)
    tables = []
    for number, minutes in enumerate((5, 240)):
        out = tmp_path / f"{number}.parquet"
        arguments = ["--species", f" {first}, {second},", "--given", f"duration_min={minutes}", "--given", "hour=7"]
        assert run(["predict", str(trained.path), *arguments, "--out", str(out), "--top", "0"]) == 0
        tables.append(read(out))
    assert len(tables[0]) == 22
    assert not {first, model.species["key"][7]} & set(tables[0]["species"])
    assert tables[0]["probability"].to_list() != tables[1]["probability"].to_list()
    options = PredictOptions(num_top=None, covariates={"duration_min": 240.0, "hour": 7.0})
    assert tables[1].equals(use.predict_data(trained.path, [first, second], options))


def test_predict_can_show_the_species_of_the_list_and_think_more_is_missed(
    trained: Trained, model: TrainedChecklistVae, tmp_path: Path
) -> None:
    tables = []
    for number, more in enumerate(([], ["--include-shown"], ["--include-shown", "--missed", "0.9"])):
        out = tmp_path / f"{number}.parquet"
        species = ["--species", model.species["key"][2]]
        assert run(["predict", str(trained.path), *species, "--top", "0", "--out", str(out), *more]) == 0
        tables.append(read(out))
    plain, shown, missed = tables
    assert [len(table) for table in tables] == [23, 24, 24]
    assert shown.filter("shown")["species"].to_list() == [model.species["key"][2]]
    pair = plain.join(missed, on="species").select("probability", "probability_right")
    assert (pair["probability_right"] > pair["probability"]).all()


def test_predict_without_a_file_prints_some_lists(
    trained: Trained, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", str(trained.path), str(files.table), "--top", "2"]) == 0
    said = capsys.readouterr().out
    assert f"list {files.made.checklists.items['list'][0]}" in said
    assert "and 235 more lists" in said


def test_predict_says_where_the_missed_share_does_nothing(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "checklist-vae", "--data", str(files.table), "--root", str(tmp_path), *TINY]
    assert run([*arguments, "--set=training.num_epochs=1", "--set=model.likelihood={kind: multinomial}"]) == 0
    (path,) = tmp_path.iterdir()
    for more, is_said in (([], False), (["--missed", "0.5"], True)):
        capsys.readouterr()
        assert run(["predict", str(path), str(files.table), *more]) == 0
        assert ("--missed does nothing" in capsys.readouterr().err) == is_said
    assert load_recipe("checklist-vae").name_samples(load_model(path)) == "samples.npy"


def test_sample_has_a_default_that_fits(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["sample", str(trained.path), "--num", "3"]) == 0
    assert capsys.readouterr().out.strip() == "samples.csv"
    assert read(tmp_path / "samples.csv").height == 3


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npy"])
def test_sample_writes_made_up_lists(suffix: str, trained: Trained, tmp_path: Path) -> None:
    contents = []
    for seed in (0, 0, 1):
        out = tmp_path / f"sample{suffix}"
        assert run(["sample", str(trained.path), "--out", str(out), "--num", "9", "--seed", str(seed)]) == 0
        contents.append(np.load(out) if suffix == ".npy" else read(out).drop("list").to_numpy())
    assert contents[0].shape == (9, 24)
    assert np.array_equal(contents[0], contents[1])
    assert not np.array_equal(contents[0], contents[2])
    if suffix != ".npy":
        assert set(np.unique(contents[0])) == {0, 1}
