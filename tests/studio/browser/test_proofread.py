"""The proofread page, driven as a person would; what was decided is read from the disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.studio.browser.conftest import Studio
from tests.studio.browser.made_up_project import PROPOSED

from subsong.projects.documents import DocumentStore
from subsong.projects.documents.annotation import Annotation, sort_by_time


@pytest.fixture
def proofread(page: Page, studio: Studio) -> Iterator[Page]:
    """Yield the page with some proposals, and take back what a test decided."""
    page.goto("about:blank")
    page.goto(studio.address("proofread"))
    expect(page.get_by_test_id("mark")).to_be_visible()
    yield page
    document = studio.documents.load(PROPOSED)
    while document.can_undo:
        document = studio.documents.undo(PROPOSED, document.revision, "tester").document


def decided(page: Page, studio: Studio, count: int) -> list[Annotation]:
    """Return what was accepted, once so many decisions are on the disk."""
    expect(page.get_by_test_id("progress")).to_contain_text(f"{count} of")
    expect(page.get_by_test_id("saved")).to_have_text("Saved")
    return sort_by_time(DocumentStore(studio.project).load(PROPOSED).list_accepted())


def list_proposed(studio: Studio) -> list[Annotation]:
    """Return the proposals in the order of the page: all have one score."""
    return sort_by_time(studio.documents.load(PROPOSED).list_proposed())


def test_proposals_are_accepted_rejected_and_relabelled_with_keys(proofread: Page, studio: Studio) -> None:
    first, second, third = list_proposed(studio)[:3]
    expect(proofread.get_by_test_id("proposal")).to_contain_text(first.label)
    proofread.keyboard.press("Enter")
    proofread.keyboard.press("x")
    proofread.keyboard.press("l")
    proofread.keyboard.type("brand new")
    proofread.keyboard.press("Enter")
    accepted = decided(proofread, studio, 3)
    assert [(one.id, one.label, one.annotator) for one in accepted] == [
        (first.id, first.label, "tester"),
        (third.id, "brand new", "tester"),
    ]
    assert list(studio.documents.load(PROPOSED).rejected) == [second.id]


def test_decisions_are_taken_back_one_after_the_other(proofread: Page, studio: Studio) -> None:
    before = studio.documents.load(PROPOSED)
    proofread.keyboard.press("a")
    proofread.keyboard.press("x")
    decided(proofread, studio, 2)
    proofread.keyboard.press("u")
    expect(proofread.get_by_test_id("progress")).to_contain_text("1 of")
    proofread.keyboard.press("u")
    assert decided(proofread, studio, 0) == []
    after = studio.documents.load(PROPOSED)
    assert (after.annotations, after.rejected) == (before.annotations, {})


def test_a_change_elsewhere_does_not_lose_a_decision(proofread: Page, studio: Studio) -> None:
    last = list_proposed(studio)[-1]
    studio.documents.apply(PROPOSED, None, {"op": "accept", "ids": [last.id]}, "somebody else")
    proofread.get_by_test_id("accept").click()
    assert [one.annotator for one in decided(proofread, studio, 1)] == ["tester", "somebody else"]


def test_what_was_decided_elsewhere_is_said(proofread: Page, studio: Studio) -> None:
    first = list_proposed(studio)[0]
    studio.documents.apply(PROPOSED, None, {"op": "change", "ids": [first.id], "values": {"label": "z"}}, "somebody")
    proofread.get_by_test_id("accept").click()
    expect(proofread.get_by_test_id("note")).to_contain_text("decided elsewhere")
    assert [one.label for one in studio.documents.load(PROPOSED).list_accepted()] == ["z"]


def test_many_of_a_label_are_decided_at_once(proofread: Page, studio: Studio) -> None:
    label = list_proposed(studio)[0].label
    own = [one for one in list_proposed(studio) if one.label == label]
    proofread.keyboard.press("g")
    cells = proofread.get_by_test_id("cell")
    expect(cells).to_have_count(len(own))
    cells.first.click()
    expect(cells.first).to_have_attribute("aria-pressed", "true")
    proofread.get_by_test_id("accept-view").click()
    assert {one.id for one in decided(proofread, studio, len(own))} == {one.id for one in own[1:]}
    expect(proofread.get_by_test_id("proofread-empty")).to_be_visible()


def test_the_place_of_a_proposal_is_opened_in_annotate(proofread: Page, studio: Studio) -> None:
    first = list_proposed(studio)[0]
    proofread.keyboard.press("o")
    expect(proofread.get_by_test_id("page-annotate")).to_be_visible()
    assert f"at={first.onset_s:.3f}" in proofread.url
