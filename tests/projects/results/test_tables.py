"""The tables of a report."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from subsong.projects.recordings import Recording
from subsong.projects.results.contents import ProjectResults
from subsong.projects.results.tables import (
    PAUSE,
    count_birds,
    count_days,
    count_transitions,
    describe_recordings,
    describe_types,
    name_sounds,
)
from subsong.sources.annotations.table import build_annotations

RECORDINGS = [Recording("a.wav", Path("a.wav"), "anna"), Recording("b.wav", Path("b.wav"), "anna")]
GIVEN = build_annotations(recording="a.wav", onset_s=[0.1, 0.3], offset_s=[0.2, 0.4], label=["x", "y"])
FOUND = build_annotations(recording="b.wav", onset_s=[0.1], offset_s=[0.2], label=["x"], score=[0.8])
RESULTS = ProjectResults(GIVEN, FOUND, annotated=["a.wav"], left_out={"b.wav": "it ends early"})


def build_embedding(
    times_s: list[tuple[float, float]], types: str, labels: list[str | None] | None = None
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": ["a.wav"] * len(times_s),
            "onset_s": [onset for onset, _ in times_s],
            "offset_s": [offset for _, offset in times_s],
            "bird": ["anna"] * len(times_s),
            "cluster": [f"anna:{name}" for name in types],
            "x": 0.0,
            "y": 0.0,
        }
    ).with_columns(pl.Series("label", labels or [None] * len(times_s), dtype=pl.String))


def test_birds_are_counted_with_what_is_annotated_found_and_left_out() -> None:
    (row,) = count_birds(describe_recordings(RECORDINGS, RESULTS, {"a.wav": 60.0})).iter_rows(named=True)
    assert row == {
        "bird": "anna",
        "num_recordings": 2,
        "minutes": 1.0,
        "num_annotated": 1,
        "num_corrected": 0,
        "given": 2,
        "found": 1,
        "num_left_out": 1,
    }


def test_types_are_told_by_number_duration_and_the_label_most_of_them_have() -> None:
    embedding = build_embedding([(0.0, 0.1), (0.2, 0.32), (0.4, 0.45)], "AAB", ["x", None, None])
    first, second = describe_types(name_sounds(embedding)).iter_rows(named=True)
    assert (first["type"], first["num_sounds"], first["label"], first["label_share"]) == ("A", 2, "x", 1.0)
    assert first["median_ms"] == pytest.approx(110.0)
    assert (second["type"], second["label"]) == ("B", None)


def test_a_sound_follows_another_unless_there_is_a_pause() -> None:
    sounds = name_sounds(build_embedding([(0.0, 0.1), (0.2, 0.3), (1.0, 1.1), (1.2, 1.3)], "ABAA"))
    counted = {(row[0], row[1]): row[2] for row in count_transitions(sounds, ["A", "B"]).iter_rows()}
    assert {pair: number for pair, number in counted.items() if number} == {
        (PAUSE, "A"): 2,
        ("A", "B"): 1,
        ("B", PAUSE): 1,
        ("A", "A"): 1,
        ("A", PAUSE): 1,
    }
    assert len(counted) == 9


def test_what_is_found_does_not_count_twice_where_people_annotated_all() -> None:
    found = pl.concat([FOUND, FOUND.with_columns(recording=pl.lit("a.wav"))])
    described = describe_recordings(RECORDINGS, RESULTS._replace(found=found), {})
    days = pl.DataFrame({"source": ["a.wav", "b.wav"], "session": ["day1", "day2"]})
    counted = count_days(described, days)
    assert counted is not None
    assert counted["num_sounds"].to_list() == [2, 1]


@pytest.mark.parametrize(
    "days", [pl.DataFrame({"source": ["a.wav"]}), pl.DataFrame({"source": ["a.wav"], "day": ["1"]})]
)
def test_without_two_days_there_is_nothing_to_compare(days: pl.DataFrame) -> None:
    assert count_days(describe_recordings(RECORDINGS, RESULTS, {}), days) is None
