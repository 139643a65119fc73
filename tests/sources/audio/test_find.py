"""Recordings in folders."""

from __future__ import annotations

import pytest

from subsong.core.errors import SubsongError
from subsong.sources.audio import find_audio


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_recordings_are_found_at_any_depth_in_order(tmp_path):
    touch(tmp_path, "b.WAV", "a/2.flac", "a/1.Mp3", "c.cbin", "c.rec", "d.cbin.flac", "notes.txt", "e.cbin.not.mat")
    names = [path.relative_to(tmp_path).as_posix() for path in find_audio(tmp_path)]
    assert names == ["a/1.Mp3", "a/2.flac", "b.WAV", "c.cbin", "d.cbin.flac"]


def test_hidden_files_are_passed_over(tmp_path):
    touch(tmp_path, "a.wav", "._a.wav", ".trash/b.wav", "__MACOSX/a.wav")
    assert find_audio(tmp_path) == [tmp_path / "a.wav"]


def test_a_hidden_folder_may_be_named_outright(tmp_path):
    touch(tmp_path, ".birds/a.wav")
    assert find_audio(tmp_path / ".birds") == [tmp_path / ".birds" / "a.wav"]


def test_several_paths_give_each_recording_once(tmp_path):
    touch(tmp_path, "a/1.wav", "b/2.wav", "odd.w64")
    found = find_audio([tmp_path / "b", str(tmp_path / "a"), tmp_path / "a" / "1.wav", tmp_path / "odd.w64"])
    assert found == [tmp_path / "a" / "1.wav", tmp_path / "b" / "2.wav", tmp_path / "odd.w64"]


def test_a_folder_without_recordings_names_the_suffixes(tmp_path):
    touch(tmp_path, "notes.txt")
    with pytest.raises(SubsongError, match=r"holds no recordings: expected files ending in \.aif, .*\.wav"):
        find_audio(tmp_path)
    with pytest.raises(SubsongError, match="does not exist"):
        find_audio(tmp_path / "none")
