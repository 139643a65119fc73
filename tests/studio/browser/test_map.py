"""The Map page in a real browser: look, listen, choose, correct."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect
from tests.studio.browser.conftest import Studio
from tests.studio.browser.made_up_project import ANNOTATED
from tests.studio.maps.made_up_map import write_syllables, write_windows

NAME = "syllables"


@pytest.fixture(scope="module")
def labels(studio: Studio) -> list[str]:
    """Return the labels of the annotated recording, of whose syllables a map is written."""
    known = sorted(studio.documents.load(ANNOTATED).annotations.values(), key=lambda one: one.onset_s)
    rows = [{"recording": ANNOTATED, "onset_s": a.onset_s, "offset_s": a.offset_s, "label": a.label} for a in known]
    write_syllables(studio.project.maps_dir / NAME, pl.DataFrame(rows))
    return [one.label for one in known]


@pytest.fixture
def opened(page: Page, studio: Studio, labels: list[str]) -> Page:
    """Return the page with the map drawn."""
    page.goto("about:blank")
    page.goto(studio.address("map", name=NAME))
    expect(page.get_by_test_id("map-stage")).to_have_attribute("data-drawn", str(len(labels)))
    return page


def find_place(page: Page, item: int) -> tuple[float, float]:
    """Return where on the screen an item of the made-up map is: at (item, item modulo 3) of the map."""
    stage = page.get_by_test_id("map-stage")
    box = stage.bounding_box()
    assert box is not None
    x, y, scale = (float(part) for part in (stage.get_attribute("data-view") or "").split())
    return (
        box["x"] + (item - x) * scale + box["width"] / 2,
        box["y"] + box["height"] / 2 - (item % 3 - y) * scale,
    )


def choose_first(page: Page, count: int) -> None:
    """Draw a lasso around the first items."""
    left, _ = find_place(page, 0)
    right = (find_place(page, count - 1)[0] + find_place(page, count)[0]) / 2
    box = page.get_by_test_id("map-stage").bounding_box()
    assert box is not None
    top, bottom = box["y"] + 4, box["y"] + box["height"] - 4
    page.keyboard.down("Shift")
    page.mouse.move(left - 12, top)
    page.mouse.down()
    for x, y in [(right, top), (right, bottom), (left - 12, bottom)]:
        page.mouse.move(x, y, steps=2)
    page.mouse.up()
    page.keyboard.up("Shift")


def read_labels(studio: Studio) -> list[str]:
    """Return the labels the document has now."""
    known = sorted(studio.documents.load(ANNOTATED).annotations.values(), key=lambda one: one.onset_s)
    return [one.label for one in known]


def test_pointing_at_an_item_shows_its_picture_and_what_it_is(opened: Page, labels: list[str]) -> None:
    opened.mouse.move(*find_place(opened, 2))
    card = opened.get_by_test_id("map-card")
    expect(card).to_have_attribute("data-item", "2")
    expect(card).to_contain_text(labels[2])
    assert opened.get_by_test_id("map-card-image").evaluate("image => image.naturalWidth") == 16


def test_a_click_holds_an_item_and_plays_it(opened: Page) -> None:
    with opened.expect_response(re.compile("/sound")) as heard:
        opened.mouse.click(*find_place(opened, 1))
    assert heard.value.status == 200
    expect(opened.get_by_test_id("map-item")).to_contain_text(ANNOTATED)
    assert "item=1" in opened.url


def test_arrows_go_to_the_neighbour_and_enter_opens_its_place(opened: Page) -> None:
    opened.mouse.click(*find_place(opened, 3))
    expect(opened).to_have_url(re.compile("item=3"))
    opened.keyboard.press("ArrowRight")
    expect(opened).to_have_url(re.compile("item=4|item=6"))
    opened.get_by_test_id("map-open").wait_for()
    opened.mouse.move(5, 5)
    opened.get_by_test_id("map-stage").focus()
    opened.keyboard.press("Enter")
    expect(opened).to_have_url(re.compile(r"#/annotate\?recording=.*&at="))


def test_a_lasso_chooses_and_renaming_changes_the_documents(opened: Page, studio: Studio, labels: list[str]) -> None:
    choose_first(opened, 4)
    expect(opened.get_by_test_id("map-selected")).to_have_text("4 syllables chosen")
    expect(opened.get_by_test_id("map-sheet").locator("img")).to_have_count(4)
    opened.get_by_test_id("map-label").fill("new")
    opened.get_by_test_id("map-rename").click()
    expect(opened.get_by_test_id("map-legend")).to_contain_text("new")
    assert read_labels(studio) == ["new"] * 4 + labels[4:]
    opened.keyboard.press("Control+z")
    expect(opened.get_by_test_id("map-legend")).not_to_contain_text("new")
    assert read_labels(studio) == labels


def test_rejecting_removes_annotations_until_it_is_undone(opened: Page, studio: Studio, labels: list[str]) -> None:
    choose_first(opened, 2)
    opened.get_by_test_id("map-reject").click()
    note = opened.get_by_test_id("note").filter(has_text="2 syllables rejected")
    note.get_by_role("button", name="Undo").wait_for()
    assert len(read_labels(studio)) == len(labels) - 2
    opened.reload()
    expect(opened.locator(".map-facts")).to_contain_text("2 removed")
    document = studio.documents.load(ANNOTATED)
    studio.documents.undo(ANNOTATED, document.revision, "tester")


def test_a_selection_can_be_taken_away_and_sent_on(opened: Page, studio: Studio, tmp_path: Path) -> None:
    choose_first(opened, 3)
    with opened.expect_download() as download:
        opened.get_by_test_id("map-export").click()
    download.value.save_as(tmp_path / "table.csv")
    assert pl.read_csv(tmp_path / "table.csv").height == 3
    opened.get_by_test_id("map-send").click()
    expect(opened.get_by_test_id("note").filter(has_text="head of the queue")).to_be_visible()
    assert pl.read_csv(studio.project.studio_dir / "sent.csv").height == 3


def test_a_search_tells_how_many_it_finds(opened: Page, labels: list[str]) -> None:
    opened.get_by_test_id("map-search").fill(f"label = {labels[0]}")
    expect(opened.get_by_test_id("map-found")).to_have_text(f"{labels.count(labels[0])} of {len(labels)}")
    opened.get_by_test_id("map-search").fill("nothing = here")
    expect(opened.get_by_test_id("map-found")).to_have_text("no such column")


def test_a_number_colours_with_a_scale(opened: Page) -> None:
    opened.get_by_test_id("map-colour-by").select_option("onset_s")
    expect(opened.locator(".map-scale")).to_be_visible()
    assert "colour=onset_s" in opened.url


def test_a_whole_group_is_chosen_from_the_legend_and_tagged(opened: Page, studio: Studio, labels: list[str]) -> None:
    opened.get_by_test_id("map-choose-group").first.click()
    first = sorted(set(labels))[0]
    expect(opened.get_by_test_id("map-selected")).to_contain_text(f"{labels.count(first)} syllable")
    opened.get_by_test_id("map-tag-field").fill("odd")
    opened.get_by_test_id("map-tag").click()
    expect(opened.get_by_test_id("map-colour-by").locator("option", has_text="tag")).to_have_count(1)
    tags = pl.read_csv(studio.project.studio_dir / "tags" / f"{NAME}.csv")
    assert tags["tag"].to_list() == ["odd"] * labels.count(first)


def test_a_song_is_played_along_its_way_over_the_map(page: Page, studio: Studio) -> None:
    write_windows(studio.project.maps_dir / "windows", ANNOTATED, 20)
    page.goto(studio.address("map", name="windows", item=3))
    with page.expect_response(re.compile("whole=true")) as heard:
        page.get_by_test_id("map-song").click()
    assert heard.value.status == 200
    page.get_by_test_id("map-paths").click()
    expect(page.get_by_test_id("map-paths")).to_have_attribute("aria-pressed", "true")
