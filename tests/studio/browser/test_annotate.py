"""The annotate page, driven as a person would: mouse and keys on a real page, the annotations read from the disk."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import polars as pl
import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.studio.browser.conftest import Studio
from tests.studio.browser.made_up_project import ANNOTATED, PROPOSED, TWO_CHANNELS, ULTRASOUND, UNTOUCHED

from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.document import Document

VIEW_S = 2.0
WITHIN_S = 0.02
PATIENCE_S = 5.0


class Desk(NamedTuple):
    """The page with a recording open, and its document."""

    page: Page
    studio: Studio
    recording: str

    @property
    def annotations(self) -> Locator:
        return self.page.get_by_test_id("annotation")

    def load(self) -> Document:
        """Return the document as it was saved."""
        expect(self.page.get_by_test_id("saved")).to_have_text("Saved")
        return self.studio.documents.load(self.recording)

    def accepted(self) -> list[Annotation]:
        return sorted(self.load().list_accepted(), key=lambda one: one.onset_s)

    def x_of(self, time_s: float) -> float:
        """Return where on the page a time of the first two seconds is."""
        box = self.page.get_by_test_id("stage").bounding_box()
        assert box is not None
        return box["x"] + time_s / VIEW_S * box["width"]

    def drag(self, from_s: float, to_s: float, y: float = 450, y_end: float | None = None) -> None:
        mouse = self.page.mouse
        mouse.move(self.x_of(from_s), y)
        mouse.down()
        mouse.move(self.x_of((from_s + to_s) / 2), y)
        mouse.move(self.x_of(to_s), y if y_end is None else y_end)
        mouse.up()

    def click(self, time_s: float, y: float = 450) -> None:
        self.page.mouse.click(self.x_of(time_s), y)


@pytest.fixture
def open_desk(page: Page, studio: Studio) -> Iterator[Callable[[str], Desk]]:
    """Return what opens a recording at its first two seconds; annotations of the untouched one are taken out after."""
    opened: list[Desk] = []

    def open_recording(recording: str) -> Desk:
        show(page, studio, recording)
        opened.append(Desk(page, studio, recording))
        return opened[-1]

    yield open_recording
    for desk in opened:
        if desk.recording == UNTOUCHED:
            remove_all(desk)


def show(page: Page, studio: Studio, recording: str) -> None:
    """Open a recording; the page itself is loaded once only, and opened anew where it shows the same already."""
    address = studio.address("annotate", recording=recording, at=0, span=VIEW_S, visit=time.monotonic_ns())
    if page.url.startswith(studio.url):
        before = page.get_by_test_id("annotate").element_handle()
        page.evaluate("hash => { location.hash = hash; }", address.partition("#")[2])
        before.wait_for_element_state("hidden")
    else:
        page.goto(address)
    expect(page.get_by_test_id("annotate")).to_be_visible()


def remove_all(desk: Desk) -> None:
    document = desk.load()
    if document.annotations:
        edit = {"op": "delete", "ids": list(document.annotations)}
        desk.studio.documents.apply(desk.recording, document.revision, edit, "tester")


def wait_until(holds: Callable[[], bool], page: Page) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < until:
        page.wait_for_timeout(20)
    assert holds()


HOLD_ANSWERS = """() => {
  const { fetch } = window;
  const opened = new Promise((open) => { window.letGo = () => { window.fetch = fetch; open(); }; });
  window.fetch = async (address, ...rest) => {
    const answer = await fetch(address, ...rest);
    if (String(address).includes("/api/annotations/edit")) await opened;
    return answer;
  };
}"""


def test_a_drag_adds_a_segment_that_is_saved_at_once(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.drag(0.5, 0.9)
    expect(desk.annotations).to_have_count(1)
    expect(desk.annotations).to_have_attribute("aria-selected", "true")
    (one,) = desk.accepted()
    assert one.onset_s == pytest.approx(0.5, abs=WITHIN_S)
    assert one.offset_s == pytest.approx(0.9, abs=WITHIN_S)
    assert one.annotator == "tester"
    written = pl.read_csv(desk.studio.project.annotations_dir / f"{UNTOUCHED}.csv")
    assert written["onset_s"].to_list() == [one.onset_s]


def test_a_segment_is_moved_by_its_body_and_resized_by_its_edges(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.drag(0.5, 0.9)
    desk.drag(0.7, 1.0)
    desk.drag(1.2, 1.5)
    desk.drag(0.8, 0.6)
    (one,) = desk.accepted()
    assert one.onset_s == pytest.approx(0.6, abs=WITHIN_S)
    assert one.offset_s == pytest.approx(1.5, abs=WITHIN_S)


@pytest.mark.parametrize("answered", ["before it moves", "while it moves", "after it moved"])
def test_a_segment_is_moved_while_the_server_still_answers_that_it_was_added(
    open_desk: Callable[[str], Desk], answered: str
) -> None:
    desk = open_desk(UNTOUCHED)
    mouse = desk.page.mouse
    # In the page, not on the way to it: there, an answer that is held back is sometimes answered twice.
    desk.page.evaluate(HOLD_ANSWERS)
    desk.drag(0.5, 0.9)
    desk.drag(1.2, 1.4)
    expect(desk.annotations).to_have_count(2)
    mouse.move(desk.x_of(0.7), 450)
    mouse.down()
    for step, at_s in (("before it moves", 0.75), ("while it moves", 0.8), ("after it moved", None)):
        if step == answered:
            desk.page.evaluate("() => window.letGo()")
            expect(desk.page.get_by_test_id("saved")).to_have_text("Saved")
        if at_s is not None:
            mouse.move(desk.x_of(at_s), 450)
    mouse.up()
    expect(desk.annotations).to_have_count(2)
    assert [round(one.onset_s, 1) for one in desk.accepted()] == [0.6, 1.2]
    expect(desk.page.locator("[data-testid=annotation][aria-selected=true]")).to_have_count(1)


def test_small_steps_of_the_keyboard_are_one_edit(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.drag(0.5, 0.9)
    before = desk.load()
    for _ in range(5):
        desk.page.keyboard.press("Alt+ArrowRight")
    wait_until(lambda: desk.load().revision > before.revision, desk.page)
    (one,) = desk.accepted()
    assert 0.5 < one.onset_s < 0.54
    assert desk.load().revision == before.revision + 1


def test_a_key_gives_its_label_and_a_new_one_can_be_typed(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.drag(0.5, 0.9)
    desk.page.keyboard.press("c")
    expect(desk.annotations).to_have_attribute("aria-label", re.compile("^c "))
    desk.page.keyboard.press("Enter")
    desk.page.get_by_test_id("relabel").fill("whistle")
    desk.page.keyboard.press("Enter")
    assert [one.label for one in desk.accepted()] == ["whistle"]
    expect(desk.page.locator("[data-testid=label][data-label=whistle]")).to_be_visible()


def test_undo_and_redo_go_back_and_forth(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.drag(0.5, 0.9)
    desk.drag(1.2, 1.4)
    expect(desk.annotations).to_have_count(2)
    desk.page.keyboard.press("Control+z")
    desk.page.keyboard.press("Control+z")
    expect(desk.annotations).to_have_count(0)
    desk.page.keyboard.press("Control+Shift+z")
    expect(desk.annotations).to_have_count(1)
    assert len(desk.accepted()) == 1


def test_delete_takes_out_what_is_selected(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.drag(0.5, 0.9)
    desk.drag(1.2, 1.4)
    desk.annotations.first.click()
    desk.page.keyboard.press("Delete")
    expect(desk.annotations).to_have_count(1)
    assert [round(one.onset_s, 1) for one in desk.accepted()] == [1.2]


def test_several_are_chosen_with_a_box_and_relabelled_in_one_edit(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.drag(0.5, 0.9)
    desk.drag(1.2, 1.4)
    desk.page.keyboard.down("Control")
    desk.drag(0.3, 1.6)
    desk.page.keyboard.up("Control")
    expect(desk.page.locator("[data-testid=annotation][aria-selected=true]")).to_have_count(2)
    before = desk.load().revision
    desk.page.keyboard.press("b")
    wait_until(lambda: {one.label for one in desk.accepted()} == {"b"}, desk.page)
    assert desk.load().revision == before + 1


def test_an_event_is_added_at_the_cursor(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.click(1.0)
    desk.page.keyboard.press("e")
    expect(desk.annotations).to_have_count(1)
    (one,) = desk.accepted()
    assert one.is_event
    assert one.onset_s == pytest.approx(1.0, abs=WITHIN_S)


def test_boxes_have_bounds_in_frequency(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.page.keyboard.press("Shift+B")
    desk.drag(0.5, 0.9, 300, 500)
    desk.page.keyboard.press("Shift+B")
    (one,) = desk.accepted()
    assert one.low_hz is not None
    assert one.high_hz is not None
    assert 1000 < one.low_hz < one.high_hz < 16_000


def test_the_wheel_zooms_about_the_pointer_and_the_address_keeps_the_place(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(ANNOTATED)
    expect(desk.annotations.first).to_be_visible()
    num_before = desk.annotations.count()
    desk.page.mouse.move(desk.x_of(1.0), 450)
    desk.page.keyboard.down("Control")
    desk.page.mouse.wheel(0, -400)
    desk.page.keyboard.up("Control")
    expect(desk.annotations).not_to_have_count(num_before)
    expect(desk.page.get_by_test_id("readout")).to_contain_text(re.compile(r"(0\.99|1\.00)\d* s"))
    desk.page.wait_for_url(re.compile(r"span=0\."))


def test_proposals_in_view_are_rejected_accepted_and_stay_so_after_a_reload(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(PROPOSED)
    proposals = desk.page.locator(".annotation.proposed")
    expect(proposals.first).to_be_visible()
    num_in_view = proposals.count()
    assert num_in_view > 3
    proposals.first.click()
    desk.page.keyboard.press("x")
    expect(proposals).to_have_count(num_in_view - 1)
    expect(desk.page.locator("[data-testid=annotation][aria-selected=true]")).to_have_count(1)
    desk.page.keyboard.press("Shift+A")
    expect(proposals).to_have_count(0)
    desk.page.keyboard.press("r")
    document = desk.load()
    assert len(document.list_accepted()) == num_in_view - 1
    assert document.reviewed[0] == pytest.approx((0.0, VIEW_S), abs=0.01)
    desk.page.reload()
    expect(desk.annotations).to_have_count(num_in_view - 1)
    expect(desk.page.get_by_test_id("review")).to_have_attribute("aria-pressed", "true")


def test_what_could_not_be_sent_survives_a_reload(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.page.route("**/api/annotations/edit", lambda route: route.abort())
    desk.drag(0.5, 0.9)
    expect(desk.page.get_by_test_id("saved")).to_have_text("Not reached: 1 kept here")
    assert not desk.studio.documents.load(UNTOUCHED).annotations
    desk.page.unroute("**/api/annotations/edit")
    desk.page.reload()
    expect(desk.annotations).to_have_count(1)
    assert len(desk.accepted()) == 1


def test_an_edit_whose_answer_was_lost_is_not_made_twice(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    desk.page.route("**/api/annotations/edit", lose_first)
    desk.drag(0.5, 0.9)
    expect(desk.page.get_by_test_id("saved")).to_have_text("Saved")
    desk.page.unroute("**/api/annotations/edit")
    assert lost == [200]
    assert len(desk.accepted()) == 1
    expect(desk.annotations).to_have_count(1)


def test_a_change_of_another_window_is_taken_and_the_own_edit_put_on_top(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    document = desk.load()
    other = {"op": "add", "annotations": [{"onset_s": 0.1, "offset_s": 0.2, "label": "other"}]}
    desk.studio.documents.apply(UNTOUCHED, document.revision, other, "somebody")
    desk.drag(0.5, 0.9)
    expect(desk.annotations).to_have_count(2)
    expect(desk.page.get_by_test_id("note").last).to_contain_text("changed in another window")
    assert [round(one.onset_s, 1) for one in desk.accepted()] == [0.1, 0.5]


def test_the_table_lists_filters_and_goes_there(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(ANNOTATED)
    rows = desk.page.get_by_test_id("row")
    num_all = len(desk.accepted())
    expect(desk.page.get_by_test_id("table")).to_have_attribute("aria-rowcount", str(num_all))
    desk.page.get_by_test_id("filter").fill("d")
    num_found = sum(one.label == "d" for one in desk.accepted())
    expect(rows).to_have_count(num_found)
    rows.last.click()
    expect(desk.page.locator("[data-testid=annotation][aria-selected=true]")).to_be_in_viewport()


def test_history_threshold_and_files_are_at_hand(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(UNTOUCHED)
    desk.page.get_by_test_id("tab-threshold").click()
    desk.page.get_by_test_id("propose-all").click()
    expect(desk.page.locator(".annotation.proposed").first).to_be_visible()
    desk.page.get_by_test_id("tab-history").click()
    expect(desk.page.get_by_test_id("history-entry").first).to_contain_text("threshold")
    desk.page.get_by_test_id("tab-files").click()
    with desk.page.expect_download() as download:
        desk.page.get_by_test_id("export").click()
    assert download.value.suggested_filename.endswith(".txt")


def test_a_segment_belongs_to_the_channel_it_was_drawn_in(
    open_desk: Callable[[str], Desk],
) -> None:
    desk = open_desk(TWO_CHANNELS)
    desk.drag(1.0, 1.2, y=600)
    (one,) = desk.accepted()
    assert one.channel == 1
    desk.page.get_by_test_id("channels").select_option("0")
    expect(desk.annotations).to_have_count(0)


def test_ultrasound_is_played_ten_times_slower_and_moves_the_playhead(
    open_desk: Callable[[str], Desk],
) -> None:
    desk = open_desk(ULTRASOUND)
    expect(desk.page.get_by_test_id("speed")).to_have_value("0.1")
    with desk.page.expect_request(re.compile("/api/sound/audio.*speed=0.1")):
        desk.page.keyboard.press("Space")
    expect(desk.page.get_by_test_id("stop")).to_be_visible()
    expect(desk.page.locator(".pane > .playhead")).to_be_visible()
    desk.page.keyboard.press("Space")
    expect(desk.page.get_by_test_id("play")).to_be_visible()


def test_recordings_are_searched_and_stepped_through(open_desk: Callable[[str], Desk]) -> None:
    desk = open_desk(ANNOTATED)
    desk.page.get_by_test_id("next-recording").click()
    expect(desk.page.get_by_test_id("recording-name")).to_have_text(PROPOSED)
    desk.page.keyboard.press("Control+k")
    desk.page.get_by_test_id("search-recordings").fill("squeak")
    expect(desk.page.locator(".found-recording")).to_have_count(1)
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_test_id("recording-name")).to_have_text(ULTRASOUND)


def test_no_other_host_was_asked_for_anything(open_desk: Callable[[str], Desk], elsewhere: list[str]) -> None:
    open_desk(ANNOTATED)
    assert elsewhere == []
