"""What was found, and how it was grouped, against a known truth."""

from __future__ import annotations

import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.projects.results.scoring import match_types, score_clusters, score_found
from subsong.sources.annotations.table import build_annotations

ONSETS_S = [0.1, 0.4, 0.7, 1.0]
BIRDS = {"anna.wav": "anna", "ben.wav": "ben"}


def build(recording: str, onsets_s: list[float], labels: str, shift_s: float = 0.0) -> pl.DataFrame:
    onsets = [onset + shift_s for onset in onsets_s]
    return build_annotations(
        recording=recording, onset_s=onsets, offset_s=[onset + 0.1 for onset in onsets], label=list(labels)
    )


TRUTH = pl.concat([build("anna.wav", ONSETS_S, "abab"), build("ben.wav", ONSETS_S, "cdcd")])


def test_the_truth_itself_scores_one_for_each_bird_and_over_all() -> None:
    scores = score_found(TRUTH, TRUTH, BIRDS, dict.fromkeys(BIRDS, 2.0))
    assert scores["bird"].to_list() == ["anna", "ben", "all"]
    assert scores["num_true"].to_list() == [4, 4, 8]
    for name in ("onset_f1", "edges_f1", "labelled_f1", "precision", "recall"):
        assert scores[name].to_list() == [1.0, 1.0, 1.0]
    assert scores["frame_error"].to_list() == [0.0, 0.0, 0.0]


def test_what_is_missed_and_what_is_shifted_counts_for_its_bird_alone() -> None:
    found = pl.concat([build("anna.wav", ONSETS_S[:2], "ab"), build("ben.wav", ONSETS_S, "cdcd", 0.02)])
    anna, ben, both = score_found(TRUTH, found, BIRDS).iter_rows(named=True)
    assert (anna["precision"], anna["recall"]) == (1.0, 0.5)
    assert ben["onset_f1"] == 0.0
    assert both["onset_f1"] == pytest.approx(2 * 2 / (8 + 6))


def test_labels_count_where_both_have_them_and_the_people_who_gave_them_do_not() -> None:
    found = build("anna.wav", ONSETS_S, "aaaa").with_columns(annotator=pl.lit("subsong"))
    row = score_found(TRUTH.with_columns(annotator=pl.lit("maria")), found, BIRDS, recordings=["anna.wav"])
    assert row["onset_f1"].to_list() == [1.0]
    assert row["labelled_f1"].to_list() == [0.5]


def test_where_no_label_is_common_nothing_is_said_of_labels() -> None:
    found = build("anna.wav", ONSETS_S, "xxxx")
    assert score_found(TRUTH, found, BIRDS, recordings=["anna.wav"])["labelled_f1"].to_list() == [None]


def build_sounds(clusters: str, shift_s: float = 0.004) -> pl.DataFrame:
    """Return sounds of the map a little beside the true ones, and one where nothing is true."""
    sounds = pl.concat([build("anna.wav", [*ONSETS_S, 1.6], "-----", shift_s), build("ben.wav", ONSETS_S, "----")])
    return sounds.with_columns(
        pl.Series("bird", ["anna"] * 5 + ["ben"] * 4), pl.Series("cluster", list(clusters)), label=None
    )


def test_clusters_that_are_the_types_score_one_and_false_sounds_do_not_count() -> None:
    scores = score_clusters(TRUTH, build_sounds("12123" + "4545"))
    assert scores["bird"].to_list() == ["anna", "ben", "all"]
    assert scores["num_items"].to_list() == [4, 4, 8]
    assert scores["num_types"].to_list() == [2, 2, 4]
    assert scores["ami"].to_list() == pytest.approx([1.0, 1.0, 1.0])


def test_clusters_that_say_nothing_of_types_score_about_zero() -> None:
    scores = score_clusters(TRUTH, build_sounds("11221" + "4545"))
    assert scores["ami"][0] <= 0.01


def test_a_sound_has_the_type_it_overlaps_best() -> None:
    types = match_types(TRUTH, build_sounds("111112222", shift_s=0.03).rename({"recording": "source"}))
    assert types["type"].to_list() == ["a", "b", "a", "b", None, "c", "d", "c", "d"]


def test_a_truth_of_other_recordings_is_refused() -> None:
    with pytest.raises(SubsongError, match="check their recordings' names"):
        score_clusters(build("eve.wav", ONSETS_S, "abab"), build_sounds("111112222"))
