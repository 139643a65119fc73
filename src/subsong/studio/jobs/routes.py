"""The routes of jobs: what runs, what it prints, how it is stopped; and the pipeline, which the project page starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.studio.answers import answer_json, read_body, read_query
from subsong.studio.context import StudioContext
from subsong.studio.errors import ConflictError
from subsong.studio.jobs.console import read_console

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute


class ConsoleQuery(ConfigBase):
    """From where on the console is read."""

    offset: int = Field(0, ge=0, description="Bytes that are known already.")


class Nothing(ConfigBase):
    """A request that says no more than its address."""


def build_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes of jobs."""
    from starlette.routing import Route

    jobs = context.jobs

    def list_jobs(request: Request) -> Response:
        return answer_json({"jobs": jobs.list_all()})

    def show_job(request: Request) -> Response:
        return answer_json(jobs.read(request.path_params["id"]))

    def show_console(request: Request) -> Response:
        query = read_query(request, ConsoleQuery)
        return answer_json(read_console(jobs.find_console(request.path_params["id"]), query.offset))

    def stop_job(request: Request) -> Response:
        return answer_json(jobs.stop(request.path_params["id"]))

    def run_pipeline(request: Request) -> Response:
        read_body(request, Nothing)
        if jobs.find_running("run") is not None:
            raise ConflictError("the pipeline runs already: wait for it, or stop it first")
        return answer_json(jobs.start("run", "Run the pipeline", ["run", str(context.project.file)]))

    return [
        Route("/api/jobs", list_jobs),
        Route("/api/jobs/run", run_pipeline, methods=["POST"]),
        Route("/api/jobs/{id}", show_job),
        Route("/api/jobs/{id}/console", show_console),
        Route("/api/jobs/{id}/stop", stop_job, methods=["POST"]),
    ]
