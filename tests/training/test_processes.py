"""Runs in processes of their own: two at once, and one whose disk is full."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys

import pytest

from subsong.core.errors import SubsongError
from subsong.recipes import run as recipes
from subsong.synthesis.figures import FigureOptions, write_figures
from subsong.training.checkpoints import read_checkpoint

from .tiny import read_lines

SETTINGS = {
    "training.device": "cpu",
    "training.num_epochs": 1,
    "training.batch_size": 250,
    "training.figure_epochs": "null",
    "model.network.hidden": "[16]",
    "model.latent_dim": 2,
    "evaluation.batch_size": 100,
}


def run_subsong(*arguments, limit_bytes=None):
    def limit_file_size():
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    command = [sys.executable, "-m", "subsong", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, preexec_fn=limit_file_size
    )


POSES = {
    "training.device": "cpu",
    "training.num_epochs": 1,
    "training.batch_size": 16,
    "training.figure_epochs": "null",
    "model.pose_channels": "[4, 8]",
    "model.appearance_channels": "[4, 8]",
    "model.patch_size": 2,
    "losses.KL": "{start_ramp_it: 1, start_ramp_val: 0, end_ramp_it: 3, end_ramp_val: 1}",
}


def train(root, recipe="digits-vae", settings=SETTINGS, **changes):
    settings = {**settings, **{name.replace("__", "."): value for name, value in changes.items()}}
    flags = [flag for name, value in settings.items() for flag in ("--set", f"{name}={value}")]
    process = run_subsong("train", recipe, "--root", root, *flags)
    assert process.returncode == 0, process.stderr
    (run,) = root.iterdir()
    return run


@pytest.fixture(scope="module")
def one_run(tmp_path_factory):
    return train(tmp_path_factory.mktemp("one"))


def test_two_processes_train_as_one(one_run, tmp_path):
    two_run = train(tmp_path / "two", training__num_devices=2, training__num_accumulated=2)
    first, second = (read_lines(run / "metrics.jsonl") for run in (one_run, two_run))
    assert [line["step"] for line in first] == [line["step"] for line in second]
    for ours, theirs in zip(first, second, strict=True):
        for part in ("train", "validation"):
            assert theirs[part] == pytest.approx(ours[part], rel=1e-5)
        assert theirs.get("order") == ours.get("order")
    ours, theirs = (read_checkpoint(run / "checkpoints" / "last.ckpt")["model"] for run in (one_run, two_run))
    for name, value in ours.items():
        assert (theirs[name] - value).abs().max() < 1e-5


@pytest.mark.slow
def test_two_processes_draw_poses_as_one_does(tmp_path):
    # They wait for the gradient of every parameter: one that took no part in the loss would be an error.
    path = tmp_path / "figures.npz"
    write_figures(path, FigureOptions(num_figures=12, num_poses=8, size=(16, 16)), seed=0)
    more = {"data__path": path, "data__known": 0}
    one, two = (
        train(tmp_path / name, "pose-vunet", POSES, training__num_devices=number, **more)
        for number, name in enumerate(("one", "two"), start=1)
    )
    ours, theirs = (read_checkpoint(run / "checkpoints" / "last.ckpt")["model"] for run in (one, two))
    for name, value in ours.items():
        assert (theirs[name] - value).abs().max() < 1e-5, name


def test_a_strategy_that_does_not_exist_is_one_sentence(tmp_path):
    with pytest.raises(SubsongError, match=r"training\.strategy 'ddpp'"):
        recipes.train("digits-vae", overrides={"training.strategy": "ddpp"}, root=tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
@pytest.mark.slow
def test_a_full_disk_is_one_sentence_and_the_old_checkpoint_stays(one_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(one_run, run)
    last = run / "checkpoints" / "last.ckpt"
    before = last.read_bytes()
    more = ("--set", "training.num_epochs=2", "--set", "evaluation.store=none")
    process = run_subsong("train", "--resume", run, *more, limit_bytes=len(before) - 100)
    assert process.returncode == 2, process.stderr
    assert "the disk is full while writing" in " ".join(process.stderr.split())
    assert "Traceback" not in process.stderr
    assert last.read_bytes() == before
    assert read_checkpoint(last)["position"]["epoch"] == 1
    assert not list(run.rglob("*.partial"))
