"""Renditions of a motif: a label, or a sequence of labels."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.motifs.finding import divide_by_tempo, divide_overlapping, find_renditions, name_motif

SYLLABLE_S, GAP_S = 0.05, 0.03


def sing(song: str, recording: str = "a.wav", gap_s: float = GAP_S) -> pl.DataFrame:
    """Return a syllable a letter; a blank is a pause of half a second."""
    rows, now_s = [], 1.0
    for letter in song:
        if letter == " ":
            now_s += 0.5
        else:
            rows.append((recording, now_s, now_s + SYLLABLE_S, letter))
            now_s += SYLLABLE_S + gap_s
    return build(rows)


def build(rows: Sequence[tuple[str, float, float, str | None]]) -> pl.DataFrame:
    schema = {"source": pl.String, "onset_s": pl.Float64, "offset_s": pl.Float64, "label": pl.String}
    table = pl.DataFrame(rows, schema, orient="row")
    nothing = [pl.lit(None, pl.Int64).alias("channel"), pl.lit(None, pl.String).alias("annotator")]
    return table.with_columns(pl.int_range(pl.len()).over("source").alias("row"), *nothing)


def test_a_sequence_of_letters_goes_from_its_first_onset_to_its_last_offset() -> None:
    segments = sing("iabci abc")
    found = find_renditions(segments, "abc", 0.1)
    assert found["onset_s"].to_list() == segments["onset_s"].gather([1, 5]).to_list()
    assert found["offset_s"].to_list() == segments["offset_s"].gather([3, 7]).to_list()
    assert found["label"].to_list() == ["abc", "abc"]
    assert found["row"].to_list() == [0, 1]


def test_labels_of_several_letters_are_given_as_a_list() -> None:
    segments = build([("a.wav", 0.1 * n, 0.1 * n + 0.05, label) for n, label in enumerate(["a1", "b", "c2", "a1"])])
    found = find_renditions(segments, ["b", "c2"], 0.1)
    assert found["label"].to_list() == ["b c2"]
    assert found["onset_s"].to_list() == pytest.approx([0.1])


def test_a_text_that_is_a_label_means_that_label() -> None:
    segments = build([("a.wav", 0.0, 0.6, "abc"), ("a.wav", 1.0, 1.5, "call"), ("b.wav", 0.2, 0.8, "abc")])
    found = find_renditions(segments, "abc", 0.1)
    assert found.select("source", "onset_s", "offset_s").rows() == [("a.wav", 0.0, 0.6), ("b.wav", 0.2, 0.8)]


@pytest.mark.parametrize(("max_gap_s", "expected"), [(GAP_S + 1e-6, 1), (GAP_S - 1e-3, 0)])
def test_a_long_gap_ends_a_rendition(max_gap_s: float, expected: int) -> None:
    segments = pl.concat([sing("abc"), sing("abc", "b.wav", gap_s=0.01)])
    assert find_renditions(segments, "abc", max_gap_s).filter(source="a.wav").height == expected


def test_renditions_share_no_syllable_and_the_leftmost_counts() -> None:
    found = find_renditions(sing("aaaaa"), "aa", 0.1)
    assert found["onset_s"].to_list() == sing("aaaaa")["onset_s"].gather([0, 2]).to_list()


def test_a_motif_does_not_go_on_in_another_recording_or_by_another_hand() -> None:
    first, second = sing("ab"), sing("c", "b.wav")
    by_two = sing("abc").with_columns(pl.Series("annotator", ["one", "one", "two"]))
    for segments in (pl.concat([first, second]), by_two):
        with pytest.raises(SubsongError, match="does not occur"):
            find_renditions(segments, "abc", 9.0)


def test_a_syllable_without_a_label_matches_nothing() -> None:
    segments = sing("abc").with_columns(pl.Series("label", ["a", None, "c"]))
    with pytest.raises(SubsongError, match=r"'a\?c' \(1\)"):
        find_renditions(segments, "abc", 0.1)


def test_a_motif_that_is_not_there_tells_which_sequences_are() -> None:
    segments = pl.concat([sing("iabd iabd iabd iabc")])
    with pytest.raises(SubsongError) as caught:
        find_renditions(segments, "abe", 0.1)
    said = str(caught.value)
    assert "'abe' does not occur in 16 segments of 1 recording (nothing is labelled 'e')" in said
    assert said.index("'iab' (4)") < said.index("'abd' (3)") < said.index("'abc' (1)")


def test_a_motif_longer_than_every_run_tells_the_runs() -> None:
    with pytest.raises(
        SubsongError, match=r"syllables in a row with gaps up to max_gap_s = 0\.1: 'ab' \(2\), 'b' \(1\)"
    ):
        find_renditions(sing("ab ab b"), "abab", 0.1)


def test_a_motif_cut_by_gaps_tells_which_gap_would_do() -> None:
    with pytest.raises(SubsongError, match=r"with longer gaps it occurs 1 time: max_gap_s=0\.13"):
        find_renditions(sing("abc", gap_s=0.125), "abc", 0.1)


def test_renditions_of_odd_tempo_are_told_apart_with_the_reason() -> None:
    rows = [("a.wav", float(n), n + duration_s, "m") for n, duration_s in enumerate([0.6, 0.5, 0.6, 0.74, 0.76, 0.4])]
    kept, odd = divide_by_tempo(build(rows), 0.25)
    assert kept["row"].to_list() == [0, 1, 2, 3]
    assert odd["row"].to_list() == [4, 5]
    assert odd["reason"][0].startswith("is of odd tempo: it takes 0.76 s, the median rendition 0.600 s")


def test_what_two_people_annotated_is_one_rendition() -> None:
    times_s = [("a.wav", 0.0, 0.6), ("a.wav", 0.01, 0.61), ("a.wav", 0.61, 1.2), ("b.wav", 0.01, 0.6)]
    kept, twice = divide_overlapping(build([(*times, "m") for times in times_s]))
    assert kept["onset_s"].to_list() == [0.0, 0.61, 0.01]
    assert twice["onset_s"].to_list() == [0.01]


def test_the_name_of_a_motif_tells_long_labels_apart() -> None:
    assert name_motif(["a", "b"]) == "ab"
    assert name_motif(["a1", "b"]) == "a1 b"
