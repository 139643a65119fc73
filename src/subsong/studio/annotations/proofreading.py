"""What deserves a look: proposals of all recordings, those first that the model is least sure of."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from subsong.projects.documents.annotation import Annotation
from subsong.studio.annotations.handlers import Handlers
from subsong.studio.annotations.queries import ProofreadQuery
from subsong.studio.answers import answer_json, read_query

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from subsong.studio.context import StudioContext


class Proposal(NamedTuple):
    """A proposal, and where it is."""

    recording: str
    revision: int
    bird: str
    annotation: Annotation


class ProofreadRoutes(Handlers):
    """Handlers of the requests for what deserves a look."""

    def show(self, request: Request) -> Response:
        """Answer how many proposals there are, and the first of them."""
        query = read_query(request, ProofreadQuery)
        total = 0

        def count() -> Iterator[Proposal]:
            nonlocal total
            for one in find_proposals(self._context, query):
                total += 1
                yield one

        first = heapq.nsmallest(query.limit, count(), key=_place_in_line)
        return answer_json({"total": total, "items": first})


def find_proposals(context: StudioContext, query: ProofreadQuery) -> Iterator[Proposal]:
    """Yield the proposals that a query asks for, recording by recording."""
    for recording in context.recordings().values():
        if query.bird not in (None, recording.bird) or query.recording not in (None, recording.name):
            continue
        document = context.documents.load(recording.name)
        for one in document.list_proposed():
            if query.label in (None, one.label) and _is_below(one, query.max_score):
                yield Proposal(recording.name, document.revision, recording.bird, one)


def _is_below(one: Annotation, max_score: float | None) -> bool:
    return max_score is None or (one.score is not None and one.score <= max_score)


def _place_in_line(one: Proposal) -> tuple[Any, ...]:
    """Return what proposals are sorted by: score, those without one last, then place."""
    score = one.annotation.score
    return score is None, score or 0.0, one.recording, one.annotation.onset_s, one.annotation.id
