"""Addresses of the annotations of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subsong.studio.annotations.bulk import change_in_bulk
from subsong.studio.annotations.editing import EditingRoutes
from subsong.studio.annotations.exchange import ExchangeRoutes
from subsong.studio.annotations.proofreading import ProofreadRoutes
from subsong.studio.annotations.queries import BulkBody
from subsong.studio.annotations.threshold import ThresholdRoutes
from subsong.studio.answers import answer_json, read_body

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from subsong.studio.context import StudioContext


def build_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes under ``/api/annotations``, and ``/api/proofread``."""
    from starlette.routing import Route

    editing, exchange, threshold = EditingRoutes(context), ExchangeRoutes(context), ThresholdRoutes(context)

    def bulk(request: Request) -> Response:
        body = read_body(request, BulkBody)
        return answer_json(change_in_bulk(context.documents, body, body.author or context.author))

    base = "/api/annotations"
    return [
        Route(base, editing.show),
        Route(f"{base}/edit", editing.edit, methods=["POST"]),
        Route(f"{base}/undo", editing.undo, methods=["POST"]),
        Route(f"{base}/redo", editing.redo, methods=["POST"]),
        Route(f"{base}/history", editing.history),
        Route(f"{base}/bulk", bulk, methods=["POST"]),
        Route(f"{base}/formats", exchange.formats),
        Route(f"{base}/export", exchange.export),
        Route(f"{base}/import", exchange.import_file, methods=["POST"]),
        Route(f"{base}/threshold", threshold.propose, methods=["POST"]),
        Route(f"{base}/threshold/fields", threshold.fields),
        Route("/api/proofread", ProofreadRoutes(context).show),
    ]
