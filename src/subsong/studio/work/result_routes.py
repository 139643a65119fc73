"""Routes of what a run has come to: its configuration and numbers, its report, and how it differs from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subsong.core.config import ConfigBase
from subsong.studio.answers import answer_json, read_query
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.work.runs import find_run, read_metrics

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute


class DiffQuery(ConfigBase):
    """Two runs."""

    this: str
    other: str


def build_result_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes of what runs have come to."""
    from starlette.responses import FileResponse
    from starlette.routing import Route

    root = context.project.runs_dir

    def show(request: Request) -> Response:
        run = find_run(root, request.path_params["name"])
        config = run.config_path.read_text(encoding="utf-8")
        shown = {"name": run.name, "path": run.path, "config": config, "has_report": run.report_path.is_file()}
        return answer_json({**shown, "results": read_metrics(run)})

    def write_report(request: Request) -> Response:
        run = find_run(root, request.path_params["name"])
        return answer_json(context.jobs.start("report", f"Write the report of {run.name}", ["report", str(run.path)]))

    def show_report(request: Request) -> Response:
        run = find_run(root, request.path_params["name"])
        if not run.report_path.is_file():
            raise NotFoundError(f"{run.name} has no report yet: write it from the page Watch")
        return FileResponse(run.report_path)

    def compare(request: Request) -> Response:
        from subsong.recipes.differences import compare_runs

        query = read_query(request, DiffQuery)
        return answer_json(compare_runs(find_run(root, query.this).path, find_run(root, query.other).path))

    return [
        Route("/api/runs/diff", compare),
        Route("/api/runs/{name}", show),
        Route("/api/runs/{name}/report", show_report),
        Route("/api/runs/{name}/report", write_report, methods=["POST"]),
    ]
