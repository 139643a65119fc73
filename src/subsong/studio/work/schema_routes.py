"""Routes of forms: what can be set, and what is wrong with what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.studio.answers import answer_json, read_body, read_query
from subsong.studio.context import StudioContext
from subsong.studio.work.bench import Bench
from subsong.studio.work.form_cache import FormCache
from subsong.studio.work.forms import Problem, check_form

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute


class FormQuery(ConfigBase):
    """Which form."""

    what: str = Field(description="A recipe or variant, prepare-song, prepare-syllables, predict, ...")
    start: str | None = Field(None, description="What its values begin with: a preset, or a trained model.")


class FormBody(FormQuery):
    """What was typed into a form."""

    values: dict[str, str] = Field({}, description="Key -> text, of the keys that were changed.")


def build_schema_routes(context: StudioContext, bench: Bench) -> list[BaseRoute]:
    """Return the routes of forms."""
    from starlette.routing import Route

    cache = FormCache(context.project.studio_dir, bench)

    def find_start(query: FormQuery) -> str | None:
        return str(context.project.file) if query.what == "project" else query.start

    def show_form(request: Request) -> Response:
        query = read_query(request, FormQuery)
        return answer_json(cache.describe(query.what, find_start(query)))

    def check(request: Request) -> Response:
        body = read_body(request, FormBody)
        return answer_json(judge(bench.call(check_form, body.what, body.values, find_start(body))))

    return [
        Route("/api/schema", show_form),
        Route("/api/check", check, methods=["POST"]),
    ]


def judge(problems: list[Problem], command: str | None = None) -> dict[str, Any]:
    """Return the answer about a form: whether all is well, what is not, and the command that does the same."""
    return {"ok": not problems, "errors": problems, "command": command}
