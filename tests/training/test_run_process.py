"""Which process trains a run: told by more than its number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from subsong.core.errors import Interrupted, SubsongError
from subsong.training.run_folder import RunFolder
from subsong.training.run_process import (
    check_free,
    describe_process,
    find_birth,
    read_process,
    recorded_process,
    write_process,
)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_a_process_lives_until_it_has_ended(sleeper: subprocess.Popen[bytes]) -> None:
    process = describe_process(sleeper.pid)
    assert process.is_alive
    sleeper.kill()
    sleeper.wait()
    assert not process.is_alive


def test_a_number_that_was_given_to_another_process_is_not_mistaken() -> None:
    assert describe_process(os.getpid()).is_alive
    assert not describe_process(os.getpid())._replace(birth="at another time").is_alive


def test_a_zombie_has_ended(sleeper: subprocess.Popen[bytes]) -> None:
    process = describe_process(sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # ended, and nobody has asked how
    assert not process.is_alive


def test_no_process_has_no_birth() -> None:
    assert find_birth(2**30) is None


def test_what_is_written_is_read(run: RunFolder) -> None:
    process = describe_process(os.getpid())
    write_process(run, process)
    assert read_process(run) == process
    assert read_process(RunFolder(run.path / "other")) is None


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (None, "finished"),
        (Interrupted("stopped at step 3", 15), "stopped"),
        (SubsongError("the loss is not finite"), "failed"),
        (RuntimeError("bad kernel"), "failed"),
    ],
)
def test_the_run_folder_says_how_training_ended(run: RunFolder, error: Exception | None, state: str) -> None:
    def train() -> None:
        with recorded_process(run):
            found = read_process(run)
            assert found is not None
            assert (found.state, found.is_alive) == ("running", True)
            if error is not None:
                raise error

    if error is None:
        train()
    else:
        with pytest.raises(type(error)):
            train()
    found = read_process(run)
    assert found is not None
    assert found.state == state
    assert error is None or str(error) in found.message


def test_two_processes_do_not_train_one_run(run: RunFolder, sleeper: subprocess.Popen[bytes]) -> None:
    write_process(run, describe_process(sleeper.pid))
    with pytest.raises(SubsongError, match=f"process {sleeper.pid} trains"):
        check_free(run)
    sleeper.kill()
    sleeper.wait()
    check_free(run)


def test_a_damaged_file_is_named(run: RunFolder) -> None:
    run.process_path.write_text(json.dumps({"pid": 1, "colour": "red"}))
    with pytest.raises(SubsongError, match=r"process\.json is damaged"):
        read_process(run)
