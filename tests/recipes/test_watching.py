"""Runs of other processes: listed, followed, stopped. The processes here only pretend to train."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from subsong.cli.main import run as subsong
from subsong.core.errors import SubsongError
from subsong.recipes.listing import describe_run, list_runs
from subsong.recipes.watching import follow_run, stop_run
from subsong.training.run_folder import RunFolder
from subsong.training.run_process import describe_process, write_process

WAITS = "import sys, time\nprint(flush=True)\ntime.sleep(60)"
IS_DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{WAITS}"

Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Return a run that has done 2 of 5 epochs, of 90 s each."""
    folder = RunFolder(tmp_path / "runs" / "night")
    folder.checkpoint_dir.mkdir(parents=True)
    folder.config_path.write_text("recipe: digits-vae\ntraining:\n  num_epochs: 5\n")
    losses = [{"event": "epoch", "epoch": k, "validation": {"loss": 9.5 - k}} for k in range(2)]
    folder.metrics_path.write_text("".join(json.dumps(line) + "\n" for line in losses))
    folder.timings_path.write_text(json.dumps({"event": "epoch", "epoch": 0, "epoch_s": 90.0}) + "\n")
    folder.log_path.write_text("epoch 1/5\nepoch 2/5\n")
    (folder.checkpoint_dir / "last.ckpt").write_bytes(b"x")
    return folder


@pytest.fixture
def start(run: RunFolder) -> Iterator[Start]:
    """Return what starts a process that counts as the run's."""
    started = []

    def start_one(code: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        write_process(run, describe_process(process.pid))
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def test_a_running_run_says_how_far_it_is_and_how_long_it_takes(run: RunFolder, start: Start) -> None:
    start(WAITS)
    row = describe_run(run)
    assert (row.recipe, row.state, row.epochs) == ("digits-vae", "running", "2/5")
    assert (row.best_loss, row.time_left) == ("8.500", "4 min 30 s")
    assert row.next_step == f"subsong runs follow {run.path}"


def test_a_run_whose_process_is_gone_is_interrupted(run: RunFolder, start: Start) -> None:
    process = start(WAITS)
    process.kill()
    process.wait()
    row = describe_run(run)
    assert (row.state, row.time_left) == ("interrupted", "")
    assert row.next_step == f"subsong runs resume {run.path}"


def test_a_failed_run_says_why(run: RunFolder, start: Start) -> None:
    process = describe_process(start(WAITS).pid)
    write_process(run, process._replace(state="failed", message="the loss is not finite"))
    assert describe_run(run).next_step.startswith("the loss is not finite; then: subsong runs resume")


def test_a_run_of_another_machine_is_what_it_last_said(run: RunFolder, start: Start) -> None:
    write_process(run, describe_process(start(WAITS).pid)._replace(host="node7"))
    assert describe_run(run).state == "running"
    assert describe_run(run).next_step == "on node7"


def test_a_run_without_a_record_is_judged_by_its_epochs(run: RunFolder) -> None:
    assert describe_run(run).state == "interrupted"
    run.config_path.write_text("recipe: digits-vae\ntraining:\n  num_epochs: 2\n")
    assert describe_run(run).state == "finished"
    run.metrics_path.unlink()
    assert describe_run(run).state == "not started"


def test_a_damaged_run_does_not_hide_the_others(run: RunFolder) -> None:
    broken = run.path.parent / "broken"
    broken.mkdir()
    (broken / "config.yaml").write_text("recipe: [")
    rows = {row.name: row.state for row in list_runs(run.path.parent)}
    assert rows == {"night": "interrupted", "broken": "unreadable"}


def test_following_ends_with_the_run(run: RunFolder, start: Start) -> None:
    process = start(WAITS)
    lines = follow_run(run.path, poll_s=0.01)
    assert [next(lines), next(lines)] == ["epoch 1/5", "epoch 2/5"]
    with open(run.log_path, "a") as file:
        file.write("epoch 3/5, half a li")
    process.kill()
    process.wait()
    assert next(lines) == "epoch 3/5, half a li"
    assert "is interrupted after epoch 2/5" in next(lines)
    assert list(lines) == []


def test_stopping_waits_and_says_where_the_checkpoint_is(run: RunFolder, start: Start) -> None:
    process = start(WAITS)
    said = stop_run(run.path)
    assert process.wait() == -15
    assert str(run.checkpoint_dir / "last.ckpt") in said
    assert f"subsong runs resume {run.path}" in said


def test_a_process_that_does_not_stop_is_ended_when_asked(run: RunFolder, start: Start) -> None:
    process = start(IS_DEAF)
    with pytest.raises(SubsongError, match=r"has not ended within 0\.1 s: wait, or say --kill"):
        stop_run(run.path, timeout_s=0.1)
    stop_run(run.path, timeout_s=0.1, kill=True)
    assert process.wait() == -9


def test_what_cannot_be_stopped_is_one_sentence(run: RunFolder, start: Start) -> None:
    with pytest.raises(SubsongError, match="is not a run folder"):
        stop_run(run.path.parent)
    with pytest.raises(SubsongError, match=r"nothing trains .*: it is interrupted"):
        stop_run(run.path)
    record = describe_process(start(WAITS).pid)
    write_process(run, record._replace(host="node7"))
    with pytest.raises(SubsongError, match=f"is trained on node7, by process {record.pid} there"):
        stop_run(run.path)
    write_process(run, record._replace(birth="at another time"))
    with pytest.raises(SubsongError, match="is gone, and left no word"):
        stop_run(run.path)


def test_the_verb_lists_follows_and_stops(
    run: RunFolder, start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(run.path.parent.parent)
    start(WAITS)
    assert subsong(["runs"]) == 0
    assert "night" in capsys.readouterr().out
    assert subsong(["runs", "stop", "runs/night"]) == 0
    assert subsong(["runs", "follow", "runs/night"]) == 0
    assert "epoch 2/5" in capsys.readouterr().out
    assert subsong(["runs", "stop", "runs/night"]) == 2
    assert subsong(["runs", "elsewhere"]) == 2
    assert "elsewhere is not a folder" in capsys.readouterr().err
