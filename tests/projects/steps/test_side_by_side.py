"""Birds side by side: the same networks as one after the other, and processes that end with the one that made them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.projects.made_pipeline import list_statuses, make_small

from subsong.core.errors import Interrupted, SubsongError
from subsong.core.files import hash_file
from subsong.projects.project import Project
from subsong.projects.steps import side_by_side
from subsong.projects.steps.side_by_side import SideBySide, count_processors, share_processors
from subsong.projects.steps.step import ALL, Outputs, Step, Work

from .made_steps import Bench


def hash_models(project: Project) -> list[str]:
    return sorted(hash_file(path) for path in project.runs_dir.glob("segmenter-*/model/model.safetensors"))


@pytest.mark.parametrize(("birds", "threads"), [(0, None), (1, None), (2, 3), (4, 1), (9, 1)])
def test_birds_share_the_processors(monkeypatch: pytest.MonkeyPatch, birds: int, threads: int | None) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    assert count_processors() == 6
    assert share_processors(birds) == threads


def test_steps_of_several_birds_are_done_at_the_same_time(tmp_path: Path) -> None:
    bench, beside = Bench(tmp_path), list[bool]()

    def step(name: str) -> Step:
        def make(work: Work) -> Outputs:
            beside.append(work.beside is not None)
            if name == "segmenter/b":
                raise SubsongError("b cannot be trained")
            while len(beside) < 2:
                time.sleep(0.001)
            (work.folder / "made.txt").write_text(name)
            return {ALL: [work.folder / "made.txt"]}

        return bench.step(name)._replace(make=make, is_apart=True)

    plan = [step("segmenter/a"), step("segmenter/b"), bench.step("segments/b", ["segmenter/b"])]
    assert bench.do(*plan, num_jobs=2) == {"segmenter/a": "done", "segmenter/b": "failed", "segments/b": "left out"}
    assert beside == [True, True]
    # One that is left has nobody beside it.
    assert bench.do(*plan, num_jobs=2)["segmenter/a"] == "kept"
    assert beside == [True, True, False]


@pytest.mark.parametrize(
    ("said", "error", "told"),
    [
        ('{"error": "mend it", "signal": null, "warnings": []}', SubsongError, "mend it"),
        ('{"error": "stopped", "signal": 15, "warnings": []}', Interrupted, "stopped"),
        ("", SubsongError, "died, perhaps for lack of memory .it said nothing.: the same command"),
    ],
    ids=["mistake", "stop", "death"],
)
def test_what_went_wrong_in_a_process_is_told(
    monkeypatch: pytest.MonkeyPatch, said: str, error: type[SubsongError], told: str
) -> None:
    command = [sys.executable, "-c", f"print({said!r})"]
    popen = subprocess.Popen
    monkeypatch.setattr(side_by_side.subprocess, "Popen", lambda _, **more: popen(command, **more))
    with SideBySide() as beside, pytest.raises(error, match=told):
        beside.fit(Path("runs/a"), 1)


@pytest.mark.slow
def test_side_by_side_networks_learn_the_same(tmp_path: Path) -> None:
    projects = [make_small(tmp_path / jobs, jobs=jobs) for jobs in ("1", "2")]
    for project in projects:
        assert set(list_statuses(project, "segmenter").values()) == {"done"}
    assert hash_models(projects[0]) == hash_models(projects[1])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_stop_ends_all_of_them_and_the_same_command_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    straight, stopped = make_small(tmp_path / "straight"), make_small(tmp_path / "stopped", jobs="2")
    list_statuses(straight, "segmenter")
    process = subprocess.Popen([sys.executable, "-m", "subsong", "run", str(stopped.file), "--only", "segmenter"])
    while process.poll() is None and len(list(stopped.runs_dir.glob("segmenter-*/metrics.jsonl"))) < 2:
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait() in (0, 128 + number, -number)
    assert set(list_statuses(stopped, "segmenter").values()) <= {"done", "kept"}
    assert hash_models(straight) == hash_models(stopped)
