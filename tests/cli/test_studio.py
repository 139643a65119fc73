"""``subsong studio``: finds its project and its port, asks for a token where others get here, and ends cleanly."""

from __future__ import annotations

import importlib.util
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.studio.conftest import write_small_project

from subsong.cli.main import run
from subsong.core.errors import SubsongError
from subsong.studio.serving import Address, choose_token, find_project, open_socket

PATIENCE_S = 30.0


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Return a studio of its own process, and the address it printed."""
    write_small_project(tmp_path)
    command = [sys.executable, "-m", "subsong", "studio", str(tmp_path / "project"), "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


def test_a_studio_answers_and_ends_with_ctrl_c(started: tuple[subprocess.Popen[str], str]) -> None:
    process, address = started
    with urlopen(f"{address}api/project", timeout=PATIENCE_S) as answer:
        assert b'"name":"Small"' in answer.read()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert said == "The studio has ended; what it had started goes on.\n"


def test_starting_loads_nothing_that_takes_long(tmp_path: Path) -> None:
    write_small_project(tmp_path)
    program = """
import sys
from subsong.projects.project import open_project
from subsong.studio.app import build_app
from subsong.studio.serving import open_context
build_app(open_context(open_project(sys.argv[1])))
heavy = ("torch", "sklearn", "scipy.signal", "matplotlib", "umap", "lightning_fabric")
print([name for name in heavy if name in sys.modules])
"""
    command = [sys.executable, "-c", program, str(tmp_path / "project")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert done.stdout.strip() == "[]"


def test_a_project_is_found_by_file_and_folder_and_made_of_recordings(tmp_path: Path) -> None:
    project = write_small_project(tmp_path)
    for place in (project.file, project.path):
        found, is_new = find_project(place)
        assert (found.file, is_new) == (project.file, False)
    made, is_new = find_project(tmp_path / "recordings")
    assert (made.path.name, is_new) == ("recordings-project", True)
    assert find_project(tmp_path / "recordings")[1] is False


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_what_is_no_project_is_one_sentence(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["studio", str(tmp_path / name), "--no-browser"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert name in said
    assert not (tmp_path / "empty-project").exists()


def test_a_taken_port_is_followed_by_the_next() -> None:
    with open_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with open_socket("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] < port + 20


def test_a_name_of_another_machine_is_refused() -> None:
    with pytest.raises(SubsongError, match=r"cannot listen at 192\.0\.2\.1"):
        open_socket("192.0.2.1", 0)
    with pytest.raises(SubsongError, match="no name or address of this machine"):
        open_socket("a b", 0)


def test_a_token_is_made_where_other_machines_get_here() -> None:
    assert choose_token("127.0.0.1", None) is None
    assert choose_token("127.0.0.1", "mine") == "mine"
    made = choose_token("0.0.0.0", None)
    assert made is not None
    assert len(made) >= 32
    assert made != choose_token("0.0.0.0", None)


def test_the_address_names_what_a_browser_can_open() -> None:
    assert Address("127.0.0.1", 8765, None).url == "http://127.0.0.1:8765/"
    assert Address("::1", 80, "t").url == "http://[::1]:80/?token=t"
    assert Address("0.0.0.0", 80, "t").url == f"http://{socket.gethostname()}:80/?token=t"


def test_a_missing_extra_is_one_sentence_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "uvicorn" else find(name, *more)
    )
    assert run(["studio", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "Error: the studio needs uvicorn: python -m pip install 'subsong[studio]'\n"
