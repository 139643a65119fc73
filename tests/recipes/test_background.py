"""Training in a process of its own, from start to stop."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from subsong.cli.main import run as subsong
from subsong.recipes.background import train_in_background
from subsong.recipes.listing import describe_run
from subsong.recipes.watching import follow_run, stop_run
from subsong.training.checkpoints import LAST, read_checkpoint

ENDLESS = {
    "training.num_epochs": 100_000,
    "training.device": "cpu",
    "training.batch_size": 500,
    "training.figure_epochs": None,
    "training.watch.collapse": False,
    "evaluation.store": "none",
    "model.network.hidden": [8],
}


def test_a_run_in_the_background_is_followed_and_stopped(tmp_path: Path) -> None:
    run, process = train_in_background("digits-vae", overrides=ENDLESS, name="night", root=tmp_path)
    try:
        assert run.config_path.is_file()
        assert os.getsid(process.pid) == process.pid, "it has a session of its own"
        lines = follow_run(run.path)
        assert "epoch   1/100000" in next(lines)
        assert describe_run(run).state == "running"
        assert subsong(["runs", "resume", str(run.path)]) == 2, "one process is enough"
        said = stop_run(run.path)
    finally:
        stop_if_alive(process.pid)
    assert "is stopped after epoch" in said
    assert read_checkpoint(run.checkpoint_dir / LAST)["position"]["step"] > 0
    assert "Traceback" not in run.console_path.read_text()
    assert list(lines)[-1].startswith(f"{run.path} is stopped after epoch")


def stop_if_alive(pid: int) -> None:
    """Take away what a failing test would leave, and its entry in the table of processes."""
    for _ in range(100):
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.02)
    os.kill(pid, 9)
    os.waitpid(pid, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere"], "nowhere does not exist"),
        (["--set", "training.num_epoch=2"], "num_epochs"),
        (["--from", "nowhere"], "nowhere is not a model folder"),
        (["--name", "a/b"], "use letters, digits"),
    ],
)
def test_mistakes_are_told_at_once_and_nothing_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    root = tmp_path / "runs"
    assert subsong(["train", "digits-vae", "--root", str(root), "--background", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not root.exists()


def test_there_must_be_a_run_to_go_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert subsong(["runs", "resume", str(tmp_path), "--background"]) == 2
    assert "is not a run folder" in capsys.readouterr().err
