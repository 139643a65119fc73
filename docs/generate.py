"""Reference pages that repeat the code: the command line, the configurations, the public list of Python names."""

import contextlib
import importlib
import io
import os
from pathlib import Path
from unittest import mock

import typer

import subsong
from subsong.cli import main
from subsong.core.config_template import render_commented
from subsong.projects.config import ProjectConfig
from subsong.recipes.catalogue import list_recipes, load_preset, load_recipe

WIDTH = 88

RETURNED = ("recipes.run.Run", "inference.model.TrainedVae", "evaluation.store.Evaluation", "training.history.History")
"""Classes that the public functions return, below the package."""


def write_pages(folder: Path) -> None:
    """Write what the pages in ``reference/`` include."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"command_line.md": render_command_line(), "python.rst": render_python()}
    pages |= {f"{name}.yaml": render_config(name) for name in list_recipes()}
    pages["project.yaml"] = render_project()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def render_config(recipe: str) -> str:
    """Return what ``subsong config init RECIPE --full`` prints."""
    return render_commented(load_recipe(recipe).config_class, load_preset(recipe).values)


def render_project() -> str:
    """Return what ``subsong config init project`` prints."""
    values = ProjectConfig(recordings=Path("recordings")).model_dump(mode="json")
    return render_commented(ProjectConfig, values)


def render_python() -> str:
    """Return autodoc's directives for the public list and the classes its functions return."""
    names = [*subsong.__all__, *RETURNED]
    return "\n\n".join(_directive(f"subsong.{name}") for name in names) + "\n"


def _directive(name: str) -> str:
    module, _, attribute = name.rpartition(".")
    if not isinstance(getattr(importlib.import_module(module), attribute), type):
        return f".. autofunction:: {name}"
    return f".. autoclass:: {name}\n   :members:"


def render_command_line() -> str:
    """Return a section for each verb, with what its ``--help`` prints."""
    app = typer.main.get_command(main.app)
    sections = [_section("subsong", [])]
    for verb, command in sorted(app.commands.items()):
        sections.append(_section(f"subsong {verb}", [verb]))
        below = sorted(getattr(command, "commands", {}))
        sections += [_section(f"subsong {verb} {name}", [verb, name]) for name in below]
    return "\n".join(sections)


def _section(title: str, arguments: list[str]) -> str:
    return f"## `{title}`\n\n```text\n{read_help(arguments)}\n```\n"


def read_help(arguments: list[str]) -> str:
    """Return what the command line prints for a verb and ``--help``, without the space at line ends."""
    settings = {"COLUMNS": str(WIDTH), "TERMINAL_WIDTH": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    printed = io.StringIO()
    with mock.patch.dict(os.environ, settings), contextlib.redirect_stdout(printed):
        main.run([*arguments, "--help"])
    return "\n".join(line.rstrip() for line in printed.getvalue().strip("\n").splitlines())
