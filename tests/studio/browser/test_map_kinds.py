"""The Map page for every kind of map, by fingers, and where the browser has no WebGL2."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect
from tests.studio.browser.conftest import Studio
from tests.studio.browser.made_up_project import ANNOTATED
from tests.studio.maps.made_up_map import write_checklists, write_pictures, write_windows

# As a browser whose graphics card is not trusted with WebGL.
NO_WEBGL = """
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...more);
};
"""
# Whether something comes to lie over the points at a place of the window within a number of frames.
IS_INKED = """async ([x, y, frames]) => {
  const overlay = document.querySelectorAll(".map-stage canvas")[1];
  const box = overlay.getBoundingClientRect();
  const context = overlay.getContext("2d");
  for (let frame = 0; frame < frames; frame++) {
    await new Promise(requestAnimationFrame);
    if (context.getImageData(x - box.left - 1, y - box.top - 1, 3, 3).data.some(Boolean)) return true;
  }
  return false;
}"""
# How many colours that are no greys many pixels have.
COUNT_COLOURS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (const pixel of new Uint32Array(data.buffer)) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const isBright = (pixel) => {
    const parts = [0, 8, 16].map((shift) => (pixel >> shift) & 255);
    return Math.max(...parts) - Math.min(...parts) > 100;
  };
  return [...counts].filter(([pixel, count]) => count > 60 && isBright(pixel)).length;
}"""


@pytest.fixture(scope="module")
def maps(studio: Studio) -> Studio:
    """Return the studio with a map of each kind that `test_map` has not."""
    write_windows(studio.project.maps_dir / "windows", ANNOTATED, 20)
    write_checklists(studio.project.maps_dir / "lists", 6)
    write_pictures(studio.project.maps_dir / "pictures", 6)
    return studio


