"""Trained models of checklists in use: names, completion, neighbours, evaluation."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from scipy.sparse import csr_array

from subsong.core.errors import SubsongError
from subsong.datasets.checklist_splits import ChecklistSplitConfig, split_checklists
from subsong.datasets.checklists import ChecklistBatch, ChecklistDataset, take_lists
from subsong.datasets.covariates import fit_covariates
from subsong.evaluation.calibration import compute_brier
from subsong.evaluation.completion import compute_missed_probability, find_candidates
from subsong.evaluation.species_baselines import count_cooccurrence, fit_prevalence
from subsong.evaluation.store import load_evaluation
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.evaluate_checklists import evaluate_checklists
from subsong.inference.load import load_model
from subsong.inference.results import RESULTS_NAME, read_results
from subsong.inference.scoring import EvaluationOptions
from subsong.models.checklist_vae import ChecklistVaeConfig
from subsong.models.likelihoods import MultinomialConfig
from subsong.models.portable import ModelDescription, write_model
from subsong.sources.checklists import Checklists
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists

LISTS = make_checklists(ChecklistWorldOptions(num_lists=120, num_species=20, num_localities=30), seed=2).checklists
ENCODERS = fit_covariates(LISTS.covariates, ["duration_min"])


def build_model(**settings: object) -> TrainedChecklistVae:
    """Return an untrained model that knows the species of `LISTS`."""
    torch.manual_seed(3)
    config = ChecklistVaeConfig(latent_dim=4, covariate_dim=1, **settings)
    preprocessing = {
        "item_shape": [20],
        "value_range": [0, 1],
        "species_names": LISTS.species["name"].to_list(),
        "reading": {},
        "covariates": [encoder.model_dump(mode="json") for encoder in ENCODERS],
    }
    description = ModelDescription(
        "checklist-vae", config.model_dump(mode="json"), preprocessing, list(LISTS.species["key"])
    )
    return TrainedChecklistVae(config.build((20,)), description, torch.device("cpu"))


MODEL = build_model()


def reverse_species(lists: Checklists) -> Checklists:
    order = np.arange(lists.species.height)[::-1]
    return lists._replace(counts=lists.counts[:, order], species=lists.species[order])


def test_a_model_comes_back_from_its_folder_with_its_species(tmp_path: Path) -> None:
    write_model(tmp_path / "model", MODEL.module, MODEL.description)
    again = load_model(tmp_path / "model")
    assert isinstance(again, TrainedChecklistVae)
    assert again.species.equals(MODEL.species)
    assert again.encoders == MODEL.encoders
    assert np.array_equal(again.embed(again.prepare(LISTS)), MODEL.embed(MODEL.prepare(LISTS)))


def test_columns_in_another_order_give_the_same_codes() -> None:
    assert np.array_equal(MODEL.embed(MODEL.prepare(reverse_species(LISTS))), MODEL.embed(MODEL.prepare(LISTS)))


def test_unknown_and_missing_species_are_named(caplog: pytest.LogCaptureFixture) -> None:
    renamed = LISTS.species.with_columns(
        key=pl.Series(["Novus nomen", *LISTS.species["key"][1:]]), name=pl.lit(None, pl.String)
    )
    with caplog.at_level(logging.WARNING, "subsong"):
        dataset = MODEL.prepare(LISTS._replace(species=renamed))
    assert "1 species is unknown to the model and left out: Novus nomen" in caplog.text
    assert (
        f"1 of the model's 20 species has no column and counts as unknown, not as absent: {LISTS.species['key'][0]}"
        in caplog.text
    )
    mask = dataset.fetch(np.arange(3)).mask
    assert mask is not None
    assert mask.sum(dim=1).tolist() == [19] * 3


def test_lists_of_other_species_are_refused() -> None:
    other = pl.DataFrame({"key": [f"x{d}" for d in range(20)], "name": pl.Series([None] * 20, dtype=pl.String)})
    with pytest.raises(SubsongError, match="no species in common"):
        MODEL.prepare(LISTS._replace(species=other))


@pytest.mark.parametrize("batch_size", [1, 7])
def test_completion_does_not_depend_on_the_batch_size(batch_size: int) -> None:
    whole, parts = MODEL.complete(LISTS, batch_size=500), MODEL.complete(LISTS, batch_size=batch_size)
    assert whole.drop("probability").equals(parts.drop("probability"))
    assert whole["probability"].to_numpy() == pytest.approx(parts["probability"].to_numpy(), rel=1e-5)


def test_completion_leaves_out_what_is_on_the_list_and_falls_in_probability() -> None:
    table = MODEL.complete(LISTS, num_top=None)
    presence = LISTS.counts.toarray() != 0
    assert table.height == (~presence).sum()
    found = {
        (row, key)
        for row, keys in zip(LISTS.items["list"], presence, strict=True)
        for key in MODEL.species["key"].filter(keys)
    }
    assert not found & set(table.select("list", "species").rows())
    falls = table.group_by("list").agg((pl.col("probability").diff().drop_nulls() <= 0).all())
    assert falls["probability"].all()
    assert table.filter(pl.col("list") == table["list"][0])["rank"].to_list()[:3] == [1, 2, 3]


def test_shown_species_come_back_when_asked_for() -> None:
    table = MODEL.complete(LISTS, num_top=None, include_shown=True)
    assert table.height == 120 * 20
    assert table["shown"].sum() == LISTS.counts.nnz


def test_the_less_is_missing_the_less_likely_is_a_species_that_was_not_found() -> None:
    few, all_ = (MODEL.complete(LISTS, missed_share=share) for share in (0.05, 1.0))
    assert few.drop("probability").equals(all_.drop("probability"))
    assert (few["probability"] < all_["probability"]).all()


def test_a_list_by_hand_may_use_common_names_and_effort() -> None:
    key, name = LISTS.species.row(0)
    by_key, by_name = (MODEL.complete(MODEL.build_list([word], {"duration_min": 60})) for word in (key, name))
    assert by_key.equals(by_name)
    longer = MODEL.complete(MODEL.build_list([key], {"duration_min": 300}))
    assert not by_key["probability"].equals(longer["probability"])


def test_a_misspelt_species_is_answered_with_the_nearest() -> None:
    key = LISTS.species["key"][0]
    with pytest.raises(SubsongError, match=key):
        MODEL.build_list([key[:-1]])
    with pytest.raises(SubsongError, match=key):
        MODEL.find_near_species(key[:-1])


def test_an_empty_list_is_completed_from_the_prior_alone() -> None:
    table = MODEL.complete(MODEL.build_list([]), num_top=None)
    assert table.height == 20
    assert table["probability"].is_finite().all()


def test_near_species_leave_out_the_species_itself() -> None:
    key = LISTS.species["key"][3]
    table = MODEL.find_near_species(key, 5)
    assert table.height == 5
    assert key not in table["species"].to_list()
    assert table["similarity"].is_sorted(descending=True)


def test_near_lists_are_the_nearest_codes() -> None:
    table = MODEL.find_near_lists(LISTS, LISTS, num_nearest=3)
    assert table.height == 360
    codes = MODEL.embed(MODEL.prepare(LISTS))
    distances = np.linalg.norm(codes - codes[0], axis=1)
    nearest = [d for d in np.argsort(distances) if d != 0][:3]
    mine = table.filter(pl.col("list") == LISTS.items["list"][0])
    assert mine["distance"].to_numpy() == pytest.approx(distances[nearest], abs=1e-4)
    assert mine["rank"].to_list() == [1, 2, 3]


def test_sampled_lists_are_zero_and_one_and_repeat_with_their_seed() -> None:
    table = MODEL.sample_lists(5, seed=1)
    assert table.columns == ["list", *LISTS.species["key"]]
    assert set(table.drop("list").to_numpy().ravel().tolist()) <= {0, 1}
    assert table.equals(MODEL.sample_lists(5, seed=1))


def test_a_multinomial_model_says_share() -> None:
    model = build_model(likelihood=MultinomialConfig())
    assert "share" in model.complete(LISTS).columns
    with pytest.raises(SubsongError, match="multinomial"):
        model.sample_lists(3)


def split() -> tuple[ChecklistDataset, ChecklistDataset]:
    items = split_checklists(LISTS, ChecklistSplitConfig(test=0.4), seed=0)
    lists = LISTS._replace(items=items)
    rows = [(items["split"] == name).arg_true().to_numpy() for name in ("train", "test")]
    train, test = (ChecklistDataset(take_lists(lists, part), ENCODERS) for part in rows)
    return train, test


@pytest.mark.parametrize("likelihood", ["bernoulli", "multinomial"])
def test_evaluation_scores_both_parts_beside_baselines(likelihood: str, tmp_path: Path) -> None:
    train, test = split()
    model = build_model(likelihood={"kind": likelihood})
    results = evaluate_checklists(
        model, test, tmp_path / "final", EvaluationOptions("test", num_importance_samples=3), train
    )
    assert read_results(tmp_path / "final" / RESULTS_NAME).values() == pytest.approx(results.values())
    for part in ("random", "blocked"):
        metric = results.metrics[f"ndcg_100_{part}"]
        assert list(metric.baselines) == ["prevalence", "item cosine", "EASE", "PCA 4", "nearest lists"]
        assert 0 < metric.value < 1
        assert (f"calibration_error_{part}" in results.metrics) == (likelihood == "bernoulli")
    evaluation = load_evaluation(tmp_path / "final")
    values = evaluation.losses.filter(pl.col("item_part") == "blocked")["recall_20"].drop_nans()
    assert values.mean() == pytest.approx(results.metrics["recall_20_blocked"].value)
    assert evaluation.output("hidden").sum(axis=1).max() > 0


def test_numbers_do_not_depend_on_the_batch_size(tmp_path: Path) -> None:
    train, test = split()
    values = [
        evaluate_checklists(
            MODEL,
            test,
            tmp_path / str(size),
            EvaluationOptions("test", batch_size=size, num_importance_samples=3),
            train,
        ).values()
        for size in (500, 7)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-5)


class PeekingDataset(ChecklistDataset):
    """Puts a value of its own into the target of every unknown cell."""

    value = 0.0

    def fetch(self, index: np.ndarray) -> ChecklistBatch:
        batch = super().fetch(index)
        assert batch.mask is not None
        return batch._replace(target=batch.target.where(batch.mask, self.value))


def test_what_an_unknown_cell_would_hold_changes_no_number(tmp_path: Path) -> None:
    gaps = np.zeros(LISTS.counts.shape, bool)
    gaps[::2, 5] = True
    known = np.where(gaps, 0.0, LISTS.counts.toarray())
    dataset = PeekingDataset(LISTS._replace(counts=csr_array(known), unknown=csr_array(gaps)), ENCODERS)
    values = []
    for value in (0.0, 1.0):
        dataset.value = value
        options = EvaluationOptions("all", num_importance_samples=2)
        values.append(evaluate_checklists(MODEL, dataset, tmp_path / str(value), options, dataset).values())
    assert values[0] == values[1]


def test_a_name_with_a_comma_is_one_name_and_other_commas_divide() -> None:
    names = MODEL.species["name"].to_list()
    model = build_model()
    model.species = MODEL.species.with_columns(name=pl.Series(["Gull, Herring", *names[1:]]))
    for texts in (["Gull, Herring", names[1]], [" Gull, Herring ", f"{names[1]},"]):
        assert model.build_list(texts).counts.indices.tolist() == [0, 1]
    assert model.build_list([f"{names[1]}, {names[2]}"]).counts.indices.tolist() == [1, 2]
    with pytest.raises(SubsongError, match="no species 'Gull'"):
        model.build_list([f"Gull, Herring, {names[1]}"])


def test_a_covariate_beyond_the_training_lists_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    low, high = ENCODERS[0].low, ENCODERS[0].high
    assert low is not None
    assert high is not None
    MODEL.check_covariates({"duration_min": high})
    assert not caplog.text
    MODEL.check_covariates({"duration_min": 10 * high})
    assert f"duration_min is {10 * high:g}, but the training lists had {low:g} to {high:g}" in caplog.text
    with pytest.raises(SubsongError, match="duration_min is -1"):
        MODEL.check_covariates({"duration_min": -1.0})


def test_lists_of_equal_ids_are_neighbours_where_they_are_others() -> None:
    table = MODEL.find_near_lists(LISTS, LISTS._replace(items=LISTS.items.clone()), num_nearest=1)
    assert table.height == 120
    assert table["distance"].to_numpy() == pytest.approx(0, abs=1e-4)


def test_a_list_alone_has_no_neighbour() -> None:
    alone = take_lists(LISTS, np.array([3]))
    with pytest.raises(SubsongError, match="no other list that could be near"):
        MODEL.find_near_lists(alone, alone)
    assert MODEL.find_near_lists(alone, LISTS, 2).height == 2


def test_probabilities_are_scored_with_the_share_that_is_hidden_of_each_list(tmp_path: Path) -> None:
    """Of a list of two species one is hidden: a half and not a fifth is missing, for the model and for prevalence."""
    train, _ = split()
    counts = np.zeros((30, 20), np.float32)
    counts[:, :2] = 1.0
    short = ChecklistDataset(take_lists(LISTS, np.arange(30))._replace(counts=csr_array(counts)), ENCODERS)
    results = evaluate_checklists(MODEL, short, tmp_path / "short", EvaluationOptions("test"), train)
    evaluation = load_evaluation(tmp_path / "short")
    hidden, completion = np.array(evaluation.output("hidden")), np.array(evaluation.output("completion"))
    assert hidden.sum(axis=1).tolist() == [1] * 30
    batch = short.fetch(np.arange(30))
    shown = batch.target.numpy().astype(bool) & ~hidden
    np.testing.assert_allclose(completion, MODEL.score_missing(shown, batch.covariates.numpy(), 0.5), rtol=1e-4)
    prevalence = fit_prevalence(count_cooccurrence(train.presence())).score(hidden)
    expected = compute_brier(compute_missed_probability(prevalence, 0.5), hidden, find_candidates(counts > 0, hidden))
    assert results.metrics["brier"].baselines["prevalence"] == pytest.approx(expected, rel=1e-5)


def test_how_long_a_list_is_does_not_tell_which_one_hides_a_species(tmp_path: Path) -> None:
    """Prevalence scores all lists alike for a species, though other shares are hidden of short ones."""
    train, _ = split()
    counts = np.tril(np.ones((19, 20), np.float32), 1)  # 2 to 20 species
    lists = ChecklistDataset(take_lists(LISTS, np.arange(19))._replace(counts=csr_array(counts)), ENCODERS)
    results = evaluate_checklists(MODEL, lists, tmp_path / "lists", EvaluationOptions("test"), train)
    assert results.metrics["species_auc"].baselines["prevalence"] == 0.5
