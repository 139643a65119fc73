"""Drags that begin inside another segment or go past the edge of the picture, and undoing while nothing can be sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.studio.browser.conftest import Studio
from tests.studio.browser.made_up_project import UNTOUCHED

VIEW_S = 2.0
WITHIN_S = 0.02
MIDDLE_Y = 450


class Picture:
    """The first two seconds of a recording that nobody has annotated."""

    def __init__(self, page: Page, studio: Studio) -> None:
        self.page, self.studio = page, studio
        page.goto(studio.address("annotate", recording=UNTOUCHED, at=0, span=VIEW_S))
        self.stage, self.saved = page.get_by_test_id("stage"), page.get_by_test_id("saved")
        expect(self.stage).to_be_visible()

    @property
    def annotations(self) -> Locator:
        return self.page.get_by_test_id("annotation")

    def move(self, time_s: float) -> None:
        """Move the pointer to where a time was when the recording was opened."""
        box = self.stage.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + time_s / VIEW_S * box["width"], MIDDLE_Y, steps=3)

    def drag(self, from_s: float, to_s: float, *keys: str) -> None:
        self.move(from_s)
        for key in keys:
            self.page.keyboard.down(key)
        self.page.mouse.down()
        self.move(to_s)
        self.page.mouse.up()
        for key in keys:
            self.page.keyboard.up(key)

    def stretches(self) -> list[tuple[float, float]]:
        """Return onsets and offsets as they were saved, in tenths of a second."""
        expect(self.saved).to_have_text("Saved")
        document = self.studio.documents.load(UNTOUCHED)
        return sorted((round(one.onset_s, 1), round(one.offset_s, 1)) for one in document.annotations.values())


@pytest.fixture
def picture(page: Page, studio: Studio) -> Iterator[Picture]:
    """Return the picture; what a test adds is taken out after it."""
    yield Picture(page, studio)
    page.unroute_all()
    document = studio.documents.load(UNTOUCHED)
    if document.annotations:
        edit = {"op": "delete", "ids": list(document.annotations)}
        studio.documents.apply(UNTOUCHED, document.revision, edit, "tester")
    page.goto(f"{studio.url}/icon.svg")


def abort(route: Route) -> None:
    route.abort()


def test_a_segment_is_begun_inside_another_with_a_key_held(picture: Picture) -> None:
    picture.drag(0.4, 1.6)
    expect(picture.annotations).to_have_count(1)
    picture.drag(0.8, 1.0, "Alt")
    expect(picture.annotations).to_have_count(2)
    picture.drag(1.2, 1.4, "Control", "Shift")
    expect(picture.annotations).to_have_count(3)
    assert picture.stretches() == [(0.4, 1.6), (0.8, 1.0), (1.2, 1.4)]


def test_a_click_selects_what_it_is_inside_of_also_beside_the_edge_of_the_selected_one(picture: Picture) -> None:
    picture.drag(0.4, 0.8)
    picture.drag(0.806, 1.1, "Alt")
    expect(picture.annotations).to_have_count(2)
    selected = picture.page.locator("[data-testid=annotation][aria-selected=true]")
    picture.move(0.6)
    picture.page.mouse.click(*_middle_of(picture.annotations.first))
    expect(selected).to_have_attribute("aria-label", picture.annotations.first.get_attribute("aria-label") or "")
    picture.move(0.809)
    picture.page.mouse.down()
    picture.page.mouse.up()
    expect(selected).to_have_attribute("aria-label", picture.annotations.last.get_attribute("aria-label") or "")


def _middle_of(one: Locator) -> tuple[float, float]:
    box = one.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, MIDDLE_Y


def test_a_drag_past_the_right_edge_scrolls_until_it_is_let_go_or_given_up(picture: Picture) -> None:
    picture.move(1.5)
    picture.page.mouse.down()
    picture.move(2.2)
    overview = picture.page.get_by_test_id("overview-window")
    picture.page.wait_for_function("now => now.getBoundingClientRect().left > 200", arg=overview.element_handle())
    picture.page.mouse.up()
    ((onset_s, offset_s),) = picture.stretches()
    assert onset_s == pytest.approx(1.5, abs=0.1)
    assert offset_s > 2.3
    picture.page.keyboard.press("Home")
    picture.move(0.5)
    picture.page.mouse.down()
    picture.move(2.2)
    picture.page.keyboard.press("Escape")
    picture.page.mouse.up()
    assert len(picture.stretches()) == 1


def test_a_label_given_by_its_key_goes_on_to_the_next_segment_where_that_is_chosen(picture: Picture) -> None:
    for onset_s in (0.2, 0.6, 1.0):
        picture.drag(onset_s, onset_s + 0.2)
    expect(picture.annotations).to_have_count(3)
    picture.page.get_by_test_id("go-on").click()
    picture.page.mouse.click(*_middle_of(picture.annotations.first))
    for key in "bcb":
        picture.page.keyboard.press(key)
    picture.page.get_by_test_id("go-on").click()
    expect(picture.saved).to_have_text("Saved")
    document = picture.studio.documents.load(UNTOUCHED)
    ordered = sorted(document.annotations.values(), key=lambda one: one.onset_s)
    assert [one.label for one in ordered] == ["b", "c", "b"]


def test_what_was_not_sent_is_undone_and_done_again_at_once_and_stays_so_after_a_reload(picture: Picture) -> None:
    page = picture.page
    page.route("**/api/annotations/**", abort)
    for onset_s in (0.2, 0.6, 1.0):
        picture.drag(onset_s, onset_s + 0.2)
    expect(picture.saved).to_have_text("Not reached: 3 kept here")
    for count in (2, 1, 0):
        page.keyboard.press("Control+z")
        expect(picture.annotations).to_have_count(count)
    for count in (1, 2):
        page.keyboard.press("Control+Shift+z")
        expect(picture.annotations).to_have_count(count)
    expect(picture.saved).to_have_text("Not reached: 2 kept here")
    assert not picture.studio.documents.load(UNTOUCHED).annotations
    page.unroute_all()
    page.reload()
    expect(picture.annotations).to_have_count(2)
    assert picture.stretches() == [(0.2, 0.4), (0.6, 0.8)]


def test_an_edit_that_was_made_but_not_answered_and_undone_meanwhile_is_taken_back(picture: Picture) -> None:
    page = picture.page

    def lose_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/annotations/edit", lose_answer)
    page.route("**/api/annotations?*", abort)
    picture.drag(0.2, 0.4)
    expect(picture.saved).to_have_text("Not reached: 1 kept here")
    assert len(picture.studio.documents.load(UNTOUCHED).annotations) == 1
    page.keyboard.press("Control+z")
    expect(picture.annotations).to_have_count(0)
    page.unroute_all()
    picture.saved.click()
    assert picture.stretches() == []
    page.keyboard.press("Control+Shift+z")
    expect(picture.annotations).to_have_count(1)
    assert picture.stretches() == [(0.2, 0.4)]
