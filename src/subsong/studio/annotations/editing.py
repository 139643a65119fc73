"""Handlers that read and change one document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from subsong.projects.documents.changes import Change, StaleRevisionError
from subsong.studio.annotations.answers import answer_stale, describe_change, describe_document, pick_stretch
from subsong.studio.annotations.handlers import Handlers
from subsong.studio.annotations.queries import DocumentQuery, EditBody, HistoryQuery, StepBody
from subsong.studio.answers import answer_json, read_body, read_query

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


class EditingRoutes(Handlers):
    """Handlers of the requests that read and change one document."""

    def show(self, request: Request) -> Response:
        """Answer a document as it is, or what lies in a stretch of it."""
        query = read_query(request, DocumentQuery)
        document = self._context.documents.load(self._find(query.recording))
        return answer_json(describe_document(pick_stretch(document, query.start_s, query.stop_s)))

    def edit(self, request: Request) -> Response:
        """Change a document."""
        body = read_body(request, EditBody)
        author = body.author or self._context.author
        documents = self._context.documents
        return _answer(
            lambda: documents.apply(self._find(body.recording), body.base_revision, body.edit, author),
        )

    def undo(self, request: Request) -> Response:
        """Take the last change of a document back."""
        return self._step(request, self._context.documents.undo)

    def redo(self, request: Request) -> Response:
        """Do again what was taken back last."""
        return self._step(request, self._context.documents.redo)

    def history(self, request: Request) -> Response:
        """Answer all that was ever done to a document, the newest first."""
        query = read_query(request, HistoryQuery)
        name = self._find(query.recording)
        entries = self._context.documents.read_history(name)
        shown = [
            {
                "revision": entry.revision,
                "time": entry.time,
                "author": entry.author,
                "action": entry.action,
                "edit": entry.edit,
                "num_changed": len(entry.forward.put),
                "num_removed": len(entry.forward.drop),
            }
            for entry in reversed(entries[-query.limit :])
        ]
        return answer_json({"recording": name, "total": len(entries), "history": shown})

    def _step(self, request: Request, step: Callable[[str, int, str], Change]) -> Response:
        body = read_body(request, StepBody)
        author = body.author or self._context.author
        return _answer(lambda: step(self._find(body.recording), body.base_revision, author))

    def _find(self, name: str) -> str:
        return self._context.find_recording(name).name


def _answer(change: Callable[[], Change]) -> Response:
    try:
        return answer_json(describe_change(change()))
    except StaleRevisionError as error:
        return answer_stale(error)
