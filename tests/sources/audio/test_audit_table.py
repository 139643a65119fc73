"""Many recordings: strict or lenient, in order, as a table."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.audio import AuditOptions, audit_recordings, build_audit_table, find_audio

from .sounds import RATE, make_song, write_sound


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "day").mkdir()
    song = make_song(5000)
    write_sound(tmp_path / "a.wav", song, "PCM_16")
    write_sound(tmp_path / "b.wav", np.zeros(5000), "PCM_16")
    (tmp_path / "c.wav").write_text("text")
    write_sound(tmp_path / "day" / "d.flac", song, "PCM_16")
    return tmp_path


def test_lenient_keeps_going_and_lists_all(folder):
    table = build_audit_table(audit_recordings(find_audio(folder)), folder)
    assert table["recording"].to_list() == ["a.wav", "b.wav", "c.wav", "day/d.flac"]
    assert table["usable"].to_list() == [True, False, False, True]
    assert table["sample_rate_hz"].to_list() == [RATE, RATE, None, RATE]
    assert table["findings"].to_list()[0] == ""
    assert table["findings"].to_list()[1].startswith("silent: ")
    assert table["rms_db"].to_list()[1] is None
    assert table["peak"].to_list()[0] == table["peak"].to_list()[3]


def test_strict_names_the_first_and_counts_them(folder):
    with pytest.raises(
        SubsongError, match=r"b\.wav cannot be used \(silent: .*\) \(2 of 4 recordings cannot\): .*lenient"
    ):
        audit_recordings(find_audio(folder), AuditOptions(mode="strict"))


def test_strict_passes_good_recordings(folder):
    assert len(audit_recordings([folder / "a.wav"], AuditOptions(mode="strict"))) == 1


def test_the_number_of_workers_changes_nothing_and_progress_counts(folder):
    told = []
    alone = audit_recordings(find_audio(folder), num_workers=1, progress=lambda done, total: told.append((done, total)))
    assert audit_recordings(find_audio(folder), num_workers=3) == alone
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_names_outside_the_folder_are_whole_paths_and_no_audits_give_an_empty_table(folder):
    table = build_audit_table(audit_recordings([folder / "a.wav"]), folder / "day")
    assert table["recording"].to_list() == [(folder / "a.wav").as_posix()]
    assert build_audit_table([]).height == 0
