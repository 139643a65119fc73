from __future__ import annotations

from typing import Any

import pytest

from subsong.core.errors import SubsongError
from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.applying import Applied, Limits, apply_edit
from subsong.projects.documents.document import Document, apply_patch
from subsong.projects.documents.edits import parse_edit

ACCEPTED = Annotation(1, 0, 1.0, 2.0, None, None, "a", None, "ada")
PROPOSED = Annotation(2, None, 3.0, 4.0, 500.0, 900.0, "b", 0.4, "a run", "proposed")
DOCUMENT = Document("song.wav", {1: ACCEPTED, 2: PROPOSED}, ((0.0, 5.0),), next_id=3, revision=7)
LIMITS = Limits(10.0, 2)


def apply(op: str, document: Document = DOCUMENT, **values: Any) -> Applied:
    return apply_edit(document, parse_edit({"op": op, **values}), "eve", LIMITS)


def new(**values: Any) -> dict[str, Any]:
    return {"onset_s": 6.0, "offset_s": 7.0, "label": "c", **values}


EDITS: list[dict[str, Any]] = [
    {"op": "add", "annotations": [new(), new(channel=1, low_hz=1.0, high_hz=2.0)]},
    {"op": "change", "ids": [1, 2], "values": {"label": "z", "channel": None}},
    {"op": "change", "annotations": [{"id": 1, "offset_s": 2.5}, {"id": 2, "low_hz": None}]},
    {"op": "delete", "ids": [1, 2]},
    {"op": "accept", "ids": [2]},
    {"op": "reject", "ids": [2]},
    {"op": "review", "start_s": 4.0, "stop_s": 8.0},
    {"op": "review", "start_s": 1.0, "stop_s": 2.0, "value": False},
    {"op": "done", "value": True},
    {"op": "propose", "annotations": [new(score=0.3)], "source": "run"},
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: str(edit["op"]))
def test_the_inverse_of_an_edit_leads_back_and_the_patch_forth_again(edit: dict[str, Any]) -> None:
    applied = apply_edit(DOCUMENT, parse_edit(edit), "eve", LIMITS)
    back = apply_patch(applied.document, applied.inverse)
    assert back._replace(next_id=DOCUMENT.next_id) == DOCUMENT
    assert apply_patch(back, applied.patch) == applied.document != DOCUMENT


def test_what_is_added_has_new_numbers_and_its_author() -> None:
    changed = apply("add", annotations=[new(), new(label=" d ")]).changed
    assert [(one.id, one.label, one.annotator, one.state) for one in changed] == [
        (3, "c", "eve", "accepted"),
        (4, "d", "eve", "accepted"),
    ]


def test_a_number_is_never_given_twice() -> None:
    added = apply("add", annotations=[new()])
    assert apply("add", apply_patch(added.document, added.inverse), annotations=[new()]).changed[0].id == 4


def test_a_changed_proposal_counts_as_accepted() -> None:
    (changed,) = apply("change", ids=[2], values={"label": "x"}).changed
    assert changed == PROPOSED._replace(label="x", state="accepted", annotator="eve")


def test_a_change_to_what_is_there_changes_nothing() -> None:
    assert apply("change", ids=[1], values={"label": "a"}).patch.is_empty


def test_an_accepted_proposal_keeps_its_score() -> None:
    assert apply("accept", ids=[2]).changed == (PROPOSED._replace(state="accepted", annotator="eve"),)


def test_accepting_again_changes_nothing() -> None:
    assert apply("accept", ids=[1]).patch.is_empty


@pytest.mark.parametrize("op", ["reject", "delete"])
def test_a_proposal_that_goes_is_remembered(op: str) -> None:
    applied = apply(op, ids=[2])
    assert applied.removed == (2,)
    assert list(applied.document.rejected) == [2]


def test_two_changes_of_one_annotation_add_up() -> None:
    values = [{"id": 1, "label": "x"}, {"id": 1, "offset_s": 2.5}]
    assert apply("change", annotations=values).changed == (ACCEPTED._replace(label="x", offset_s=2.5, annotator="eve"),)


def test_stretches_that_touch_become_one() -> None:
    assert apply("review", start_s=5.0, stop_s=6.0).document.reviewed == ((0.0, 6.0),)


def test_a_stretch_is_taken_out_of_the_middle() -> None:
    assert apply("review", start_s=1.0, stop_s=2.0, value=False).document.reviewed == ((0.0, 1.0), (2.0, 5.0))


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        ({"op": "add", "annotations": [new(offset_s=5.0)]}, "ends before it begins"),
        ({"op": "add", "annotations": [new(offset_s=11.0)]}, "past the recording, which has 10 s"),
        ({"op": "add", "annotations": [new(onset_s=-1.0)]}, "0 or more, found -1"),
        ({"op": "add", "annotations": [new(label=" ")]}, "at least one letter"),
        ({"op": "add", "annotations": [new(label="a\nb")]}, "on one line"),
        ({"op": "add", "annotations": [new(label="a\x00b")]}, "plain letters"),
        ({"op": "add", "annotations": [new(label="a" * 201)]}, "at most 200 letters"),
        ({"op": "add", "annotations": [new(low_hz=5.0, high_hz=4.0)]}, "the lower end first"),
        ({"op": "add", "annotations": [new(channel=2)]}, "channel 2, and the recording has 2"),
        ({"op": "add", "annotations": [new(onset_s=float("nan"))]}, "found nan"),
        ({"op": "add", "annotations": [{"onset_s": 1.0, "label": "a"}]}, "offset_s"),
        ({"op": "add", "annotations": []}, "expected at least one"),
        ({"op": "add", "annotations": [new(colour="red")]}, "unknown key 'colour'"),
        ({"op": "change", "ids": [1], "values": {"onset_s": 3.0}}, "ends before it begins"),
        ({"op": "change", "ids": [9], "values": {"label": "x"}}, "no annotation 9"),
        ({"op": "change", "ids": [1]}, "either ids and values, or annotations"),
        ({"op": "change", "ids": [1], "values": {"label": None}}, "leave it out"),
        ({"op": "delete", "ids": [9]}, "no annotation 9"),
        ({"op": "delete", "ids": []}, "expected at least one"),
        ({"op": "reject", "ids": [1]}, "delete it"),
        ({"op": "review", "start_s": 2.0, "stop_s": 2.0}, "should end after that"),
        ({"op": "acept", "ids": [2]}, "did you mean 'accept'?"),
        ({"ids": [2]}, "as its 'op'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(edit: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SubsongError) as caught:
        apply_edit(DOCUMENT, parse_edit(edit), "eve", LIMITS)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ends_are_not_checked_where_the_length_is_not_known() -> None:
    edit = parse_edit({"op": "add", "annotations": [new(offset_s=99.0)]})
    assert apply_edit(DOCUMENT, edit, "eve").changed[0].offset_s == 99.0
