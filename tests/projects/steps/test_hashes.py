"""Hashes of files are remembered until the files change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import subsong.projects.steps.hashes as module
from subsong.core.errors import SubsongError
from subsong.core.files import hash_file
from subsong.projects.steps.hashes import FileHashes, hash_value

_LONG_AGO_S = 1_000_000_000


def write(path: Path, text: str, time_s: int = _LONG_AGO_S) -> Path:
    path.write_text(text)
    os.utime(path, (time_s, time_s))
    return path


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the files that were read to be hashed, as they come."""
    paths: list[Path] = []

    def read(path: Path) -> str:
        paths.append(path)
        return hash_file(path)

    monkeypatch.setattr(module, "hash_file", read)
    return paths


def test_a_file_is_read_once(tmp_path: Path, hashed: list[Path]) -> None:
    path, memory = write(tmp_path / "a.wav", "one"), tmp_path / "files.json"
    first = FileHashes(memory)
    digest = first.hash(path)
    first.save()
    assert FileHashes(memory).hash(path) == digest == hash_file(path)
    assert hashed == [path]


def test_a_file_with_another_time_or_size_is_read_again(tmp_path: Path, hashed: list[Path]) -> None:
    hashes = FileHashes(tmp_path / "files.json")
    before = hashes.hash(write(tmp_path / "a.wav", "one"))
    assert hashes.hash(write(tmp_path / "a.wav", "two", _LONG_AGO_S + 1)) != before
    assert hashes.hash(write(tmp_path / "a.wav", "three", _LONG_AGO_S + 1)) != before
    assert len(hashed) == 3


def test_a_file_that_has_just_changed_is_not_trusted(tmp_path: Path) -> None:
    path, hashes = tmp_path / "a.wav", FileHashes(tmp_path / "files.json")
    path.write_text("one")
    first = hashes.hash(path)
    stat = path.stat()
    path.write_text("two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert hashes.hash(path) != first


def test_a_damaged_memory_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "files.json").write_text('{"a": 3')
    path = write(tmp_path / "a.wav", "one")
    assert FileHashes(tmp_path / "files.json").hash(path) == hash_file(path)


def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    hashes = FileHashes(tmp_path / "files.json")
    paths = {name: write(tmp_path / name, name) for name in ("a.wav", "b.wav")}
    hashes.hash_all(paths)
    paths["a.wav"].unlink()
    hashes.save()
    assert "a.wav" not in (tmp_path / "files.json").read_text()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"a\.wav does not exist"):
        FileHashes(tmp_path / "files.json").hash(tmp_path / "a.wav")


def test_equal_values_have_equal_hashes_whatever_their_order() -> None:
    assert hash_value({"a": 1, "b": [2]}) == hash_value({"b": [2], "a": 1}) != hash_value({"a": 1, "b": [3]})
