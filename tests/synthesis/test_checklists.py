"""Made-up checklists: the habitats are in them, and every probability is what it says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from subsong.core.errors import SubsongError
from subsong.sources.checklists import ATTRITION_SCHEMA
from subsong.synthesis.bird_names import NUM_NAMES, make_bird_names
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists


@pytest.fixture(scope="module")
def made():
    return make_checklists(seed=1)


def detected(made):
    return (made.checklists.counts != 0).toarray() | np.isnan(made.checklists.counts.toarray())


def test_the_record_is_as_readers_hand_it_on(made):
    lists = made.checklists
    assert lists.counts.shape == (lists.items.height, lists.species.height) == (4000, 200)
    assert lists.counts.dtype == np.float32
    assert lists.counts.has_canonical_format
    assert not (lists.counts.data == 0).any()
    assert lists.items["list"].is_unique().all()
    assert lists.species["key"].is_unique().all()
    assert set(lists.covariates.dtypes) == {pl.Float64}
    assert dict(lists.attrition.schema) == ATTRITION_SCHEMA
    assert lists.unknown is None


def test_equal_seeds_make_equal_lists(made):
    again, other = make_checklists(seed=1), make_checklists(seed=2)
    assert again.checklists.items.equals(made.checklists.items)
    np.testing.assert_array_equal(again.checklists.counts.toarray(), made.checklists.counts.toarray())
    assert not other.checklists.items.equals(made.checklists.items)


def test_detections_come_out_as_often_as_their_probabilities_say(made):
    expected, found = made.truth.detection(), detected(made)
    spread = np.sqrt((expected * (1 - expected)).sum(axis=0))
    assert np.abs((found.sum(axis=0) - expected.sum(axis=0)) / spread).max() < 5
    assert found.sum() == pytest.approx(expected.sum(), rel=0.01)


def test_what_is_found_is_there(made):
    rows = np.arange(50)
    assert (made.truth.detection(rows) <= made.truth.occurrence(rows)).all()


def test_effort_finds_more_of_what_is_there(made):
    order = np.argsort(made.truth.effort)
    share = detected(made).sum(axis=1) / made.truth.occurrence().sum(axis=1)
    assert share[order[-1000:]].mean() > 1.5 * share[order[:1000]].mean()


def test_the_habitats_can_be_told_from_the_lists(made):
    # With the rates known, the likeliest habitat of a list is nearly always its place's.
    found, truth = detected(made), made.truth
    ease = -np.expm1(-np.outer(truth.effort, truth.conspicuousness)) * truth.season[truth.day]
    scores = []
    for rates in truth.rates:
        probability = np.clip(rates * ease, 1e-9, 1 - 1e-9)
        scores.append(np.where(found, np.log(probability), np.log1p(-probability)).sum(axis=1))
    is_pure = truth.mixture.max(axis=1)[truth.locality] == 1
    guessed = np.argmax(scores, axis=0)[is_pure]
    assert adjusted_rand_score(truth.habitat[is_pure], guessed) > 0.95


def test_prevalence_has_a_long_tail(made):
    prevalence = np.sort(detected(made).mean(axis=0))
    assert prevalence[-1] > 0.2
    assert np.median(prevalence) < 0.05
    assert prevalence[0] > 0


def test_places_are_visited_again_and_some_lists_are_empty(made):
    visits = made.checklists.items["locality"].value_counts()["count"]
    assert (visits > 1).mean() > 0.8
    lengths = detected(made).sum(axis=1)
    assert (lengths == 0).any()
    assert (made.truth.effort == 0).sum() <= (lengths == 0).sum()


def test_shared_lists_carry_their_group_s_id(made):
    is_group = made.checklists.items["list"].str.starts_with("G").to_numpy()
    np.testing.assert_array_equal(is_group, made.truth.num_members > 1)
    assert 0.05 < is_group.mean() < 0.15


def test_some_detections_have_no_count(made):
    assert np.isnan(made.checklists.counts.data).mean() == pytest.approx(0.1, abs=0.02)


def test_the_size_of_the_chunks_changes_nothing(made, monkeypatch):
    monkeypatch.setattr("subsong.synthesis.checklists._CHUNK_SIZE", 333)
    again = make_checklists(seed=1).checklists
    np.testing.assert_array_equal(again.counts.toarray(), made.checklists.counts.toarray())


@pytest.mark.parametrize("size", ["num_lists", "num_localities", "num_observers", "num_habitats"])
def test_a_world_may_have_one_of_each(size):
    lists = make_checklists(ChecklistWorldOptions(num_lists=50)._replace(**{size: 1})).checklists
    assert lists.counts.shape[0] == lists.items.height


def test_impossible_worlds_are_refused():
    with pytest.raises(SubsongError, match="num_localities is 0: expected at least 1"):
        make_checklists(ChecklistWorldOptions(num_localities=0))
    with pytest.raises(SubsongError, match="3 species cannot tell 4 habitats apart"):
        make_checklists(ChecklistWorldOptions(num_species=3))


def test_there_is_a_name_for_every_species_and_no_more():
    names = make_bird_names(NUM_NAMES)
    assert names["key"].is_unique().all()
    assert names["name"].is_unique().all()
    with pytest.raises(SubsongError, match="ask for fewer"):
        make_bird_names(NUM_NAMES + 1)
