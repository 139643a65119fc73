"""Types of sounds: found where they are, named so that the names stay."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from subsong.core.errors import SubsongError
from subsong.projects.config import ClusterStep
from subsong.projects.maps.clusters import cluster_embedding, name_types


def draw_sounds(sizes: tuple[int, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return latent codes, shape (N, 8), of clouds of these sizes in random order, and the cloud of each."""
    generator = np.random.default_rng(seed)
    centres = 6.0 * np.eye(8)[: len(sizes)]
    kind_N = generator.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return centres[kind_N] + generator.normal(scale=0.5, size=(len(kind_N), 8)), kind_N


def test_as_many_types_are_found_as_there_are_the_rare_one_too() -> None:
    latents, kinds = draw_sounds((300, 200, 150, 12))
    found = cluster_embedding(latents, ["anna"] * len(latents))
    assert adjusted_mutual_info_score(kinds, found) > 0.99
    assert set(found) == {"anna:A", "anna:B", "anna:C", "anna:D"}
    assert {found[row] for row in np.flatnonzero(kinds == 0)} == {"anna:A"}


def test_what_lies_between_types_goes_to_the_nearest() -> None:
    latents, kinds = draw_sounds((100, 100))
    latents = np.concatenate(
        [latents, [0.6 * latents[kinds == 0].mean(axis=0) + 0.4 * latents[kinds == 1].mean(axis=0)]]
    )
    found = cluster_embedding(latents, ["anna"] * len(latents))
    assert set(found) == {"anna:A", "anna:B"}
    assert found[-1] == found[int(np.flatnonzero(kinds == 0)[0])]


def test_each_bird_has_types_of_its_own() -> None:
    latents, _ = draw_sounds((60, 50))
    both = cluster_embedding(np.concatenate([latents, latents]), ["anna"] * 110 + ["ben"] * 110)
    assert [name.replace("anna", "ben") for name in both[:110]] == both[110:]


def test_names_do_not_depend_on_the_seed_nor_on_the_other_birds() -> None:
    latents, _ = draw_sounds((60, 50, 40))
    alone = cluster_embedding(latents, ["anna"] * 150, seed=1)
    beside = cluster_embedding(np.concatenate([draw_sounds((30, 40), 5)[0], latents]), ["ben"] * 70 + ["anna"] * 150)
    assert beside[70:] == alone


def test_a_number_of_types_that_was_asked_for_is_found() -> None:
    latents, _ = draw_sounds((80, 80))
    assert len(set(cluster_embedding(latents, ["anna"] * 160, ClusterStep(num_clusters=3)))) == 3


def test_no_more_types_are_found_than_are_wanted() -> None:
    latents, _ = draw_sounds((60, 50, 40, 30, 20))
    assert len(set(cluster_embedding(latents, ["anna"] * 200, ClusterStep(max_clusters=3)))) <= 3


@pytest.mark.parametrize("num_sounds", [1, 4])
def test_a_few_sounds_are_one_type(num_sounds: int) -> None:
    latents, _ = draw_sounds((num_sounds,))
    assert cluster_embedding(latents, ["anna"] * num_sounds) == ["anna:A"] * num_sounds


def test_a_continuum_is_one_type() -> None:
    latents = np.zeros((40, 4))
    assert set(cluster_embedding(latents, ["anna"] * 40)) == {"anna:A"}


def test_a_type_takes_the_label_that_most_of_its_labelled_sounds_have() -> None:
    found = np.repeat([0, 1, 2], [6, 5, 4])
    labels = ["x"] * 3 + [None] * 3 + ["y", "y", "x", "z", None] + ["y"] * 2 + [None] * 2
    # Of the second, no label has more than half; of the third only two sounds are labelled.
    assert name_types(found, labels) == {0: "x", 1: "A", 2: "B"}


def test_two_types_of_one_label_have_different_names_the_larger_its_own() -> None:
    found = np.repeat([4, 2], [5, 9])
    assert name_types(found, ["a"] * 14) == {2: "a", 4: "a2"}


def test_letters_pass_over_labels_and_go_on_after_z() -> None:
    names = name_types(np.repeat(np.arange(30), 4), ["A"] * 4 + [None] * 116)
    assert len(set(names.values())) == 30
    assert (names[0], names[1], names[25], names[26]) == ("A", "B", "Z", "AA")


def test_sounds_without_a_bird_are_refused() -> None:
    with pytest.raises(SubsongError, match="3 sounds need as many birds"):
        cluster_embedding(np.zeros((3, 2)), ["anna"])


@pytest.mark.slow
def test_clusters_of_a_short_training_are_the_types_that_were_sung(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from subsong.recipes import run as recipes
    from subsong.recipes import use
    from subsong.recipes.prepare import prepare_syllables
    from subsong.synthesis.song import SongOptions, write_songs

    write_songs(tmp_path / "songs", SongOptions(num_days=1, num_songs=25), seed=4)
    store = prepare_syllables(tmp_path / "songs", tmp_path / "syllables").path
    quick = {"training.num_epochs": 6, "training.figure_epochs": None, "evaluation.num_importance_samples": 0}
    run = recipes.train("syllable-vae", store, quick, root=tmp_path / "runs")
    use.embed_data(run.path, store, tmp_path / "codes.parquet")
    codes = pl.read_parquet(tmp_path / "codes.parquet")
    latents = codes.select("^z\\d+$").to_numpy()
    found = pl.Series(cluster_embedding(latents, codes["individual"].to_list()))
    for bird in ("bird1", "bird2"):
        own = codes["individual"] == bird
        assert adjusted_mutual_info_score(codes["label"].filter(own).to_list(), found.filter(own).to_list()) >= 0.95
