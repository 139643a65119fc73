"""How far a run is, from what its folder holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from subsong.studio.work.watch_routes import RunStream
from subsong.studio.work.watching import RunReader, list_figures
from subsong.training.run_folder import RunFolder
from subsong.training.run_process import describe_process, write_process

COLLAPSE = "posterior collapse: none of 8 latent dimensions is active; spread the contrast"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Return a run of two epochs of five."""
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.config_path.write_text("recipe: digits-vae\ntraining: {num_epochs: 5}\n", encoding="utf-8")
    epochs = [{"event": "epoch", "epoch": n, "step": 4 * n, "validation": {"loss": 9.0 - n}} for n in range(2)]
    write_lines(run.metrics_path, [{"event": "step", "step": 0, "train": {"loss": float("nan")}}, *epochs])
    write_lines(run.timings_path, [{"event": "epoch", "epoch_s": 3.0, "examples_per_s": 50.0, "wait_share": 0.1}] * 2)
    run.environment_path.write_text('{"device": "cpu"}', encoding="utf-8")
    return run


def write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def read_events(stream: RunStream) -> dict[str, Any]:
    events = [event.decode().strip().split("\ndata: ") for event in stream.read()]
    return {name.removeprefix("event: "): json.loads(data) for name, data in events}


def test_a_running_run_says_how_far_it_is(run: RunFolder) -> None:
    write_process(run, describe_process(os.getpid()))
    reader = RunReader(run)
    reader.read_metrics()
    standing = reader.read_standing()
    assert (standing.state, standing.num_done, standing.num_epochs) == ("running", 2, 5)
    assert (standing.best_loss, standing.best_epoch, standing.left_s) == (8.0, 2, 9.0)
    assert (standing.examples_per_s, standing.wait_share, standing.device) == (50.0, 0.1, "cpu")


def test_warnings_are_told_once_with_their_remedies(run: RunFolder) -> None:
    lines = [f"2026-11-21 10:00:0{n},000 WARNING epoch {n}: {COLLAPSE}" for n in range(3)]
    run.log_path.write_text("\n".join(["2026-11-21 10:00:00,000 INFO begins", *lines]), encoding="utf-8")
    warnings = RunReader(run).read_standing().warnings
    assert [(one.text, one.num_times) for one in warnings] == [(COLLAPSE, 3)]


def test_a_warning_that_later_epochs_do_not_repeat_is_past(run: RunFolder) -> None:
    run.log_path.write_text(f"2026-11-21 10:00:00,000 WARNING epoch 0: {COLLAPSE}\n", encoding="utf-8")
    reader = RunReader(run)
    reader.read_metrics()
    (warned,) = reader.read_standing().warnings
    assert (warned.text, warned.last_epoch, warned.is_past) == (COLLAPSE, 1, True)


def test_a_failed_run_says_why(run: RunFolder) -> None:
    said = "the loss is not a number at step 12"
    write_process(run, describe_process(os.getpid())._replace(state="failed", message=said))
    standing = RunReader(run).read_standing()
    assert (standing.state, standing.message, standing.is_over) == ("failed", said, True)


def test_figures_come_newest_first_with_their_epochs_from_one(run: RunFolder) -> None:
    run.figure_dir.mkdir()
    for second, name in enumerate(
        ["reconstruction_0.png", "reconstruction_9.png", "training_curves.png", ".x.partial"]
    ):
        (run.figure_dir / name).write_bytes(b"")
        os.utime(run.figure_dir / name, (second, second))
    found = [(figure.name, figure.epoch) for figure in list_figures(run.figure_dir)]
    assert found == [("training curves", None), ("reconstruction", 10), ("reconstruction", 1)]


def test_a_stream_tells_only_what_is_new_and_ends_with_the_run(run: RunFolder) -> None:
    process = describe_process(os.getpid())
    write_process(run, process)
    stream = RunStream(run)
    first = read_events(stream)
    assert len(first["metrics"]["records"]) == 3
    assert first["metrics"]["records"][0]["train"]["loss"] is None
    assert read_events(stream) == {}
    with open(run.metrics_path, "a", encoding="utf-8") as file:
        file.write('{"event": "epoch", "epoch": 2, "validation": {"loss": 1.0}}\n')
    write_process(run, process._replace(state="stopped", message="asked to"))
    last = read_events(stream)
    assert (len(last["metrics"]["records"]), last["standing"]["num_done"], last["end"]) == (1, 3, {"state": "stopped"})
    assert stream.is_over


def test_a_run_that_goes_on_is_told_anew(run: RunFolder) -> None:
    stream = RunStream(run)
    stream.read()
    write_lines(run.metrics_path, [{"event": "epoch", "epoch": 0, "validation": {"loss": 7.0}}])
    metrics = read_events(stream)["metrics"]
    assert (metrics["is_anew"], len(metrics["records"])) == (True, 1)
