"""Labels and rows: renamed, chosen, of one kind each; what cannot be is named by recording and row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song.gathering import GatheredSong, gather_song
from subsong.datasets.song.labels import list_classes
from subsong.datasets.song.reading import SongReading

from .songs import write_many, write_recording, write_rows

GOOD = [("a", 0.5, 0.7), ("b", 1.0, 1.2), ("pulse", 2.0, 2.0), ("a", 2.5, 2.7), ("b", 3.0, 3.2), ("pulse", 3.5, 3.5)]


def gather(folder: Path, **settings: Any) -> GatheredSong:
    return gather_song(folder, SongReading.model_validate({"split_by": "time", **settings}))


def describe(gathered: GatheredSong) -> dict[str, str]:
    return dict(list_classes(gathered.annotations))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of five recordings with two kinds of syllables and a pulse."""
    for name in "vwxyz":
        write_recording(tmp_path / "songs", name, GOOD)
    return tmp_path / "songs"


def rewrite(folder: Path, *rows: tuple[str, float, float]) -> None:
    write_rows(folder / "x_annotations.csv", [*GOOD, *rows])


def test_labels_without_durations_are_events(folder: Path) -> None:
    assert describe(gather(folder)) == {"a": "segment", "b": "segment", "pulse": "event"}


def test_labels_are_renamed_chosen_and_ignored(folder: Path) -> None:
    assert describe(gather(folder, rename={"b": "a"}, ignore=("pulse",))) == {"a": "segment"}
    gathered = gather(folder, rename={"b": "B"}, labels=("B", "pulse"))
    assert describe(gathered) == {"B": "segment", "pulse": "event"}
    assert gathered.skipped["reason"].unique().to_list() == ["the label a is not used"]


@pytest.mark.parametrize(
    "settings",
    [{"labels": ("pulze",)}, {"ignore": ("pulze",)}, {"rename": {"pulze": "p"}}, {"kinds": {"pulze": "event"}}],
)
def test_an_unknown_label_is_an_error_with_the_nearest(folder: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(SubsongError, match=f"{next(iter(settings))} names 'pulze', which no annotation has.*'pulse'"):
        gather(folder, **settings)


def test_a_label_of_both_kinds_is_an_error_that_names_rows(folder: Path) -> None:
    rewrite(folder, ("a", 3.7, 3.7))
    with pytest.raises(
        SubsongError, match=r"'a' has 1 annotation without .*10 annotations with one.* x\.wav annotation 7"
    ):
        gather(folder)
    gathered = gather(folder, kinds={"a": "segment"})
    assert "has no duration, and a is a segment" in gathered.skipped["reason"].to_list()
    assert gathered.annotations.filter(gathered.annotations["label"] == "a").height == 10
    events = gather(folder, kinds={"a": "event"}).annotations
    times = events.filter((events["label"] == "a") & (events["source"] == "x.wav"))["onset_s"]
    assert times.to_list() == pytest.approx([0.6, 2.6, 3.7])


def test_segments_may_have_events_at_their_edges(folder: Path) -> None:
    assert set(describe(gather(folder, boundary_events=True))) == {
        "a", "a_offset", "a_onset", "b", "b_offset", "b_onset", "pulse",
    }  # fmt: skip
    gathered = gather(folder, boundary_events="syllable")
    assert describe(gathered)["syllable_onset"] == "event"
    onsets = gathered.annotations.filter(
        (gathered.annotations["label"] == "syllable_onset") & (gathered.annotations["source"] == "x.wav")
    )
    assert onsets["onset_s"].to_list() == onsets["offset_s"].to_list() == [0.5, 1.0, 2.5, 3.0]
    with pytest.raises(SubsongError, match="'a_onset'"):
        gather(folder, boundary_events=True, rename={"pulse": "a_onset"})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("a", 2.9, 2.8), r"x\.wav annotation 7 \(onset 2.9 s, offset 2.8 s\): offset lies before onset"),
        (("a", 3.0, "nan"), r"x\.wav annotation 7 .*missing or not finite"),
        (("a", 3.9, 4.5), r"x\.wav annotation 7 .*ends past the end of the recording"),
        (("pulse", -1, -1), r"x\.wav annotation 7 .*ends before the recording begins"),
    ],
)
def test_a_row_that_cannot_be_is_named_or_left_out(folder: Path, row: Any, message: str) -> None:
    rewrite(folder, row)
    with pytest.raises(SubsongError, match=message):
        gather(folder)
    gathered = gather(folder, bad_rows="skip")
    assert gathered.annotations.filter(gathered.annotations["source"] == "x.wav").height == len(GOOD)
    assert gathered.skipped.height == 1


def test_rows_that_only_name_a_class_are_none(folder: Path) -> None:
    rewrite(folder, ("sine", "nan", 0), ("click", "nan", "nan"))
    assert describe(gather(folder)) == {"a": "segment", "b": "segment", "pulse": "event"}


@pytest.mark.parametrize(("factor", "unit"), [(1000, "milliseconds"), (8000, "samples")])
def test_times_in_another_unit_are_told(folder: Path, factor: int, unit: str) -> None:
    write_rows(
        folder / "x_annotations.csv", [(label, onset * factor, offset * factor) for label, onset, offset in GOOD]
    )
    for bad_rows in ("error", "skip"):
        with pytest.raises(SubsongError, match=rf"x\.wav: 6 of 6 annotations begin past its end .*look like {unit}"):
            gather(folder, bad_rows=bad_rows)


def test_annotations_without_a_recording_are_listed(folder: Path) -> None:
    (folder / "z.wav").unlink()
    assert gather(folder).skipped.select("recording", "reason").rows() == [
        ("z_annotations.csv", "these annotations have no recording")
    ]


def test_only_the_wanted_annotators_are_heard(real_data: Path) -> None:
    fly = real_data / "fly_song_songexplorer"
    both = gather(fly, labels=("mel-pulse",)).annotations
    one = gather(fly, labels=("mel-pulse",), annotators=("person1", "person2")).annotations
    assert set(one["annotator"]) == {"person1", "person2"}
    assert 0 < one.height < both.height
    with pytest.raises(SubsongError, match=r"annotators names 'persn2'.*person2"):
        gather(fly, annotators=("persn2",))


def test_overlapping_callers_are_kept(real_data: Path) -> None:
    annotations = gather(real_data / "meerkat_whisperseg").annotations
    assert annotations.height == 91
    overlaps = annotations["onset_s"].to_numpy()[1:] < annotations["offset_s"].to_numpy()[:-1]
    assert overlaps.any()
    with pytest.raises(SubsongError, match=r"VALP007.* annotation \d+ .*overlaps an earlier segment"):
        gather(real_data / "meerkat_whisperseg", overlaps="error")


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    folder = write_many(tmp_path / "songs", 2)
    with pytest.raises(SubsongError, match="no annotations that can be used"):
        gather(folder, ignore=("a", "b", "c", "pulse"))
