"""A run that is killed at any moment and resumed equals one that was not, bit for bit."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.evaluation.store import load_evaluation
from subsong.recipes import run as recipes
from subsong.recipes.catalogue import list_recipes
from subsong.recipes.configuring import format_config, resolve_config
from subsong.training.checkpoints import LAST, read_checkpoint
from subsong.training.run_folder import RunFolder, create_run_folder

KILL = Path(__file__).with_name("kill.py")
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


def prepare(recipe_name: str, overrides: dict[str, Any], root: Path, name: str) -> RunFolder:
    """Return a run folder with its configuration, not yet trained."""
    _, config = resolve_config(recipe_name, None, overrides)
    run = create_run_folder(root, name)
    run.config_path.write_text(format_config(config))
    return run


def kill_and_resume(run: RunFolder, seed: int, num_timed: int, num_writing: int) -> list[str]:
    command = [sys.executable, str(KILL), str(run.path), str(seed), str(num_timed), str(num_writing)]
    done = subprocess.run(command, capture_output=True, text=True, env=ONE_THREAD, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split("\n")[:-1]


def assert_equal(value: Any, expected: Any, place: str) -> None:
    """Compare nested checkpoints bit for bit."""
    assert type(value) is type(expected), place
    if isinstance(expected, torch.Tensor):
        assert torch.equal(value, expected), place
    elif isinstance(expected, dict):
        assert list(value) == list(expected), place
        for key in expected:
            assert_equal(value[key], expected[key], f"{place}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(value) == len(expected), place
        for number, (one, other) in enumerate(zip(value, expected, strict=True)):
            assert_equal(one, other, f"{place}.{number}")
    else:
        assert value == expected, place


def assert_same_run(run: RunFolder, expected: RunFolder) -> None:
    """Compare weights, optimizer, metrics, order and the stored evaluation of two runs."""
    states = [read_checkpoint(folder.checkpoint_dir / LAST) for folder in (run, expected)]
    for state in states:
        state.pop("timings_bytes")  # the only thing a clock has a say in
    assert_equal(*states, "checkpoint")
    assert run.metrics_path.read_bytes() == expected.metrics_path.read_bytes()
    stores = [load_evaluation(folder.evaluation_dir / "last") for folder in (run, expected)]
    assert stores[0].losses.equals(stores[1].losses)
    for name in stores[1].output_names:
        np.testing.assert_array_equal(stores[0].output(name), stores[1].output(name))


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    """Make the run long enough to be killed ten times."""
    return {**overrides, "training.num_epochs": 12}


@pytest.fixture(scope="module")
def whole() -> dict[str, RunFolder]:
    """Return the run of each recipe that was left alone, where one was asked for so far."""
    return {}


@pytest.fixture
def uninterrupted(
    recipe_name: str,
    overrides: dict[str, Any],
    whole: dict[str, RunFolder],
    tmp_path_factory: pytest.TempPathFactory,
) -> RunFolder:
    """Return a run that was left alone, trained in a process like those that are killed."""
    if recipe_name not in whole:
        run = prepare(recipe_name, overrides, tmp_path_factory.mktemp(recipe_name), "whole")
        kill_and_resume(run, 0, 0, 0)
        whole[recipe_name] = run
    return whole[recipe_name]


# What a run keeps is kept by one engine: the other families are killed with the slow tests.
KILLED_EACH_TIME = ("digits-vae",)


@pytest.mark.parametrize(
    "recipe_name",
    [name if name in KILLED_EACH_TIME else pytest.param(name, marks=pytest.mark.slow) for name in list_recipes()],
    indirect=True,
)
def test_a_run_killed_at_ten_random_moments_equals_one_left_alone(
    recipe_name: str, overrides: dict[str, Any], tmp_path: Path, uninterrupted: RunFolder
) -> None:
    run = prepare(recipe_name, overrides, tmp_path, "killed")
    deaths = kill_and_resume(run, seed=1, num_timed=6, num_writing=4)
    killed = [line for line in deaths if line.endswith(f" {-signal.SIGKILL}")]
    assert len(killed) == 10, deaths
    assert {line.split()[0] for line in killed} == {"timed", "fsync", "replace"}
    assert_same_run(run, uninterrupted)


# The way from signal to checkpoint is one for all recipes; two of them take one signal each.
@pytest.mark.parametrize(
    ("recipe_name", "number"),
    [("digits-vae", signal.SIGTERM), pytest.param("checklist-vae", signal.SIGINT, marks=pytest.mark.slow)],
    indirect=["recipe_name"],
)
def test_a_signal_leaves_a_checkpoint_and_its_exit_code(
    recipe_name: str, number: signal.Signals, overrides: dict[str, Any], tmp_path: Path, uninterrupted: RunFolder
) -> None:
    long = {**overrides, "training.num_epochs": 2000, "training.checkpoint.every_steps": None}
    settings = [f"--set={key}={'null' if value is None else value}" for key, value in long.items()]
    command = [sys.executable, "-m", "subsong", "train", recipe_name, "--root", str(tmp_path / "runs"), *settings]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ONE_THREAD)
    try:
        wait_for_epoch(tmp_path / "runs", process)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 128 + number, said
    (path,) = re.findall(r"subsong train --resume (\S+)", said)
    state = read_checkpoint(Path(path) / "checkpoints" / LAST)
    assert state["position"]["step"] > 0
    assert_resumes_to_the_same(Path(path), state, overrides, uninterrupted)


def assert_resumes_to_the_same(
    path: Path, state: dict[str, Any], overrides: dict[str, Any], uninterrupted: RunFolder
) -> None:
    """Go on from the checkpoint for one more epoch; constant settings make the first epochs those of the short run."""
    recipes.resume(path, {"training.num_epochs": state["position"]["epoch"] + 2})
    lines = [run.metrics_path.read_text().splitlines() for run in (RunFolder(path), uninterrupted)]
    epochs = [[line for line in run_lines if '"event": "epoch"' in line] for run_lines in lines]
    assert len(epochs[0]) == state["position"]["epoch"] + 2
    common = min(len(epochs[0]), len(epochs[1]))
    orders = [[re.search(r'"order": "(\w+)"', line)[1] for line in lines[:common]] for lines in epochs]  # type: ignore[index]
    assert orders[0] == orders[1]


def wait_for_epoch(root: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the run has written its first epoch."""
    for _ in range(600):
        if any('"event": "epoch"' in path.read_text() for path in root.glob("*/metrics.jsonl")):
            return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    raise AssertionError("the run did not get under way")
