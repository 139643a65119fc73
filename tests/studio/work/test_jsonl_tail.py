"""Reading along with a file that grows, and is cut back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from subsong.studio.work.jsonl_tail import JsonLinesTail


def append(path: Path, *numbers: int) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(json.dumps({"n": number, "padding": "x" * 90}) + "\n" for number in numbers)


def numbers(tail: JsonLinesTail) -> tuple[list[int], bool]:
    news = tail.read()
    return [record["n"] for record in news.records], news.is_anew


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def test_each_record_comes_once(path: Path) -> None:
    tail = JsonLinesTail(path)
    assert numbers(tail) == ([], False)
    append(path, 1, 2)
    assert numbers(tail) == ([1, 2], False)
    append(path, 3)
    assert numbers(tail) == ([3], False)
    assert numbers(tail) == ([], False)


def test_a_line_that_is_not_whole_waits(path: Path) -> None:
    tail = JsonLinesTail(path)
    path.write_text('{"n": 1}\n{"n"', encoding="utf-8")
    assert numbers(tail) == ([1], False)
    path.write_text('{"n": 1}\n{"n": 2}\n', encoding="utf-8")
    assert numbers(tail) == ([2], False)


def test_a_file_cut_back_is_read_anew(path: Path) -> None:
    append(path, 1, 2, 3)
    tail = JsonLinesTail(path)
    tail.read()
    path.write_text("", encoding="utf-8")
    append(path, 1, 9)
    assert numbers(tail) == ([1, 9], True)


def test_a_file_cut_back_and_grown_beyond_is_noticed(path: Path) -> None:
    append(path, 1, 2, 3)
    tail = JsonLinesTail(path)
    tail.read()
    path.write_text("", encoding="utf-8")
    append(path, 1, 8, 9, 10, 11)
    assert numbers(tail) == ([1, 8, 9, 10, 11], True)


def test_a_file_cut_back_and_written_again_the_same_goes_on(path: Path) -> None:
    append(path, 1, 2, 3)
    tail = JsonLinesTail(path)
    tail.read()
    path.write_text("", encoding="utf-8")
    append(path, 1, 2, 3, 4)
    assert numbers(tail) == ([4], False)


def test_a_damaged_line_is_a_gap(path: Path) -> None:
    path.write_text('{"n": 1}\nnonsense\n[]\n{"n": 2}\n', encoding="utf-8")
    assert numbers(JsonLinesTail(path)) == ([1, 2], False)


def test_an_offset_beyond_the_end_begins_anew(path: Path) -> None:
    append(path, 1)
    assert numbers(JsonLinesTail(path, 10_000)) == ([1], True)
