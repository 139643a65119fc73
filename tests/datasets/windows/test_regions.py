"""Which stretches become regions, and what is said of those that do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.datasets.windows.recordings import RATE_HZ, annotate, read, write_noise

from subsong.core.errors import SubsongError
from subsong.datasets.windows.regions import gather_regions, merge_segments

HALF_WINDOW_S = 256 / RATE_HZ
SYLLABLES = [(0.2, 0.3, "a"), (0.34, 0.5, "b"), (0.55, 0.6, "a"), (1.0, 1.2, "c")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of one recording with four syllables."""
    write_noise(tmp_path / "songs/one.wav")
    annotate(tmp_path / "songs/one.wav", SYLLABLES)
    return tmp_path / "songs"


def times_of(regions: pl.DataFrame) -> list[tuple[float, float]]:
    return [(round(onset, 6), round(offset, 6)) for onset, offset in regions.select("onset_s", "offset_s").iter_rows()]


def test_each_annotated_segment_is_a_region(folder: Path) -> None:
    found = gather_regions(folder, read(regions="annotations"))
    assert times_of(found.segments) == [(0.2, 0.3), (0.34, 0.5), (1.0, 1.2)]
    assert found.segments["label"].to_list() == ["a", "b", "c"]
    assert found.segments["row"].to_list() == [0, 1, 3]


def test_a_region_shorter_than_a_window_is_listed(folder: Path) -> None:
    (skipped,) = gather_regions(folder, read(regions="annotations")).skipped.rows(named=True)
    assert (skipped["recording"], skipped["onset_s"], skipped["label"]) == ("one.wav", 0.55, "a")
    assert skipped["reason"] == "the region is shorter than a window (spectrogram.max_duration_s = 0.1)"


def test_segments_with_short_gaps_join_to_a_song(folder: Path) -> None:
    found = gather_regions(folder, read(regions="annotations", merge_gap_s=0.05))
    assert times_of(found.segments) == [(0.2, 0.6), (1.0, 1.2)]
    assert found.segments["label"].to_list() == [None, "c"]
    assert found.segments["row"].to_list() == [0, 3]
    assert found.skipped.is_empty()


def test_segments_of_two_recordings_never_join() -> None:
    times = {"onset_s": [0.0, 0.0, 0.5], "offset_s": [9.0, 0.2, 0.7]}
    segments = pl.DataFrame({"source": ["a", "b", "b"], "row": [0, 0, 1], **times}).with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in ("label", "channel", "annotator"))
    )
    merged = merge_segments(segments, 0.0)
    assert merged.select("source", "onset_s", "offset_s").rows() == [("a", 0.0, 9.0), ("b", 0.0, 0.2), ("b", 0.5, 0.7)]


def test_a_segment_within_a_longer_one_does_not_cut_it_short() -> None:
    segments = pl.DataFrame(
        {"source": "a", "onset_s": [0.0, 0.1, 0.9], "offset_s": [1.0, 0.2, 1.5], "row": [0, 1, 2], "label": "x"}
    ).with_columns(*(pl.lit(None, pl.String).alias(name) for name in ("channel", "annotator")))
    assert merge_segments(segments, 0.0).select("onset_s", "offset_s", "label").rows() == [(0.0, 1.5, "x")]


def test_regions_may_be_padded_as_far_as_the_recording_goes(folder: Path) -> None:
    found = gather_regions(folder, read(regions="annotations", merge_gap_s=0.05, pad_s=0.3))
    assert times_of(found.segments) == [(HALF_WINDOW_S, 0.9), (0.7, 1.5)]


def test_only_the_labels_that_are_asked_for_are_regions(folder: Path) -> None:
    found = gather_regions(folder, read(regions="annotations", labels=["b", "c"]))
    assert found.segments["label"].to_list() == ["b", "c"]
    assert set(found.skipped["reason"]) == {"its label is not one of labels"}
    with pytest.raises(SubsongError, match=r"labels: no segment of .* has the label 'cc': "):
        gather_regions(folder, read(regions="annotations", labels=["b", "cc"]))


def test_a_whole_recording_is_cut_to_where_windows_lie_inside(folder: Path) -> None:
    found = gather_regions(folder, read())
    assert times_of(found.segments) == [(HALF_WINDOW_S, 2.0 - HALF_WINDOW_S)]
    assert found.segments.select("sample_rate_hz", "first_frame", "num_frames").row(0) == (RATE_HZ, 1, 249)


