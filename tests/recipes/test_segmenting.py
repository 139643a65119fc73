from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.recipes.segmenting import MANIFEST_NAME, REPORT_NAME, segment_folder
from subsong.sources.annotations.read import read_annotations
from subsong.sources.audio import read_audio, write_audio
from subsong.synthesis.song import SongOptions, write_songs

QUICK = {"num_excerpts": 0}


@pytest.fixture(scope="module")
def colony(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of four recordings of two birds."""
    folder = tmp_path_factory.mktemp("songs") / "colony"
    write_songs(folder, SongOptions(num_birds=2, num_days=1, num_songs=2))
    return folder


def test_each_recording_gets_a_file_that_reads_back_as_it_was_found(colony: Path, tmp_path: Path) -> None:
    done = segment_folder(colony, tmp_path / "out", overrides=QUICK)
    truth = pl.read_csv(colony / "segments.csv")
    assert done.recordings["status"].to_list() == ["found"] * 4
    for row in done.recordings.iter_rows(named=True):
        table = read_annotations(tmp_path / "out" / row["annotations"])
        true_s = truth.filter(pl.col("audio_file") == row["recording"])["onset_s"].to_numpy()
        assert set(table["recording"]) == {row["recording"]}
        assert table.height == row["num_segments"]
        nearest_s = np.abs(table["onset_s"].to_numpy()[:, None] - true_s).min(axis=0)
        assert np.mean(nearest_s < 0.01) > 0.9


def test_what_is_found_has_a_label_only_where_one_is_given(colony: Path, tmp_path: Path) -> None:
    source = colony / "bird1" / "day01" / "bird1_day01_song001.wav"
    for label in (None, "syllable"):
        done = segment_folder(source, tmp_path / f"{label}", overrides={**QUICK, "label": label})
        table = read_annotations(tmp_path / f"{label}" / done.recordings["annotations"][0])
        assert table["label"].unique().to_list() == [label]


@pytest.mark.parametrize("name", ["csv", "ava", "audacity", "raven", "textgrid", "das", "whisperseg"])
def test_every_format_reads_back(colony: Path, tmp_path: Path, name: str) -> None:
    source = colony / "bird1" / "day01" / "bird1_day01_song001.wav"
    done = segment_folder(source, tmp_path / "out", overrides={**QUICK, "annotation_format": name})
    row = done.recordings.row(0, named=True)
    assert read_annotations(tmp_path / "out" / row["annotations"]).height == row["num_segments"] > 0


def test_a_stopped_run_goes_on_where_it_was(colony: Path, tmp_path: Path) -> None:
    first = segment_folder(colony, tmp_path / "out", overrides=QUICK)
    paths = [tmp_path / "out" / name for name in first.recordings["annotations"]]
    content, kept_at = paths[0].read_bytes(), paths[1].stat().st_mtime_ns
    paths[0].unlink()
    again = segment_folder(colony, tmp_path / "out", overrides=QUICK)
    assert again.recordings["status"].to_list() == ["found", "kept", "kept", "kept"]
    assert paths[0].read_bytes() == content
    assert paths[1].stat().st_mtime_ns == kept_at


def test_other_settings_need_another_folder_or_a_word(colony: Path, tmp_path: Path) -> None:
    segment_folder(colony, tmp_path / "out", overrides=QUICK)
    settings = {**QUICK, "amplitude.min_gap_s": 0.5}
    with pytest.raises(SubsongError, match="with other settings"):
        segment_folder(colony, tmp_path / "out", overrides=settings)
    done = segment_folder(colony, tmp_path / "out", overrides=settings, overwrite=True)
    assert done.recordings["status"].to_list() == ["found"] * 4
    assert done.recordings["num_segments"].max() < 3


def test_a_folder_of_something_else_is_left_alone(colony: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "bird1_day01_song001.csv"
    mine.parent.mkdir()
    mine.write_text("onset_s,offset_s\n1,2\n")
    with pytest.raises(SubsongError, match="holds something else"):
        segment_folder(colony, tmp_path / "out", overrides=QUICK, overwrite=True)
    assert mine.read_text() == "onset_s,offset_s\n1,2\n"


def test_a_stopped_run_with_other_settings_keeps_nothing_of_the_old(colony: Path, tmp_path: Path) -> None:
    old = segment_folder(colony, tmp_path / "out", overrides=QUICK)
    settings = {**QUICK, "amplitude.min_gap_s": 0.5}

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        segment_folder(colony, tmp_path / "out", overrides=settings, overwrite=True, progress=stop)
    done = segment_folder(colony, tmp_path / "out", overrides=settings)
    assert done.recordings["status"].to_list() == ["kept", "kept", "found", "found"]
    assert done.recordings["num_segments"].max() < old.recordings["num_segments"].min()


def test_other_recordings_need_another_folder(colony: Path, tmp_path: Path) -> None:
    segment_folder(colony / "bird1", tmp_path / "out", overrides=QUICK)
    with pytest.raises(SubsongError, match="made from other recordings"):
        segment_folder(colony / "bird2", tmp_path / "out", overrides=QUICK)


def write_exemplars(colony: Path, folder: Path, label: str = "c") -> pl.DataFrame:
    """Write three renditions of a syllable of bird1, and return where all of them are."""
    truth = pl.read_csv(colony / "segments.csv").filter(
        pl.col("audio_file").str.starts_with("bird1") & (pl.col("label") == label)
    )
    for number, (name, onset_s, offset_s, _) in enumerate(truth.head(3).iter_rows()):
        samples, rate_hz = read_audio(colony / name, None, onset_s, offset_s)
        write_audio(folder / f"{number}.wav", samples, rate_hz)
    return truth


def test_syllables_like_exemplars_are_found_and_scored(colony: Path, tmp_path: Path) -> None:
    truth = write_exemplars(colony, tmp_path / "exemplars")
    settings = {
        "num_excerpts": 1,
        "exemplars": str(tmp_path / "exemplars"),
        "template": {"hop_size": 64, "min_correlation": 0.75},
        "label": "a",
    }
    done = segment_folder(colony / "bird1", tmp_path / "out", overrides=settings)
    found = pl.concat([read_annotations(tmp_path / "out" / name) for name in done.recordings["annotations"]])
    assert found.height == truth.height
    np.testing.assert_allclose(found["onset_s"], truth["onset_s"], atol=0.01)
    assert found["score"].min() >= 0.75
    assert set(found["label"]) == {"a"}
    assert "by likeness to exemplars" in (tmp_path / "out" / REPORT_NAME).read_text()


def test_exemplars_of_two_rates_are_refused(colony: Path, tmp_path: Path) -> None:
    for rate_hz in (32_000, 44_100):
        write_audio(tmp_path / "exemplars" / f"{rate_hz}.wav", np.ones(4000, np.float32) / 2, rate_hz)
    with pytest.raises(SubsongError, match="exemplars need one sample rate"):
        segment_folder(colony, tmp_path / "out", overrides={"exemplars": str(tmp_path / "exemplars")})


def make_bad_recordings(folder: Path) -> None:
    folder.mkdir()
    tone = (0.1 * np.sin(np.arange(32_000) * 0.6)).astype(np.float32)
    write_audio(folder / "good.wav", tone, 32_000)
    write_audio(folder / "stereo.wav", np.stack([tone, tone]), 32_000)
    write_audio(folder / "low_rate.wav", tone[:4000], 800)
    write_audio(folder / "short.wav", tone[:10], 32_000)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("no sound")


def test_recordings_that_cannot_be_used_are_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_bad_recordings(tmp_path / "bad")
    with caplog.at_level(logging.WARNING, "subsong"):
        done = segment_folder(tmp_path / "bad", tmp_path / "out")
    status = dict(done.recordings.select("recording", "status").iter_rows())
    assert {name for name, word in status.items() if word == "left out"} == {
        "stereo.wav",
        "low_rate.wav",
        "empty.wav",
        "text.wav",
    }
    for name in ("stereo.wav", "empty.wav"):
        assert any(name in line and "\n" not in line for line in caplog.messages)
    assert "low_rate.wav" in (tmp_path / "out" / REPORT_NAME).read_text()


def test_strict_mode_ends_at_the_first(tmp_path: Path) -> None:
    make_bad_recordings(tmp_path / "bad")
    with pytest.raises(SubsongError, match=r"empty\.wav"):
        segment_folder(tmp_path / "bad", tmp_path / "out", overrides={**QUICK, "mode": "strict"})


def test_a_channel_is_chosen_on_request(tmp_path: Path) -> None:
    make_bad_recordings(tmp_path / "bad")
    source = tmp_path / "bad" / "stereo.wav"
    done = segment_folder(source, tmp_path / "out", overrides={**QUICK, "channel": "mean"})
    assert done.recordings["status"].to_list() == ["found"]


def test_recordings_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac"):
        write_audio(tmp_path / "two" / name, np.zeros(9000, np.float32), 32_000)
    with pytest.raises(SubsongError, match=r"a\.flac and a\.wav would share"):
        segment_folder(tmp_path / "two", tmp_path / "out")


def test_the_page_shows_the_same_excerpts_each_time(colony: Path, tmp_path: Path) -> None:
    settings = {"num_excerpts": 3, "excerpt_s": 1.0}
    pages = [segment_folder(colony, tmp_path / name / "out", overrides=settings).report_path for name in ("a", "b")]
    first, second = (page.read_text() for page in pages if page is not None)
    assert first == second
    assert first.count("<svg") == 3
    assert "amplitude" in first


def test_progress_ends_with_all_recordings(colony: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    segment_folder(colony, tmp_path / "out", overrides=QUICK, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert (tmp_path / "out" / MANIFEST_NAME).is_file()


def test_a_misspelt_setting_is_answered_with_the_nearest(colony: Path, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="min_gap_s"):
        segment_folder(colony, tmp_path / "out", overrides=["amplitude.min_gaps=0.1"])
    assert not (tmp_path / "out").exists()
