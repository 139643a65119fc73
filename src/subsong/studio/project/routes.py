"""The routes of the project page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from subsong.core.config import ConfigBase
from subsong.studio.answers import answer_json, read_body, read_query
from subsong.studio.context import StudioContext
from subsong.studio.maps.sent import SENT_NAME, drop_sent
from subsong.studio.project.catalogue import Catalogue
from subsong.studio.project.overview import LabelSummary, describe_project, summarise_labels
from subsong.studio.project.pipeline import read_steps
from subsong.studio.project.queue import build_queue
from subsong.studio.project.table import TableQuery, describe_entry, select_entries

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute


class QueueQuery(ConfigBase):
    """How much of the queue is asked for."""

    limit: int = Field(12, ge=1, le=200, description="Stretches at most.")


class StepsQuery(ConfigBase):
    """Of which run the steps are asked for."""

    since: float = Field(0.0, ge=0, description="When it began; an earlier one's are passed over.")


class SeenBody(ConfigBase):
    """A stretch that was sent from a map, and has been opened."""

    recording: str = Field(description="Its recording.")
    start_s: float = Field(ge=0, description="Where it begins.")
    stop_s: float = Field(ge=0, description="Where it ends.")


class LabelQuery(ConfigBase):
    """Whose labels are asked for."""

    bird: str | None = Field(None, description="Of one bird; null: of all.")


class AuthorBody(ConfigBase):
    """Who corrects from now on."""

    name: str = Field(min_length=1, max_length=80, description="Stands beside every correction.")

    @field_validator("name")
    @classmethod
    def _is_plain(cls, name: str) -> str:
        if not name.strip() or not name.isprintable():
            raise ValueError("should be a name in one line, such as 'Anna'")
        return name.strip()


def build_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes of the project page."""
    from starlette.routing import Route

    catalogue = Catalogue(context)

    def show_project(request: Request) -> Response:
        return answer_json(describe_project(context, catalogue.list_entries()))

    def list_recordings(request: Request) -> Response:
        query = read_query(request, TableQuery)
        listing = catalogue.list_entries()
        found = select_entries(listing.entries, query)
        shown = [describe_entry(one) for one in found[query.offset : query.offset + query.limit]]
        return answer_json({"total": len(found), "num_pending": listing.num_pending, "recordings": shown})

    def show_queue(request: Request) -> Response:
        query = read_query(request, QueueQuery)
        return answer_json({"items": build_queue(context, catalogue.list_entries().entries, query.limit)})

    def note_seen(request: Request) -> Response:
        body = read_body(request, SeenBody)
        path = context.project.studio_dir / SENT_NAME
        return answer_json({"num_seen": drop_sent(path, body.recording, body.start_s, body.stop_s)})

    def list_labels(request: Request) -> Response:
        query = read_query(request, LabelQuery)
        found = summarise_labels(catalogue.list_entries().entries, query.bird)
        return answer_json({"labels": [_describe_label(one) for one in found]})

    def set_author(request: Request) -> Response:
        context.set_author(read_body(request, AuthorBody).name)
        return answer_json({"author": context.author})

    def show_steps(request: Request) -> Response:
        query = read_query(request, StepsQuery)
        return answer_json({"steps": [one._asdict() for one in read_steps(context.project.steps_dir, query.since)]})

    return [
        Route("/api/project", show_project),
        Route("/api/steps", show_steps),
        Route("/api/recordings", list_recordings),
        Route("/api/queue", show_queue),
        Route("/api/queue/seen", note_seen, methods=["POST"]),
        Route("/api/labels", list_labels),
        Route("/api/author", set_author, methods=["POST"]),
    ]


def _describe_label(one: LabelSummary) -> dict[str, Any]:
    return {"label": one.label, "count": one.num_accepted, "num_proposed": one.num_proposed, "kind": one.kind}
