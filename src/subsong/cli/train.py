"""``subsong train``."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def train(
    configs: list[str] | None = typer.Argument(
        None, metavar="[RECIPE|CONFIG]...", help="A recipe (digits-vae), YAML files, or both; merged left to right."
    ),
    data: Path | None = typer.Option(None, "--data", help="Where the data are; sets data.path."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="One setting: --set losses.kl.weight=2, or losses/kl/weight=2."
    ),
    name: str | None = typer.Option(None, "--name", "-n", help="Name of the run folder; its time is added."),
    root: Path = typer.Option("runs", "--root", help="Folder of run folders."),
    resume: Path | None = typer.Option(
        None, "--resume", metavar="RUN", help="Go on with this run from its last checkpoint."
    ),
    background: bool = typer.Option(False, "--background", help="Train in a process of its own and return at once."),
    script: Path | None = typer.Option(
        None, "--script", help="Write this command as a script for a cluster or for later, and do not run it."
    ),
) -> None:
    """Train a model, or go on with a run.

    The resolved configuration is shown, then the run folder fills: config.yaml, metrics.jsonl, checkpoints, figures,
    the portable model and the evaluation of every validation example.

    Ctrl-C leaves a checkpoint; --resume goes on and ends exactly where the uninterrupted run would have.

    Examples:

    - subsong train digits-vae --data mnist/
    - subsong train digits-vae my.yaml --set training.num_epochs=20 --name try
    - subsong train --resume runs/try_20261121_101500
    """
    from subsong.core.errors import SubsongError

    if resume is None and not configs:
        raise SubsongError("name a recipe or a config, such as 'subsong train digits-vae', or a run with --resume RUN")
    if resume is not None and (configs or data is not None or name is not None):
        raise SubsongError("--resume RUN takes its configuration from the run: leave out configs, --data and --name")
    if script is not None:
        _write_script(script)
    elif background:
        _start_in_background(root)
    elif resume is not None:
        _resume(resume, overrides)
    else:
        _start(configs or [], data, overrides, name, root)


def _start(configs: list[str], data: Path | None, overrides: list[str] | None, name: str | None, root: Path) -> None:
    from subsong.recipes import run as recipes

    _, config = recipes.resolve_config(configs, data, overrides)
    typer.echo(recipes.format_config(config), err=True)
    run = recipes.train(configs, data, overrides, name, root)
    typer.echo(run.path)


def _resume(path: Path, overrides: list[str] | None) -> None:
    from subsong.recipes import run as recipes

    typer.echo(recipes.resume(path, overrides).path)


def _command() -> list[str]:
    """Return this command without the flags that say how to run it."""
    arguments: list[str] = []
    skip = False
    for argument in sys.argv[1:]:
        if skip:
            skip = False
        elif argument == "--script":
            skip = True
        elif argument != "--background" and not argument.startswith("--script="):
            arguments.append(argument)
    return [sys.executable, "-m", "subsong", *arguments]


def _start_in_background(root: Path) -> None:
    """Start the same command in a session of its own, which the end of this one does not end."""
    root.mkdir(parents=True, exist_ok=True)
    log_path = root / "background.log"
    with open(log_path, "ab") as log:
        process = subprocess.Popen(_command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    typer.echo(f"training as process {process.pid}; it says how it goes in {log_path}; see also: subsong runs")


def _write_script(path: Path) -> None:
    """Write a script that a shell runs, and that Slurm's sbatch accepts as it is."""
    from subsong.core.files import atomic_file

    lines = [
        "#!/usr/bin/env bash",
        "#SBATCH --ntasks=1",
        "#SBATCH --signal=B:TERM@120  # two minutes before the time is up, Subsong saves a checkpoint",
        "set -euo pipefail",
        f"cd {shlex.quote(str(Path.cwd()))}",
        f"exec {shlex.join(_command())}",
        "",
    ]
    with atomic_file(path, "w") as file:
        file.write("\n".join(lines))
    path.chmod(0o755)
    typer.echo(path)
