"""Scripts that train elsewhere: they run as they are written, and go on where they were stopped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from subsong.cli.main import run as subsong
from subsong.models.portable import read_weights
from subsong.training.history import read_records

TINY = [
    "--set=training.num_epochs=1",
    "--set=training.batch_size=250",
    "--set=training.device=cpu",
    "--set=training.figure_epochs=null",
    "--set=evaluation.store=none",
    "--set=model.network.hidden=[8]",
]
# Of sbatch's manual: what may stand behind #SBATCH.
SLURM_OPTIONS = {
    "account",
    "cpus-per-task",
    "gpus-per-node",
    "job-name",
    "mem",
    "nodes",
    "ntasks-per-node",
    "open-mode",
    "output",
    "partition",
    "requeue",
    "signal",
    "time",
}
# As Slurm: one process a task, told its number. They are forks, so that imports are paid for once.
SRUN = f"""#!{sys.executable}
import os, sys
from subsong.cli.main import run
import subsong.recipes.run

tasks = []
for number in range(int(os.environ["SLURM_NTASKS"])):
    tasks.append(os.fork())
    if not tasks[-1]:
        os.environ.update(SLURM_PROCID=str(number), SLURM_LOCALID=str(number), SLURM_NODEID="0")
        code = run(sys.argv[sys.argv.index("subsong") + 1 :])
        sys.stdout.flush()
        os._exit(code)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(task, 0)[1]) for task in tasks))
"""


SLURM = {
    "SLURM_JOB_ID": str(os.getpid()),
    "SLURM_JOB_NAME": "elsewhere",
    "SLURM_NODELIST": "localhost",
    "SLURM_NTASKS": "2",
    "SLURM_NTASKS_PER_NODE": "2",
    "SLURM_CPUS_PER_TASK": "1",
}


def install_srun(folder: Path) -> Path:
    """Put a Slurm of two tasks into `folder` and return where its command is."""
    tools = folder / "bin"
    tools.mkdir()
    (tools / "srun").write_text(SRUN)
    (tools / "srun").chmod(0o755)
    return tools


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, whose name a shell would split."""
    folder = tmp_path / "my $project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(name: str, *more: str) -> Path:
    assert subsong(["train", "digits-vae", *TINY, "--name", "elsewhere", "--script", name, *more]) == 0
    return Path(name)


