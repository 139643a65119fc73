"""``subsong train``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import typer

from subsong.cli.app import app


class _Command(NamedTuple):
    """What describes a new run on the command line."""

    configs: list[str]
    data: Path | None
    overrides: list[str]
    name: str | None
    root: Path
    start_from: Path | None


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
    start_from: Path | None = typer.Option(
        None, "--from", metavar="MODEL|RUN", help="Begin with the weights of this trained model of the same recipe."
    ),
    resume: Path | None = typer.Option(
        None, "--resume", metavar="RUN", help="Go on with this run from its last checkpoint."
    ),
    background: bool = typer.Option(False, "--background", help="Train in a process of its own and return at once."),
    script: Path | None = typer.Option(
        None, "--script", help="Write a script that trains elsewhere (.sh, or .sbatch for Slurm), and do not run it."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a script of that name."),
) -> None:
    """Train a model, or go on with a run.

    The resolved configuration is shown, then the run folder fills: config.yaml, metrics.jsonl, checkpoints, figures,
    the portable model and the evaluation of every validation example.

    Ctrl-C leaves a checkpoint; --resume goes on and ends exactly where the uninterrupted run would have.

    Examples:

    - subsong train digits-vae --data mnist/
    - subsong train digits-vae my.yaml --set training.num_epochs=20 --name try --background
    - subsong train song-segmenter --data other_bird/ --from runs/first_20261121_101500 --script train.sbatch
    - subsong train --resume runs/try_20261121_101500
    """
    _check_flags(configs, resume, (data, name, start_from), background, script)
    command = _Command(configs or [], data, overrides or [], name, root, start_from)
    if script is not None:
        _write_script(script, command, resume, overwrite)
    elif resume is not None:
        resume_run(resume, overrides, background)
    elif background:
        _start_in_background(command)
    else:
        _start(command)


def _check_flags(
    configs: list[str] | None, resume: Path | None, of_new: tuple[object, ...], background: bool, script: Path | None
) -> None:
    from subsong.core.errors import SubsongError

    if resume is None and not configs:
        raise SubsongError("name a recipe or a config, such as 'subsong train digits-vae', or a run with --resume RUN")
    if resume is not None and (configs or any(flag is not None for flag in of_new)):
        raise SubsongError(
            "--resume RUN takes its configuration from the run: leave out configs, --data, --name and --from"
        )
    if background and script is not None:
        raise SubsongError("--background trains now and --script later: give one of them")


def _start(command: _Command) -> None:
    from subsong.recipes import run as recipes
    from subsong.recipes.configuring import format_config, resolve_config

    _, config = resolve_config(command.configs, command.data, command.overrides, command.start_from)
    typer.echo(format_config(config), err=True)
    typer.echo(recipes.train(*command).path)


def _start_in_background(command: _Command) -> None:
    from subsong.recipes.background import train_in_background

    run, process = train_in_background(*command)
    _say_started(run.path, process.pid)


def resume_run(path: Path, overrides: list[str] | None, background: bool) -> None:
    """Go on with a run, here or in a process of its own."""
    from subsong.recipes import run as recipes
    from subsong.recipes.background import resume_in_background

    if background:
        run, process = resume_in_background(path, overrides or [])
        _say_started(run.path, process.pid)
    else:
        typer.echo(recipes.resume(path, overrides).path)


def _say_started(run: Path, pid: int) -> None:
    typer.echo(run)
    typer.echo(f"process {pid} trains it; watch it: subsong runs follow {run}; stop it: subsong runs stop {run}")


def _write_script(path: Path, command: _Command, resume: Path | None, overwrite: bool) -> None:
    from subsong.recipes.configuring import resolve_config
    from subsong.recipes.run import load_run
    from subsong.recipes.scripts import TrainingCommand, name_run, write_script

    configs, data, overrides, name, root, start_from = command
    if resume is None:
        recipe, config = resolve_config(configs, data, overrides, start_from)
        training = TrainingCommand(configs, data, overrides, start_from, name_run(name or recipe.name, root))
    else:
        config = load_run(resume).config
        training = TrainingCommand((), None, overrides, None, resume, is_new=False)
    write_script(path, training, config, overwrite)
    typer.echo(path)
