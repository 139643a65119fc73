"""What to correct next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from tests.studio.conftest import NAMES

from subsong.core.errors import SubsongError
from subsong.projects.documents.annotation import Annotation
from subsong.studio.context import StudioContext
from subsong.studio.maps.sent import SENT_NAME, SENT_SCHEMA, add_sent
from subsong.studio.project.catalogue import Catalogue
from subsong.studio.project.queue import QueueItem, build_queue, group_proposals

if TYPE_CHECKING:
    from starlette.testclient import TestClient

HEAD = "rank,recording,channel,start_s,stop_s,score,reason,num_proposals\n"


def make_proposal(number: int, onset_s: float, score: float | None, channel: int | None = None) -> Annotation:
    return Annotation(number, channel, onset_s, onset_s + 0.1, None, None, "a", score, "model", "proposed")


def propose(context: StudioContext, name: str, *scores: float) -> None:
    rows = [
        {"onset_s": 0.2 * n, "offset_s": 0.2 * n + 0.1, "label": "a", "score": score} for n, score in enumerate(scores)
    ]
    context.documents.apply(name, 0, {"op": "propose", "annotations": rows, "source": "model"}, "model")


def list_queue(context: StudioContext, limit: int = 10) -> list[QueueItem]:
    return build_queue(context, Catalogue(context, patience_s=30).list_entries().entries, limit)


def test_the_least_sure_proposal_takes_its_neighbours_with_it() -> None:
    proposals = [make_proposal(1, 10.0, 0.9), make_proposal(2, 11.0, 0.2), make_proposal(3, 30.0, 0.5)]
    first, second = group_proposals("r", proposals)
    assert (first.num_proposals, first.score, first.reason) == (2, 0.8, "a: 20 % sure, 2 proposals")
    assert (first.start_s, first.stop_s) == pytest.approx((9.75, 11.35))
    assert second.num_proposals == 1


def test_channels_are_looked_at_apart() -> None:
    assert len(group_proposals("r", [make_proposal(1, 1.0, 0.9, 0), make_proposal(2, 1.0, 0.2, 1)])) == 2


def test_proposals_of_a_model_that_gives_no_scores_are_the_least_sure() -> None:
    (item,) = group_proposals("r", [make_proposal(1, 0.0, None)])
    assert (item.start_s, item.score, item.reason) == (0.0, 1.0, "a: nobody has looked at it")


def test_a_long_proposal_is_a_stretch_of_its_own() -> None:
    (item,) = group_proposals("r", [make_proposal(1, 0.0, 0.5)._replace(offset_s=20.0)])
    assert item.stop_s == 20.25


def test_the_least_sure_of_all_recordings_comes_first(context: StudioContext) -> None:
    propose(context, NAMES[0], 0.6)
    propose(context, NAMES[2], 0.3, 0.9)
    assert [item.recording for item in list_queue(context)] == [NAMES[2], NAMES[0]]
    assert [item.recording for item in list_queue(context, limit=1)] == [NAMES[2]]


def test_what_a_person_has_looked_at_is_not_asked_again(context: StudioContext) -> None:
    propose(context, NAMES[0], 0.6, 0.5)
    propose(context, NAMES[2], 0.3)
    done = {"op": "done", "value": True}
    context.documents.apply(NAMES[0], context.documents.load(NAMES[0]).revision, done, "Ada")
    assert [item.recording for item in list_queue(context)] == [NAMES[2]]
    seen = {"op": "review", "start_s": 0.0, "stop_s": 1.0, "value": True}
    context.documents.apply(NAMES[2], context.documents.load(NAMES[2]).revision, seen, "Ada")
    assert list_queue(context) == []


def test_suggestions_come_before_scores_while_any_is_open(context: StudioContext) -> None:
    propose(context, NAMES[0], 0.1)
    rows = [
        f"1,{NAMES[1]},,0.0,1.5,3.2,unknown sound,4",
        f"2,{NAMES[2]},1,0.5,2.5,1.0,doubt,1",
        "3,gone.wav,,0,1,1,x,1",
    ]
    path = context.project.path / "suggestions.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", "utf-8")
    items = list_queue(context)
    assert items[0] == QueueItem(NAMES[1], None, 0.0, 1.5, 3.2, "unknown sound", 4)
    assert [(item.recording, item.channel) for item in items] == [(NAMES[1], None), (NAMES[2], 1)]
    for name in NAMES[1:]:
        context.documents.apply(name, 0, {"op": "done", "value": True}, "Ada")
    assert [item.recording for item in list_queue(context)] == [NAMES[0]]


def test_damaged_suggestions_name_the_line(context: StudioContext) -> None:
    path = context.project.path / "suggestions.csv"
    path.write_text(f"{HEAD}1,{NAMES[1]},,zero,1,1,x,1\n", "utf-8")
    with pytest.raises(SubsongError, match="line 2: expected recording, channel"):
        list_queue(context)


def test_what_was_sent_from_a_map_comes_first_until_it_is_opened(context: StudioContext, client: TestClient) -> None:
    propose(context, NAMES[2], 0.3)
    row = {"recording": [NAMES[0]], "channel": [None], "onset_s": [0.5], "offset_s": [0.6]}
    add_sent(context.project.studio_dir / SENT_NAME, pl.DataFrame(row, schema=SENT_SCHEMA))
    first, second = list_queue(context)
    assert (first.recording, first.is_sent, second.recording) == (NAMES[0], True, NAMES[2])
    seen = {"recording": first.recording, "start_s": first.start_s, "stop_s": first.stop_s}
    assert client.post("/api/queue/seen", json=seen).json() == {"num_seen": 1}
    assert [item.recording for item in list_queue(context)] == [NAMES[2]]


def test_what_was_sent_of_a_recording_that_is_gone_is_passed_over(context: StudioContext) -> None:
    row = {"recording": ["gone.wav"], "channel": [0], "onset_s": [0.5], "offset_s": [0.6]}
    add_sent(context.project.studio_dir / SENT_NAME, pl.DataFrame(row, schema=SENT_SCHEMA))
    assert list_queue(context) == []
