"""``subsong config show | schema | init``."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from subsong.cli.app import app

_PROJECT = "project"
config_app = typer.Typer(no_args_is_help=True, help="Look at, check and write configurations.")
app.add_typer(config_app, name="config")


@config_app.command()
def show(
    configs: list[str] = typer.Argument(..., metavar="RECIPE|CONFIG...", help="As for subsong train."),
    data: Path | None = typer.Option(None, "--data", help="Where the data are; sets data.path."),
    overrides: list[str] | None = typer.Option(None, "--set", metavar="KEY=VALUE", help="One setting."),
) -> None:
    """Print the resolved configuration: presets, files and overrides merged and checked, every default filled in."""
    from subsong.recipes.configuring import format_config, resolve_config

    _, config = resolve_config(configs, data, overrides)
    typer.echo(format_config(config), nl=False)


@config_app.command()
def schema(recipe: str = typer.Argument(..., help="Which family's; project: of the file of a project.")) -> None:
    """Print the JSON schema of a recipe's configuration, for editors that check and complete YAML."""
    from subsong.core.config_template import config_schema
    from subsong.projects.config import ProjectConfig
    from subsong.recipes.catalogue import load_recipe

    model = ProjectConfig if recipe == _PROJECT else load_recipe(recipe).config_class
    typer.echo(json.dumps(config_schema(model), indent=2))


@config_app.command()
def init(
    recipe: str = typer.Argument(..., help="Which family's, or a variant of it, such as pose-vunet/port; or project."),
    out: Path | None = typer.Option(None, "--out", "-o", help="File to write; printed when not given."),
    full: bool = typer.Option(False, "--full", help="Every key there is, not only the usual ones."),
) -> None:
    """Write a configuration to start from, every key with a comment."""
    from subsong.core.errors import SubsongError
    from subsong.core.files import atomic_file

    text = _render_project() if recipe == _PROJECT else _render_preset(recipe, full)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise SubsongError(f"{out} exists already and was left as it is: name another file")
    with atomic_file(out, "w") as file:
        file.write(text)
    typer.echo(out)


def _render_preset(recipe: str, full: bool) -> str:
    from subsong.core.config_template import render_commented
    from subsong.recipes.catalogue import list_presets, load_recipe, read_preset_text
    from subsong.recipes.configuring import resolve_config

    preset = recipe if recipe in list_presets() else load_recipe(recipe).name
    if not full:
        return read_preset_text(preset)
    family, config = resolve_config(preset)
    return render_commented(family.config_class, config.model_dump(mode="json"))


def _render_project() -> str:
    from subsong.core.config_template import render_commented
    from subsong.projects.config import ProjectConfig

    return render_commented(ProjectConfig, ProjectConfig(recordings=Path("recordings")).model_dump(mode="json"))