def read_variable(script: Path, name: str) -> str:
    found = re.search(rf"^{name}=(.*)$", script.read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def run_script(script: Path, path: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PATH": f"{path}{os.environ['PATH']}", **environment}
    command = ["bash", str(script.resolve())]
    return subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_a_shell_script_trains_the_model_of_the_command(project: Path) -> None:
    script = write("train.sh")
    assert not (project / "runs").exists()
    done = run_script(script)
    assert done.returncode == 0, done.stderr
    run = Path(read_variable(script, "RUN_DIR"))
    assert re.fullmatch(r"elsewhere_\d{8}_\d{6}", run.name)
    assert subsong(["train", "digits-vae", *TINY, "--root", "here"]) == 0
    (here,) = Path("here").iterdir()
    assert (run / "model" / "model.safetensors").read_bytes() == (here / "model" / "model.safetensors").read_bytes()
    assert (run / "config.yaml").read_bytes() == (here / "config.yaml").read_bytes()


@pytest.mark.slow
def test_a_slurm_script_trains_one_run_with_two_processes_and_goes_on_with_it(project: Path) -> None:
    script, tools = write("train.sbatch", "--set=training.num_devices=2"), install_srun(project)
    run = project / read_variable(script, "RUN_DIR")
    done = run_script(script, f"{tools}:", **SLURM)
    assert done.returncode == 0, done.stderr
    assert "Starting with 2 processes" in done.stderr
    assert [path.name for path in (project / "runs").iterdir()] == [run.name]
    assert len(read_records(run / "metrics.jsonl")["epoch"]) == 1
    assert read_weights(run / "model")[1].recipe == "digits-vae"


@pytest.mark.slow
def test_processes_that_a_cluster_starts_make_one_run_folder(project: Path) -> None:
    train = ["-m", "subsong", "train", "digits-vae", *TINY, "--set=training.num_devices=2", "--root=runs"]
    command = [install_srun(project) / "srun", *train]
    done = subprocess.run(
        command, env={**os.environ, **SLURM}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    (run,) = Path("runs").iterdir()
    assert len(read_records(run / "metrics.jsonl")["epoch"]) == 1


def test_a_slurm_job_that_its_time_limit_stopped_is_queued_again(project: Path) -> None:
    script = write("train.sbatch")
    run, tools = Path(read_variable(script, "RUN_DIR")), project / "bin"
    tools.mkdir()
    for name, text in {"srun": 'echo "$@" > srun.txt; exit 143', "scontrol": 'echo "$@" > scontrol.txt'}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    run.mkdir(parents=True)
    (run / "config.yaml").write_text("recipe: digits-vae\n")
    assert run_script(script, f"{tools}:", SLURM_JOB_ID="17").returncode == 143
    assert Path("srun.txt").read_text().endswith(f"-m subsong train --resume {run}\n")
    assert Path("scontrol.txt").read_text() == "requeue 17\n"
    Path("scontrol.txt").unlink()
    script.write_text(script.read_text().replace("REQUEUE_AT_TIME_LIMIT=yes", "REQUEUE_AT_TIME_LIMIT=no"))
    assert run_script(script, f"{tools}:", SLURM_JOB_ID="17").returncode == 143
    assert not Path("scontrol.txt").exists()


@pytest.mark.parametrize("name", ["train.sh", "train.sbatch"])
@pytest.mark.parametrize(
    "more", [(), ("--data=pictures", "--set=training.num_nodes=2", "--set=training.num_devices=4")]
)
def test_a_shell_takes_every_line(project: Path, name: str, more: tuple[str, ...]) -> None:
    subprocess.run(["bash", "-n", write(name, *more)], check=True)
    assert os.access(name, os.X_OK)


def test_slurm_takes_every_option_and_they_stand_before_the_first_command(project: Path) -> None:
    lines = write("train.sbatch", "--set=training.num_nodes=2", "--set=training.num_devices=4").read_text().splitlines()
    first_command = next(k for k, line in enumerate(lines) if line and not line.startswith("#"))
    asked = [line for line in lines if re.match("##?SBATCH", line)]
    assert asked == [line for line in lines[:first_command] if re.match("##?SBATCH", line)]
    options = [re.fullmatch(r"##?SBATCH --([a-z-]+)(=\S+)?", line) for line in asked]
    assert {option[1] for option in options if option is not None} == SLURM_OPTIONS
    assert None not in options
    assert {"#SBATCH --nodes=2", "#SBATCH --ntasks-per-node=4", "#SBATCH --requeue"} <= set(asked)


def test_paths_stand_at_the_head(project: Path) -> None:
    data = project / "my data"
    script = write("train.sh", "--data", str(data))
    assert read_variable(script, "DATA_PATH") == f"'{data}'"
    assert read_variable(script, "PROJECT_DIR") == f"'{project}'"
    assert '--data "$DATA_PATH"' in script.read_text()


def test_a_script_that_goes_on_with_a_run_makes_none(project: Path) -> None:
    run = Path("runs/first")
    run.mkdir(parents=True)
    preset = shutil.copy(Path(sys.modules["subsong.recipes"].__path__[0]) / "digits-vae.yaml", run / "config.yaml")
    assert Path(preset).is_file()
    more = "training.num_epochs=3"
    assert subsong(["train", "--resume", str(run), "--set", more, "--script", "more.sh"]) == 0
    text = Path("more.sh").read_text()
    assert f'train --resume "$RUN_DIR" --set {more})' in text
    assert "config show" not in text


def test_a_script_of_that_name_is_kept_unless_asked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.sh").write_text("mine")
    command = ["train", "digits-vae", "--script", "train.sh"]
    assert subsong(command) == 2
    assert "choose another name, or say --overwrite" in capsys.readouterr().err
    assert Path("train.sh").read_text() == "mine"
    assert subsong([*command, "--overwrite"]) == 0
    assert Path("train.sh").read_text().startswith("#!")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digits-vae", "--script", "train.py"], "a script is called NAME.sh, for a shell, or NAME.sbatch, for Slurm"),
        (["digits-vae", "--script", "a.sh", "--set", "training.epochs=2"], "num_epochs"),
        (["digits-vae", "--script", "a.sh", "--background"], "--background trains now and --script later"),
        (["--resume", "runs/x", "--from", "runs/y"], "leave out configs, --data, --name and --from"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert subsong(["train", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(project.iterdir()) == []
