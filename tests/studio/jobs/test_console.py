"""What a job printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.studio.jobs import console
from subsong.studio.jobs.console import ConsolePart, read_console, read_last_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("one\ntwo\n\n", "two"),
        ("10 %\r50 %\r", "50 %"),
        ("\x1b[2K\x1b[31mred\x1b[0m\n\x1b[1A", "red"),
        ("│ No such command. │\n╰───────╯\n", "No such command."),
        ("x" * 9000, "x" * 300),
    ],
)
def test_the_last_line_is_what_a_terminal_would_show(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "console.txt").write_text(text, "utf-8", newline="")
    assert read_last_line(tmp_path / "console.txt") == line


def test_a_console_is_followed_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "console.txt"
    assert read_console(path) == ConsolePart("", 0, True)
    path.write_text("abcdé", "utf-8")
    monkeypatch.setattr(console, "_MAX_PART_BYTES", 5)
    assert read_console(path) == ConsolePart("abcd", 4, False)
    assert read_console(path, 4) == ConsolePart("é", 6, True)
    assert read_console(path, 6) == ConsolePart("", 6, True)


def test_a_place_behind_the_end_is_the_end(tmp_path: Path) -> None:
    (tmp_path / "console.txt").write_text("abc")
    assert read_console(tmp_path / "console.txt", 99) == ConsolePart("", 3, True)


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "console.txt").write_bytes(b"a\xffb\xc3")
    assert read_console(tmp_path / "console.txt").text == "a\ufffdb\ufffd"