@pytest.mark.parametrize("hop_size", [100, 200, 256])
def test_the_frames_reach_around_the_region_and_stay_inside_the_recording(hop_size: int, folder: Path) -> None:
    settings = {"regions": "annotations", "spectrogram": {"hop_size": hop_size}}
    for onset_s, offset_s, first, count in (
        gather_regions(folder, read(**settings))
        .segments.select("onset_s", "offset_s", "first_frame", "num_frames")
        .iter_rows()
    ):
        hop_s = hop_size / RATE_HZ
        assert first * hop_s <= onset_s + 1e-12 < (first + 1) * hop_s
        assert (first + count - 2) * hop_s < offset_s <= (first + count - 1) * hop_s + 1e-12
    ((first, count),) = (
        gather_regions(folder, read(spectrogram={"hop_size": hop_size}))
        .segments.select("first_frame", "num_frames")
        .rows()
    )
    assert first * hop_size - 256 >= 0
    assert (first + count - 1) * hop_size + 256 <= 2 * RATE_HZ


def test_what_has_no_counterpart_and_what_cannot_be_read_is_listed(folder: Path) -> None:
    write_noise(folder / "bare.wav")
    annotate(folder / "gone.wav", SYLLABLES)
    (folder / "broken.wav").write_bytes(b"RIFF")
    annotate(folder / "broken.wav", SYLLABLES)
    found = gather_regions(folder, read(regions="annotations"))
    assert found.segments["source"].unique().to_list() == ["one.wav"]
    reasons = dict(found.skipped.select("recording", "reason").rows())
    assert reasons["bare.wav"] == "the recording has no annotations"
    assert reasons["gone.txt"] == "these annotations have no recording"
    assert reasons["broken.wav"].startswith("the recording cannot be used (unreadable:")


def test_an_unreadable_recording_is_listed_also_when_recordings_are_taken_whole(folder: Path) -> None:
    (folder / "broken.wav").write_bytes(b"RIFF")
    found = gather_regions(folder, read())
    assert found.skipped["recording"].to_list() == ["broken.wav"]
    assert found.audit["usable"].to_list() == [False, True]


def test_a_recording_shorter_than_an_stft_window_is_listed(folder: Path) -> None:
    write_noise(folder / "short.wav", 0.012)
    found = gather_regions(folder, read())
    assert found.segments["source"].to_list() == ["one.wav"]
    assert found.skipped["recording"].to_list() == ["short.wav"]


def test_no_region_that_holds_a_window_is_one_sentence_that_says_what_to_do(folder: Path) -> None:
    with pytest.raises(SubsongError) as error:
        gather_regions(folder, read(regions="annotations", spectrogram={"max_duration_s": 0.3}))
    assert str(error.value) == (
        f"{folder} gives no windows: the longest of 4 regions is 0.2 s long, and a window 0.3 s; make windows shorter "
        "(--set spectrogram.max_duration_s=0.1), or join segments to songs (--set merge_gap_s=0.1), or take recordings "
        "whole (--set regions=recordings)"
    )


def test_recordings_without_annotations_may_be_taken_whole(tmp_path: Path) -> None:
    write_noise(tmp_path / "songs/one.wav")
    with pytest.raises(SubsongError, match="regions=recordings"):
        gather_regions(tmp_path / "songs", read(regions="annotations"))
    assert gather_regions(tmp_path / "songs", read()).segments.height == 1


@pytest.mark.parametrize("settings", [{"labels": ["a"]}, {"merge_gap_s": 0.1}, {"annotations": "elsewhere"}])
def test_settings_of_segments_are_refused_where_recordings_are_taken_whole(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(settings))} can change nothing where recordings are taken whole"):
        read(**settings)


def test_a_table_of_the_recordings_gives_columns(folder: Path) -> None:
    pl.DataFrame({"audio_file": ["one.wav"], "bird": ["7"], "num_frames": ["3"]}).write_csv(folder / "files.csv")
    for regions in ("annotations", "recordings"):
        found = gather_regions(folder, read(regions=regions)).segments
        assert set(found["bird"]) == {"7"}
        assert found["num_frames"].min() > 3


def test_times_are_right_whatever_the_rate(folder: Path) -> None:
    write_noise(folder / "fast.wav", rate_hz=48_000)
    found = gather_regions(folder, read()).segments
    expected = {"fast.wav": (256 / 48_000, 48_000), "one.wav": (256 / RATE_HZ, RATE_HZ)}
    for source, onset_s, rate, first in found.select("source", "onset_s", "sample_rate_hz", "first_frame").iter_rows():
        assert (onset_s, rate, first) == (*expected[source], 1)
