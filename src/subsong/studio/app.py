"""The server of the studio, put together from the routes of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subsong.core.errors import SubsongError
from subsong.studio.annotations.routes import build_routes as build_annotation_routes
from subsong.studio.answers import answer_error, answer_json
from subsong.studio.calm import Noticing
from subsong.studio.context import StudioContext
from subsong.studio.jobs.routes import build_routes as build_job_routes
from subsong.studio.maps.routes import build_routes as build_map_routes
from subsong.studio.project.routes import build_routes as build_project_routes
from subsong.studio.security import Guard, Rules
from subsong.studio.sound.routes import build_routes as build_sound_routes
from subsong.studio.static_files import build_static_routes
from subsong.studio.work.routes import build_routes as build_work_routes

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_PARTS = (
    build_project_routes,
    build_job_routes,
    build_sound_routes,
    build_annotation_routes,
    build_map_routes,
    build_work_routes,
    build_static_routes,
)


def build_app(context: StudioContext, host: str = "127.0.0.1") -> Starlette:
    """Return the server of a project.

    Parameters
    ----------
    context
        What it works on.
    host
        The name or address it listens on, which requests may call it by.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware

    return Starlette(
        routes=[route for build in _PARTS for route in build(context)],
        middleware=[
            Middleware(Noticing, calm=context.calm),
            Middleware(Guard, rules=Rules(host, context.token, context.read_only)),
        ],
        exception_handlers={SubsongError: _answer_user_error, HTTPException: _answer_http_error},
    )


def _answer_user_error(request: Request, error: Exception) -> Response:
    return answer_error(error)


def _answer_http_error(request: Request, error: Exception) -> Response:
    """Answer for what Starlette itself refuses: an address that is not there, a method it does not take."""
    status = getattr(error, "status_code", 500)
    said = {404: f"{request.url.path} is not there", 405: f"{request.url.path} does not take {request.method}"}
    return answer_json({"error": said.get(status, getattr(error, "detail", "refused"))}, status)
