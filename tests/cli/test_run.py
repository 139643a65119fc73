"""``subsong run`` and ``subsong demo``: a line a step, and what comes next."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.projects.made_pipeline import list_statuses, make_small
from tests.projects.made_project import OPTIONS

import subsong.projects.demo as demo_module
import subsong.projects.run as run_module
from subsong.cli.main import run
from subsong.core.files import hash_file
from subsong.projects.project import Project, open_project
from subsong.projects.run import RunResult
from subsong.projects.steps.doing import StepResult
from subsong.synthesis.song import write_songs


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose recordings and annotations were looked at; leave it as it is."""
    project = make_small(tmp_path_factory.mktemp("small"))
    assert set(list_statuses(project, "song").values()) == {"done"}
    return project


def test_each_step_has_a_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", str(project.file), "--only", "song/bird1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:2]] == [["annotations/bird1", "kept"], ["song/bird1", "kept"]]
    assert lines[2:] == ["0 steps done, 2 kept", f"look, listen and correct: subsong studio {project.path}"]


def test_a_dry_run_says_what_would_be_done_and_why(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", str(project.path), "--dry-run", "--set", "segmenter.data.seed=3"]) == 0
    said = {line.split()[0]: " ".join(line.split()[1:]) for line in capsys.readouterr().out.splitlines()}
    assert said["annotations/bird1"] == "kept"
    assert said["song/bird1"] == "to be done: seed: 0 -> 3"
    assert said["segmenter/bird1"] == "to be done: after song/bird1"
    assert said["recordings"] == "to be done: not done before"
    assert list(said)[-2:] == ["scores", "report"]
    assert not (project.steps_dir / "recordings").exists()


def test_the_project_of_the_working_folder_is_meant(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.path)
    assert run(["run", "--only", "annotations"]) == 0
    assert "annotations/bird2      kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "clusters.number=3"], "num"),
        (["--only", "sing"], "there is no step 'sing'"),
        (["--set", "truth=nowhere"], "nowhere does not exist"),
    ],
    ids=["unknown setting", "unknown step", "no truth"],
)
def test_a_mistake_is_one_sentence(
    project: Project, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", str(project.file), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_step_that_failed_is_an_error_in_the_end(
    project: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = make_small(tmp_path)
    arguments = ["--set", "segmenter.data={labels: [none such]}", "--only", "song"]
    assert run(["run", str(other.file), *arguments]) == 2
    said = capsys.readouterr()
    assert "song/bird1             failed: " in said.out
    assert "song/bird1, song/bird2 failed, see above: mend that" in said.err


def test_scores_report_and_studio_are_told(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"bird": "all", "edges_f1": 0.98}
    result = RunResult(
        [StepResult("map", "done", 61.0, ("not done before",))],
        project.report_path,
        {"found": [found], "clusters": [{"bird": "all", "ami": 0.97}]},
        ("map_1", "map_2"),
    )
    monkeypatch.setattr(run_module, "run_project", lambda *_: result)
    assert run(["run", str(project.file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 step done in 1 min 1 s, 0 kept",
        "2 runs of earlier rounds removed (keep_runs of project.yaml): map_1, map_2",
        "against the truth, all: F1 of sounds 0.980 (both edges within 10 ms); types: adjusted mutual information "
        "0.970",
        f"report: {project.report_path}",
        f"look, listen and correct: subsong studio {project.path}",
    ]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Project]:
    """Return the projects that are run from now on, which does nothing."""
    projects: list[Project] = []

    def note(project: Project, *_: object) -> RunResult:
        projects.append(project)
        return RunResult([], None, None)

    monkeypatch.setattr(run_module, "run_project", note)
    return projects


def test_the_demo_makes_its_project_once(
    asked: list[Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_module, "DEMO_SONGS", OPTIONS)
    for _ in range(2):
        assert run(["demo", "--root", str(tmp_path / "demo")]) == 0
    said = capsys.readouterr().out
    assert said.count("6 recordings of 0 minutes, 4 of them annotated") == 1
    assert said.splitlines()[-1] == f"look, listen and correct: subsong studio {tmp_path / 'demo'}"
    assert [project.name for project in asked] == ["demo", "demo"]
    assert asked[0].config.truth == Path("truth/segments.csv")


def test_the_demo_leaves_a_folder_of_something_else_alone(
    asked: list[Project], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").touch()
    assert run(["demo", "--root", str(tmp_path)]) == 2
    assert "holds something else than the demo" in capsys.readouterr().err
    assert not asked


def test_the_demo_takes_recordings_of_ones_own(asked: list[Project], tmp_path: Path) -> None:
    write_songs(tmp_path / "mine", OPTIONS, seed=1)
    assert run(["demo", "--data", str(tmp_path / "mine")]) == 0
    assert asked[0].file == tmp_path / "mine-project/project.yaml"
    assert asked[0].recordings_dir == tmp_path / "mine"


# There when the sound is being prepared, and when the first and the second network are trained.
_SIGNS = ("steps/song/bird1.work", "runs/segmenter-bird1_*/metrics.jsonl", "runs/segmenter-bird2_*/process.json")


def start(project: Project) -> subprocess.Popen[bytes]:
    """Run a project up to its segmenters in a process of its own."""
    command = [sys.executable, "-m", "subsong", "run", str(project.file), "--only", "segmenter"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_stopped_at_any_moment_it_goes_on_to_the_same_models(number: signal.Signals, tmp_path: Path) -> None:
    straight, stopped = make_small(tmp_path / "straight"), make_small(tmp_path / "stopped")
    assert set(list_statuses(straight, "segmenter").values()) == {"done"}
    for sign in _SIGNS:
        process = start(stopped)
        while process.poll() is None and not list(stopped.path.glob(sign)):
            time.sleep(0.05)
        process.send_signal(number)
        said, _ = process.communicate()
        assert process.returncode in (0, 128 + number, -number), said.decode()
        assert b"Traceback" not in said
    assert set(list_statuses(open_project(stopped.file), "segmenter").values()) <= {"done", "kept"}
    hashes = [
        sorted(hash_file(path) for path in project.runs_dir.glob("segmenter-*/model/model.safetensors"))
        for project in (straight, stopped)
    ]
    assert hashes[0] == hashes[1]
