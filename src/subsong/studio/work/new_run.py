"""A run that is asked for: what the page sends, and what the command line makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.studio.context import StudioContext
from subsong.studio.work.forms import Problem
from subsong.studio.work.runs import find_data, find_model
from subsong.training.run_folder import check_run_name


class RunBody(ConfigBase):
    """A run to be started."""

    recipe: str = Field(description="Recipe, or a variant of one.")
    data: str | None = Field(None, description="Dataset of the project, or a path; null: as the recipe says.")
    settings: dict[str, str] = Field({}, description="Settings that were changed.")
    name: str | None = Field(None, description="Of the run folder, behind which its time is written.")
    start_from: str | None = Field(None, description="Run or model whose weights it begins with.")


class NewRun(NamedTuple):
    """What a new run needs, as the command line has it."""

    recipe: str
    data: Path | None
    settings: dict[str, str]
    name: str | None
    root: Path
    start_from: Path | None


def resolve_run(context: StudioContext, body: RunBody) -> tuple[list[Problem], NewRun]:
    """Return what is wrong with the places a run names, and what it needs, without the places that are wrong."""
    problems, found = [], dict[str, Path | None]()
    for key, find in (("data", find_data), ("start_from", find_model)):
        value = getattr(body, key)
        try:
            found[key] = find(context, value) if value else None
        except SubsongError as error:
            problems.append(Problem(key, str(error)))
    if body.name:
        try:
            check_run_name(body.name)
        except SubsongError as error:
            problems.append(Problem("name", str(error)))
    name, start_from = body.name or None, found.get("start_from")
    start = NewRun(body.recipe, found.get("data"), body.settings, name, context.project.runs_dir, start_from)
    return problems, start
