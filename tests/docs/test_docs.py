"""The documents keep up with the code: every family, verb, flag and public name is in them."""

import importlib.util
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

import subsong
from subsong.cli.main import app
from subsong.recipes.catalogue import list_recipes

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def list_commands(command, words=("subsong",)):
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from list_commands(below, (*words, name))


COMMANDS = dict(list_commands(typer.main.get_command(app)))


@pytest.mark.parametrize("recipe", list_recipes())
def test_every_recipe_has_a_page_with_its_process_and_its_limits(recipe):
    page = (DOCS / "reference" / f"{recipe}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# `{recipe}`")
    for heading in ("## Generative process", "## When to use it", "## Limits"):
        assert heading in page


@pytest.fixture(scope="module")
def pages(generate, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    generate.write_pages(folder)
    return folder


@pytest.fixture(scope="module")
def sections(generate):
    return generate.render_command_line().split("\n## ")


@pytest.mark.parametrize("recipe", list_recipes())
def test_every_recipe_s_keys_are_in_the_configuration_page(recipe, pages):
    assert yaml.safe_load((pages / f"{recipe}.yaml").read_text(encoding="utf-8"))["recipe"] == recipe
    page = (DOCS / "reference" / "configuration.md").read_text(encoding="utf-8")
    assert f"generated/{recipe}.yaml" in page


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_command_line_page_names_a_verb_and_its_flags(words, sections):
    section = next(text for text in sections if text.removeprefix("## ").startswith(f"`{' '.join(words)}`\n"))
    flags = [flag for parameter in COMMANDS[words].params for flag in parameter.opts if flag.startswith("--")]
    assert [flag for flag in flags if flag not in section] == []


def test_the_python_page_names_every_public_name(generate):
    lines = generate.render_python().splitlines()
    assert [name for name in subsong.__all__ if not any(line.endswith(f":: subsong.{name}") for line in lines)] == []


def test_every_page_is_in_the_table_of_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = [
        path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.glob("*/*.md") if "_build" not in path.parts
    ]
    assert [page for page in pages if f"\n{page}\n" not in index] == []


def test_the_citation_has_the_version_of_the_package():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
