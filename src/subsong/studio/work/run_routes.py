"""Routes of runs: the list, a new one, stopping and going on, the script that trains elsewhere, differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.studio.answers import answer_json, read_body, read_query
from subsong.studio.context import StudioContext
from subsong.studio.work.bench import Bench
from subsong.studio.work.commands import build_train_arguments, write_command
from subsong.studio.work.forms import (
    check_form,
    render_training_script,
    resume_training,
    start_training,
)
from subsong.studio.work.new_run import RunBody, resolve_run
from subsong.studio.work.runs import describe_runs, find_run, list_recipes
from subsong.studio.work.schema_routes import judge

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

_STOP_S = 30.0


class ScriptQuery(ConfigBase):
    """A script to be downloaded."""

    recipe: str = Field(description="As of a run.")
    data: str | None = Field(None, description="As of a run.")
    set: tuple[str, ...] = Field((), description="Settings that were changed: KEY=VALUE.")
    name: str | None = Field(None, description="As of a run.")
    start_from: str | None = Field(None, description="As of a run.")
    suffix: Literal[".sh", ".sbatch"] = Field(".sh", description="For a shell, or for Slurm.")


class StopBody(ConfigBase):
    """How a run is stopped."""

    kill: bool = Field(False, description="End it at once where it has not ended by itself.")


def build_run_routes(context: StudioContext, bench: Bench) -> list[BaseRoute]:
    """Return the routes of runs."""
    from starlette.responses import Response
    from starlette.routing import Route

    root = context.project.runs_dir

    def list_all(request: Request) -> Response:
        return answer_json({"runs": describe_runs(root)})

    def list_kinds(request: Request) -> Response:
        return answer_json({"recipes": list_recipes()})

    def check(request: Request) -> Response:
        body = read_body(request, RunBody)
        problems, start = resolve_run(context, body)
        start_from = None if start.start_from is None else str(start.start_from)
        problems += bench.call(check_form, body.recipe, body.settings, start_from)
        return answer_json(judge(problems, write_command(build_train_arguments(*start))))

    def start(request: Request) -> Response:
        problems, start = resolve_run(context, read_body(request, RunBody))
        if problems:
            raise SubsongError(problems[0].message)
        return answer_json({"name": bench.call(start_training, *start)})

    def stop(request: Request) -> Response:
        from subsong.recipes.watching import stop_run

        run, body = find_run(root, request.path_params["name"]), read_body(request, StopBody)
        return answer_json({"message": stop_run(run.path, _STOP_S, body.kill)})

    def resume(request: Request) -> Response:
        run = find_run(root, request.path_params["name"])
        bench.call(resume_training, run.path)
        return answer_json({"name": run.name})

    def download_script(request: Request) -> Response:
        query = read_query(request, ScriptQuery)
        settings = dict(text.partition("=")[::2] for text in query.set)
        body = RunBody(
            recipe=query.recipe, data=query.data, settings=settings, name=query.name, start_from=query.start_from
        )
        problems, start = resolve_run(context, body)
        if problems:
            raise SubsongError(problems[0].message)
        text = bench.call(render_training_script, query.suffix, *start)
        name = f"{query.name or query.recipe.replace('/', '-')}{query.suffix}"
        return Response(
            text, media_type="text/x-shellscript", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    return [
        Route("/api/recipes", list_kinds),
        Route("/api/runs", list_all),
        Route("/api/runs", start, methods=["POST"]),
        Route("/api/runs/check", check, methods=["POST"]),
        Route("/api/runs/script", download_script),
        Route("/api/runs/{name}/stop", stop, methods=["POST"]),
        Route("/api/runs/{name}/resume", resume, methods=["POST"]),
    ]
