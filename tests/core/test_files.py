"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import threading

import pytest

from subsong.core import files
from subsong.core.errors import SubsongError
from subsong.core.files import (
    atomic_file,
    atomic_folder,
    hash_file,
    read_json,
    remove_abandoned_files,
    remove_partial_files,
    replace_folder,
    write_json,
)


@pytest.fixture(params=["exchange", "rename"])
def way(request, monkeypatch):
    if request.param == "rename":
        monkeypatch.setattr(files, "_exchange", lambda first, second: False)
    return request.param


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("mode", "content"), [("wb", b"\x00\xff"), ("w", "grün")])
def test_a_file_has_its_content_and_leaves_nothing_else(tmp_path, mode, content):
    with atomic_file(tmp_path / "new" / "a.txt", mode) as file:
        file.write(content)
    path = tmp_path / "new" / "a.txt"
    assert (path.read_bytes() if mode == "wb" else path.read_text(encoding="utf-8")) == content
    assert names(path.parent) == ["a.txt"]


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path):
    with atomic_file(tmp_path / "a", "w") as file:
        file.write("x")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").exists()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_the_previous_file_alone(tmp_path, error):
    (tmp_path / "a").write_text("before")

    def write_half():
        with atomic_file(tmp_path / "a", "w") as file:
            file.write("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert (tmp_path / "a").read_text() == "before"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "the disk is full while writing .*a: free some space"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EFBIG, "the disk is full"),
        (errno.EROFS, "no permission to write"),
        (errno.ENAMETOOLONG, "the name is too long"),
    ],
)
def test_trouble_with_the_disk_is_one_sentence_and_loses_nothing(tmp_path, monkeypatch, number, sentence):
    (tmp_path / "a").write_text("before")

    def fail(descriptor):
        raise OSError(number, "trouble")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SubsongError, match=sentence), atomic_file(tmp_path / "a", "w") as file:
        file.write("after")
    assert (tmp_path / "a").read_text() == "before"
    assert names(tmp_path) == ["a"]


def test_another_error_of_the_system_is_passed_on(tmp_path):
    with pytest.raises(OSError, match="odd") as caught, atomic_file(tmp_path / "a"):
        raise OSError(errno.EIO, "odd")
    assert not isinstance(caught.value, SubsongError)


def test_a_file_where_a_folder_is_needed_is_one_sentence(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(SubsongError, match="a file and a folder share a name"):
        write_json(tmp_path / "a" / "b.json", 1)


def test_a_folder_where_a_file_is_needed_is_one_sentence(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(SubsongError, match="a file and a folder share a name"):
        write_json(tmp_path / "a", 1)
    assert names(tmp_path) == ["a"]


def test_a_name_that_is_too_long_is_one_sentence(tmp_path):
    with pytest.raises(SubsongError, match="the name is too long"):
        write_json(tmp_path / ("x" * 300), 1)


def test_a_folder_appears_whole(tmp_path):
    with atomic_folder(tmp_path / "deep" / "set") as folder:
        (folder / "x").write_text("1")
        assert not (tmp_path / "deep" / "set").exists()
    assert names(tmp_path / "deep") == ["set"]
    assert names(tmp_path / "deep" / "set") == ["x"]


def test_a_folder_replaces_the_one_before(tmp_path, way):
    for name in ("old", "new"):
        with atomic_folder(tmp_path / "set") as folder:
            (folder / name).write_text("1")
    assert names(tmp_path) == ["set"]
    assert names(tmp_path / "set") == ["new"]


def test_a_folder_replaces_a_file_of_that_name(tmp_path, way):
    (tmp_path / "set").write_text("old")
    with atomic_folder(tmp_path / "set") as folder:
        (folder / "x").write_text("1")
    assert names(tmp_path) == ["set"]
    assert names(tmp_path / "set") == ["x"]


def test_an_error_leaves_the_previous_folder_alone(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "x").write_text("before")

    def write_half():
        with atomic_folder(tmp_path / "set") as folder:
            (folder / "y").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert names(tmp_path) == ["set"]
    assert names(tmp_path / "set") == ["x"]


def test_a_failed_replacement_puts_the_previous_folder_back(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_exchange", lambda first, second: False)
    (tmp_path / "set").mkdir()
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "never there", tmp_path / "set")
    assert names(tmp_path) == ["set"]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="names are exchanged in one step on Linux only")
def test_there_is_a_folder_at_every_moment_of_a_replacement(tmp_path):
    (tmp_path / "set").mkdir()
    done = threading.Event()
    missing = []

    def look():
        while not done.is_set():
            missing.append(not (tmp_path / "set").exists())

    watcher = threading.Thread(target=look)
    watcher.start()
    for _ in range(200):
        with atomic_folder(tmp_path / "set"):
            pass
    done.set()
    watcher.join()
    assert missing
    assert not any(missing)


def test_what_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / ".a.txt.12.partial").write_text("half")
    (tmp_path / ".set.12.partial").mkdir()
    (tmp_path / ".set.12.partial" / "x").write_text("half")
    (tmp_path / "a.txt").write_text("whole")
    remove_partial_files(tmp_path)
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_set_aside_for_one_that_never_came_is_put_back(tmp_path):
    (tmp_path / ".set.v1.12.old.partial").mkdir()
    (tmp_path / ".set.v1.12.partial").mkdir()
    remove_partial_files(tmp_path)
    assert names(tmp_path) == ["set.v1"]


def test_a_folder_set_aside_is_removed_where_the_new_one_came(tmp_path):
    (tmp_path / ".set.12.old.partial").mkdir()
    (tmp_path / "set").mkdir()
    remove_partial_files(tmp_path)
    assert names(tmp_path) == ["set"]


def test_only_what_dead_processes_left_of_one_folder_is_removed(tmp_path):
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    for name in (f".set.{done.pid}.partial", f".other.{done.pid}.partial", f".set.{os.getppid()}.partial"):
        (tmp_path / name).mkdir()
    remove_abandoned_files(tmp_path / "set")
    assert names(tmp_path) == sorted([f".other.{done.pid}.partial", f".set.{os.getppid()}.partial"])


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, True]}, [], "grün", 0.1])
def test_json_comes_back_equal(tmp_path, value):
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value


def test_a_value_that_is_not_json_leaves_the_previous_file(tmp_path):
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"a": object()})
    assert read_json(tmp_path / "a.json") == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "line 1: not valid JSON"), (b'{\n"a": }', "line 2: not valid JSON"), (b"\xff", "a.json: not valid JSON")],
)
def test_a_damaged_json_file_is_named_with_its_line(tmp_path, content, sentence):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(SubsongError, match=sentence):
        read_json(tmp_path / "a.json")


def test_a_missing_json_file_is_named(tmp_path):
    with pytest.raises(SubsongError, match=r"a\.json is missing"):
        read_json(tmp_path / "a.json")


def test_a_folder_in_place_of_a_json_file_is_named(tmp_path):
    with pytest.raises(SubsongError, match="is a folder: expected a JSON file"):
        read_json(tmp_path)


def test_the_hash_is_sha_256(tmp_path):
    (tmp_path / "a").write_bytes(b"song" * 100_000)
    assert hash_file(tmp_path / "a") == hashlib.sha256(b"song" * 100_000).hexdigest()
