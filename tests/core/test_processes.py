"""Processes that outlive the one that starts them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from subsong.core.errors import SubsongError
from subsong.core.processes import start_detached


def test_a_detached_program_has_a_session_of_its_own_and_a_console_that_is_added_to(tmp_path: Path) -> None:
    console = tmp_path / "console.txt"
    console.write_text("before\n")
    program = (
        "import os, sys; print(os.getsid(0) == os.getpid(), repr(sys.stdin.read())); print('wrong', file=sys.stderr)"
    )
    number = start_detached([sys.executable, "-u", "-c", program], console)
    _, status = os.waitpid(number, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert console.read_text() == "before\nTrue ''\nwrong\n"


def test_a_console_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="a file and a folder share a name"):
        start_detached([sys.executable], tmp_path)