@pytest.fixture(scope="module")
def fingers(maps: Studio, browser: Browser) -> Iterator[tuple[Page, CDPSession]]:
    """Return a page on a screen that is touched, without WebGL2, and what touches it."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, has_touch=True)
    context.set_default_timeout(10_000)
    context.add_init_script(NO_WEBGL)
    page = context.new_page()
    open_map(page, maps, "pictures", 6)
    yield page, context.new_cdp_session(page)
    context.close()


def open_map(page: Page, maps: Studio, name: str, num_items: int) -> None:
    """Open a map and wait until it is drawn."""
    page.goto(maps.address("map", name=name))
    expect(page.get_by_test_id("map-chooser")).to_have_value(name)
    expect(page.get_by_test_id("map-stage")).to_have_attribute("data-drawn", str(num_items))


def find_middle(first: int, second: int) -> tuple[float, float]:
    """Return the middle between two windows of the made-up map."""
    places = [
        (math.cos(turn) + 3 * (number >= 10), math.sin(turn))
        for number in (first, second)
        for turn in [number * math.pi / 5]
    ]
    return (places[0][0] + places[1][0]) / 2, (places[0][1] + places[1][1]) / 2


def read_view(page: Page) -> tuple[float, float, float]:
    """Return what is in the middle of the map after the next frame, and the pixels of one unit."""
    stage = page.get_by_test_id("map-stage")
    x, y, scale = stage.evaluate("stage => new Promise(requestAnimationFrame).then(() => stage.dataset.view)").split()
    return float(x), float(y), float(scale)


def find_place(page: Page, at: tuple[float, float]) -> tuple[float, float]:
    """Return where on the screen a place of the map is."""
    box = page.get_by_test_id("map-stage").bounding_box()
    assert box is not None
    x, y, scale = read_view(page)
    return box["x"] + box["width"] / 2 + (at[0] - x) * scale, box["y"] + box["height"] / 2 - (at[1] - y) * scale


def count_colours(page: Page) -> int:
    """Return how many colours points that are not faded have."""
    found: int = page.locator(".map-stage canvas").first.evaluate(COUNT_COLOURS)
    return found


def touch(session: CDPSession, kind: str, *places: tuple[float, float]) -> None:
    """Put fingers down (Start), move them (Move) or lift all (End)."""
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
    session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})


def test_the_card_of_a_list_names_its_species_and_has_no_picture(page: Page, maps: Studio) -> None:
    open_map(page, maps, "lists", 6)
    page.mouse.move(*find_place(page, (2, 2)))
    card = page.get_by_test_id("map-card")
    expect(card).to_have_attribute("data-item", "2")
    expect(card).to_contain_text("S102")
    expect(card.get_by_role("listitem")).to_have_text(["Turdus merula", "Parus major", "Sitta europaea"])
    expect(card.get_by_role("img")).to_have_count(0)
    expect(page.get_by_test_id("map-pictures")).to_be_hidden()
    expect(page.get_by_test_id("map-listen")).to_be_hidden()


def test_the_card_of_a_picture_shows_it_in_its_own_colours(page: Page, maps: Studio) -> None:
    open_map(page, maps, "pictures", 6)
    page.mouse.move(*find_place(page, (4, 1)))
    card = page.get_by_test_id("map-card")
    expect(card).to_have_attribute("data-item", "4")
    expect(card).to_contain_text("004.png")
    pixel = page.get_by_test_id("map-card-image").evaluate("""image => {
      const context = new OffscreenCanvas(1, 1).getContext("2d");
      context.drawImage(image, 0, 0);
      return [...context.getImageData(0, 0, 1, 1).data];
    }""")
    assert pixel == [220, 0, 0, 255]


def test_the_card_of_a_window_says_when_it_is_and_its_song_is_a_way(page: Page, maps: Studio) -> None:
    open_map(page, maps, "windows", 20)
    page.mouse.click(*find_place(page, (1, 0)))
    expect(page.get_by_test_id("map-item")).to_contain_text(ANNOTATED)
    expect(page.get_by_test_id("map-song")).to_be_visible()
    page.mouse.move(*find_place(page, (4, 0)))
    card = page.get_by_test_id("map-card")
    expect(card).to_have_attribute("data-item", "10")
    expect(card).to_contain_text(re.compile(r"0:00\.50 · 100 ms"))
    # The way of the song pointed at is drawn from window to window; that of the other song is not.
    assert page.evaluate(IS_INKED, [*find_place(page, find_middle(14, 15)), 300])
    assert not page.evaluate(IS_INKED, [*find_place(page, find_middle(4, 5)), 1])


def test_without_webgl_the_map_is_drawn_and_says_what_would_help(fingers: tuple[Page, CDPSession]) -> None:
    page, _ = fingers
    expect(page.get_by_test_id("map-notice")).to_contain_text("WebGL2")
    assert count_colours(page) == 2
    blue = page.get_by_test_id("map-legend").get_by_role("button", name="blue").first
    for num_colours in (1, 2):
        blue.click()
        blue.evaluate("() => new Promise(requestAnimationFrame)")
        assert count_colours(page) == num_colours


def test_a_finger_moves_the_map_two_zoom_it_and_a_tap_holds_an_item(fingers: tuple[Page, CDPSession]) -> None:
    page, session = fingers
    x, y, scale = read_view(page)
    middle = find_place(page, (x, y))
    touch(session, "Start", middle)
    for step in (20, 40, 60):
        touch(session, "Move", (middle[0] + step, middle[1]))
    touch(session, "End")
    assert read_view(page)[0] == pytest.approx(x - 60 / scale, abs=12 / scale)
    spread = [[(middle[0] - half, middle[1]), (middle[0] + half, middle[1])] for half in (40, 60, 80)]
    touch(session, "Start", *spread[0])
    touch(session, "Move", *spread[1])
    touch(session, "Move", *spread[2])
    touch(session, "End")
    assert read_view(page)[2] == pytest.approx(2 * scale, rel=0.02)
    place = find_place(page, (3, 0))
    touch(session, "Start", place)
    touch(session, "End")
    expect(page.get_by_test_id("map-item")).to_contain_text("003.png")
