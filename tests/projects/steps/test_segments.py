"""The sounds of a bird: what people annotated, and what was found where nobody looked."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from tests.projects.made_project import make_project

from subsong.projects.recordings import Recording
from subsong.projects.run import run_project
from subsong.projects.steps.embedding import add_labels
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.segments import join_segments, learns
from subsong.sources.annotations.read import read_annotations
from subsong.sources.annotations.table import build_annotations, empty_annotations


def make_bird(annotated: set[str], annotations: pl.DataFrame, stretches: pl.DataFrame | None = None) -> BirdInputs:
    recordings = tuple(Recording(name, Path(name), "bird") for name in ("a.wav", "b.wav"))
    stretches = empty_annotations() if stretches is None else stretches
    hashes = {"a.wav": "1", "b.wav": "2"}
    return BirdInputs("bird", "bird", recordings, hashes, annotations, stretches, frozenset(annotated), "3")


def make_table(recording: str, *times: tuple[float, float], label: str = "x") -> pl.DataFrame:
    onset_s, offset_s = zip(*times, strict=True)
    return build_annotations(recording=[recording] * len(times), onset_s=onset_s, offset_s=offset_s, label=label)


def test_what_was_found_stands_beside_what_was_annotated() -> None:
    bird = make_bird({"a.wav"}, make_table("a.wav", (1, 2)))
    table = join_segments(bird, make_table("b.wav", (0, 1), (3, 4)))
    assert table.select("recording", "onset_s", "is_annotated").rows() == [
        ("a.wav", 1, True),
        ("b.wav", 0, False),
        ("b.wav", 3, False),
    ]


def test_within_a_stretch_that_was_looked_at_only_annotations_count() -> None:
    stretches = make_table("b.wav", (0, 2.5))
    bird = make_bird(set(), make_table("b.wav", (1, 2)), stretches)
    table = join_segments(bird, make_table("b.wav", (0.1, 0.4), (1.1, 2), (2, 2.9), (2.6, 3)))
    assert table.select("onset_s", "is_annotated").rows() == [(1, True), (2.6, False)]


def test_points_in_time_are_no_syllables() -> None:
    bird = make_bird({"a.wav"}, make_table("a.wav", (1, 1), (1, 2)))
    assert join_segments(bird, empty_annotations())["offset_s"].to_list() == [2]


def test_a_segmenter_is_trained_where_something_is_annotated_and_something_is_not() -> None:
    assert learns(make_bird({"a.wav"}, make_table("a.wav", (1, 2))))
    assert not learns(make_bird({"a.wav", "b.wav"}, make_table("a.wav", (1, 2))))
    assert not learns(make_bird(set(), empty_annotations()))


def test_labels_find_their_sounds_also_where_an_end_was_moved() -> None:
    items = pl.DataFrame(
        {"source": ["a.wav", "a.wav"], "channel": [None, None], "onset_s": [0.1 + 0.2, 1.0], "offset_s": [1.0, 2.0]},
        {"source": pl.String, "channel": pl.Int64, "onset_s": pl.Float64, "offset_s": pl.Float64},
    )
    said = make_table("a.wav", (1.0, 2.5), (0.1 + 0.2, 1.0)).with_columns(
        label=pl.Series(["late", "early"]), is_annotated=pl.lit(value=True)
    )
    assert add_labels(items, said)["label"].to_list() == ["early", "late"]


def test_a_bird_without_annotations_is_segmented_by_amplitude(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project.recordings_dir / "segments.csv").unlink()
    result = run_project(project, only="segments")
    assert {step.name.partition("/")[0] for step in result.steps} == {"annotations", "segments"}
    assert {step.status for step in result.steps} == {"done"}
    name = "bird1/day01/bird1_day01_song001.wav"
    found = read_annotations(project.proposals_dir / f"{name}.csv", "csv")
    assert found.height >= 4
    assert pl.read_parquet(project.steps_dir / "segments/bird1/segments.parquet")["is_annotated"].sum() == 0
