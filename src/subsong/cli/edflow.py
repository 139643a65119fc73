"""``subsong edflow``: edflow's command line, on our engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from subsong.cli.app import app

_BASES, _TRAIN = ("-b", "--base"), ("-t", "--train")
_TRUTHS = {"true": True, "false": False}


class _EdflowCommand(TyperCommand):
    """Reads what the other verbs do not have: several files behind one ``-b``, and settings whose names are paths."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Divide the words into flags of ours and settings."""
        flags = {spelling for parameter in self.params for spelling in parameter.opts}
        own, settings = divide_words(args, flags | {"--help"})
        ctx.meta["settings"] = settings
        return super().parse_args(ctx, own)


def divide_words(words: Sequence[str], flags: set[str]) -> tuple[list[str], list[str]]:
    """Return the words of known flags, each file of ``-b`` with a ``-b`` of its own, and those of all other settings.

    Examples
    --------
    >>> divide_words(["-b", "a.yaml", "b.yaml", "-t", "--lr", "-1"], {"-b", "-t"})
    (['-b', 'a.yaml', '-b', 'b.yaml', '-t'], ['--lr', '-1'])
    """
    own: list[str] = []
    settings: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word in _BASES:
            files = _take_values(waiting, flags)
            own += [part for file in files for part in ("-b", file)] or [word]
        elif word in _TRAIN and waiting and waiting[0].lower() in _TRUTHS:
            own += [word] * _TRUTHS[waiting.pop(0).lower()]
        elif word.startswith("--") and word.partition("=")[0] not in flags:
            settings.append(word)
            if "=" not in word and waiting and waiting[0] not in flags and not waiting[0].startswith("--"):
                settings.append(waiting.pop(0))
        else:
            own.append(word)
    return own, settings


def _take_values(waiting: list[str], flags: set[str]) -> list[str]:
    taken: list[str] = []
    while waiting and waiting[0] not in flags and not waiting[0].startswith("-"):
        taken.append(waiting.pop(0))
    return taken


@app.command(cls=_EdflowCommand)
def edflow(
    ctx: typer.Context,
    name: str | None = typer.Option(None, "--name", "-n", help="Stands behind the time in the run folder's name."),
    bases: list[Path] | None = typer.Option(
        None, "--base", "-b", metavar="A.yaml [B.yaml]...", help="Configurations, merged deeply from left to right."
    ),
    is_training: bool = typer.Option(False, "--train", "-t", help="Train; without it the model is only evaluated."),
    project: Path | None = typer.Option(
        None, "--project", "-p", metavar="RUN", help="Go on with this run folder, or with a configuration in it."
    ),
    checkpoint: Path | None = typer.Option(None, "--checkpoint", "-c", help="Start from this file of weights."),
    is_retraining: bool = typer.Option(
        False, "--retrain", "-r", help="Take the weights only: begin at step 0, in a new run folder."
    ),
    is_debug: bool = typer.Option(False, "--debug", "-d", help="Look for mistakes: a few batches, ten steps."),
    log_level: str = typer.Option("info", "--log_level", "-l", help="critical, warn, info or debug."),
    root: Path = typer.Option("logs", "--root", help="Folder of run folders."),
    rescore: Path | None = typer.Option(
        None, "--rescore", metavar="OUTPUTS", help="Run callbacks over these stored outputs; no model is needed."
    ),
) -> None:
    """Train or evaluate a model written for edflow: datasets, model and iterator by import path.

    Every further --path/to/key VALUE sets a key of the configuration. The configuration in use is shown before it
    starts; logs/TIME_NAME/ fills with configs, train/ and eval/.

    Examples:

    - subsong edflow -n first -b base.yaml data.yaml -t --losses/color_L1/weight 2
    - subsong edflow -t -p logs/2026-11-21T10-15-00_first --num_epochs 20
    - subsong edflow -p logs/2026-11-21T10-15-00_first
    - subsong edflow --rescore logs/.../model_outputs --eval_pipeline/callbacks/mse scores.mse
    """
    set_log_level(log_level)
    settings = ctx.meta["settings"]
    from subsong.interop.edflow.run import Command, rescore_outputs, run_edflow

    if rescore is not None:
        for score, numbers in rescore_outputs(rescore, bases or [], settings).items():
            typer.echo("\n".join(f"{score}/{key} {value:.6g}" for key, value in numbers.items()) or score)
        return
    command = Command(bases or [], settings, name, is_training, project, checkpoint, is_retraining, is_debug, root)
    typer.echo(run_edflow(command))


def set_log_level(word: str) -> None:
    """Show messages from this level on."""
    import logging

    from subsong.core.errors import SubsongError, did_you_mean

    levels = {"critical": logging.CRITICAL, "warn": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}
    if word not in levels:
        raise SubsongError(f"--log_level {word}: {did_you_mean(word, levels)}")
    logger = logging.getLogger("subsong")
    # The run's log.txt keeps what is not shown.
    logger.setLevel(min(logging.INFO, levels[word]))
    for handler in logger.handlers:
        handler.setLevel(levels[word])
