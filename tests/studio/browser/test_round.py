"""The whole round, through the pages alone: annotate, learn, find, proofread, correct on the map, and take it away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

import polars as pl
import pytest
from playwright.sync_api import Page, expect
from tests.studio.browser.conftest import Studio
from tests.studio.browser.made_up_project import ANNOTATED, UNTOUCHED
from tests.studio.browser.test_annotate import Desk, show
from tests.studio.browser.test_map import choose_first, find_place
from tests.studio.browser.test_work import count_points, wait_for
from tests.studio.maps.made_up_map import write_syllables

from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.store import DocumentStore
from subsong.sources.annotations import read_annotations

# Some steps wait for a process that has to import torch.
SLOW_MS = 120_000
# A network that tells sound from silence after an epoch of a blink, and little else.
TINY = {
    "training.num_epochs": "25",
    "training.figure_epochs": "",
    "training.batch_size": "4",
    "data.num_chunks": "16",
    "model.tcn.channels": "8",
    "model.tcn.num_stacks": "1",
    "optimizer.learning_rate": "0.02",
}


class Place(NamedTuple):
    """Where a proposal is."""

    recording: str
    onset_s: float


@pytest.fixture
def patient(page: Page) -> Iterator[Page]:
    """Yield the page, which waits for processes."""
    expect.set_options(timeout=SLOW_MS)
    page.set_default_timeout(SLOW_MS)
    yield page
    expect.set_options(timeout=5000)


def test_the_whole_round(patient: Page, studio: Studio, elsewhere: list[str], tmp_path: Path) -> None:
    annotate(patient, studio)
    make_dataset(patient, studio)
    train(patient)
    find_sounds(patient)
    proofread(patient, studio)
    correct_on_the_map(patient, studio)
    take_away(patient, studio, tmp_path)
    reload(patient, studio)
    assert elsewhere == []


def annotate(page: Page, studio: Studio) -> None:
    """Open the project, annotate a recording by mouse and key, take something back, and call it done."""
    page.goto(studio.address("project"))
    page.locator(f'[data-name="{UNTOUCHED}"]').get_by_test_id("open-recording").click()
    expect(page.get_by_test_id("recording-name")).to_have_text(UNTOUCHED)
    show(page, studio, UNTOUCHED)
    desk = Desk(page, studio, UNTOUCHED)
    for from_s, to_s, key in [(0.4, 0.6, "a"), (0.8, 1.0, "b"), (1.3, 1.5, "c")]:
        desk.drag(from_s, to_s)
        page.keyboard.press(key)
    expect(desk.annotations).to_have_count(3)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(desk.annotations).to_have_count(2)
    page.keyboard.press("d")
    expect(page.get_by_test_id("done")).to_have_attribute("aria-pressed", "true")
    assert [one.label for one in desk.accepted()] == ["a", "b"]
    assert desk.load().is_done


def make_dataset(page: Page, studio: Studio) -> None:
    """Make a dataset of what is done."""
    page.goto(studio.address("dataset"))
    page.get_by_test_id("dataset-name").fill("first")
    page.get_by_test_id("setting-split_by").fill("time")
    page.get_by_test_id("all-settings").check()
    page.get_by_test_id("setting-split_gap_s").fill("0.05")
    expect(page.get_by_test_id("command")).to_contain_text("--set split_gap_s=0.05")
    page.get_by_test_id("make-dataset").click()
    expect(page.get_by_test_id("job-state")).to_have_text("finished")
    expect(page.get_by_test_id("dataset-first")).to_contain_text("from 2 files")


def train(page: Page) -> None:
    """Train on it, and watch the curve move until the end."""
    page.get_by_test_id("dataset-first").get_by_role("link", name="Train on it").click()
    expect(page.get_by_test_id("data")).to_have_value("first")
    for name, text in TINY.items():
        page.get_by_test_id(f"setting-{name}").fill(text)
    page.get_by_test_id("run-name").fill("tiny")
    expect(page.get_by_test_id("command")).to_contain_text("--name tiny")
    page.get_by_test_id("start-training").click()
    expect(page.get_by_test_id("page-watch")).to_be_visible()
    wait_for(page, lambda: count_points(page) > 0)
    before = count_points(page)
    wait_for(page, lambda: count_points(page) > before)
    expect(page.get_by_test_id("plot-loss").locator(".scatterlayer .trace").first).to_be_visible()
    expect(page.get_by_test_id("run-state")).to_have_text("finished")


def find_sounds(page: Page) -> None:
    """Let the network annotate what is not done."""
    page.get_by_test_id("page-watch").get_by_role("link", name="Predict").click()
    page.get_by_test_id("setting-low_threshold").fill("0.1")
    expect(page.get_by_test_id("num-recordings")).to_have_text("3 recordings")
    page.get_by_test_id("start-prediction").click()
    expect(page.get_by_test_id("prediction")).to_contain_text("in 3 recordings")
    page.get_by_test_id("to-proofread").click()


def proofread(page: Page, studio: Studio) -> None:
    """Accept one proposal, reject one, and relabel one, the least sure first."""
    accepted = decide(page, 1, "a")
    rejected = decide(page, 2, "x")
    renamed = decide(page, 3, "l", "buzz")
    expect(page.get_by_test_id("saved")).to_have_text("Saved")
    assert find_at(studio, accepted).annotator == "tester"
    assert find_at(studio, renamed).label == "buzz"
    (gone,) = DocumentStore(studio.project).load(rejected.recording).rejected.values()
    assert gone.onset_s == pytest.approx(rejected.onset_s, abs=1e-3)


def decide(page: Page, count: int, key: str, label: str = "") -> Place:
    """Decide on the proposal that is shown, as the `count`-th, and return where it is."""
    expect(page.get_by_test_id("progress")).to_contain_text(f"{count - 1} of")
    address = page.get_by_test_id("open-annotate").get_attribute("href") or ""
    place = parse_qs(address.partition("?")[2])
    page.keyboard.press(key)
    if label:
        page.keyboard.type(label)
        page.keyboard.press("Enter")
    expect(page.get_by_test_id("progress")).to_contain_text(f"{count} of")
    return Place(place["recording"][0], float(place["at"][0]))


def find_at(studio: Studio, place: Place) -> Annotation:
    """Return what is accepted at a place, as the disk has it."""
    known = DocumentStore(studio.project).load(place.recording).list_accepted()
    (found,) = (one for one in known if abs(one.onset_s - place.onset_s) < 1e-3)
    return found


def correct_on_the_map(page: Page, studio: Studio) -> None:
    """Point at a sound, choose some with a lasso, call them something else, and see it in their recording."""
    known = read_labels(studio)
    sounds = [{"recording": ANNOTATED, "onset_s": a.onset_s, "offset_s": a.offset_s, "label": a.label} for a in known]
    write_syllables(studio.project.maps_dir / "syllables", pl.DataFrame(sounds))
    page.get_by_test_id("go-map").click()
    expect(page.get_by_test_id("map-stage")).to_have_attribute("data-drawn", str(len(known)))
    page.mouse.move(*find_place(page, 2))
    expect(page.get_by_test_id("map-card")).to_have_attribute("data-item", "2")
    assert page.get_by_test_id("map-card-image").evaluate("image => image.naturalWidth") == 16

    choose_first(page, 3)
    expect(page.get_by_test_id("map-selected")).to_have_text("3 syllables chosen")
    page.get_by_test_id("map-label").fill("trill")
    page.get_by_test_id("map-rename").click()
    expect(page.get_by_test_id("map-legend")).to_contain_text("trill")
    assert [one.label for one in read_labels(studio)[:4]] == ["trill"] * 3 + [known[3].label]
    page.get_by_test_id("map-clear").click()
    page.mouse.click(*find_place(page, 1))
    page.get_by_test_id("map-open").click()
    expect(page.get_by_test_id("recording-name")).to_have_text(ANNOTATED)
    page.get_by_test_id("filter").fill("trill")
    expect(page.get_by_test_id("row")).to_have_count(3)


def read_labels(studio: Studio) -> list[Annotation]:
    """Return what is said of the annotated recording, as the disk has it."""
    known = DocumentStore(studio.project).load(ANNOTATED).list_accepted()
    return sorted(known, key=lambda one: one.onset_s)


def take_away(page: Page, studio: Studio, folder: Path) -> None:
    """Export the open recording for Audacity and for Raven: the files say what the document says."""
    page.get_by_test_id("tab-files").click()
    known = read_labels(studio)
    for name in ("audacity", "raven"):
        page.get_by_test_id("export-format").select_option(name)
        with page.expect_download() as download:
            page.get_by_test_id("export").click()
        file = folder / f"{name}{Path(download.value.suggested_filename).suffix}"
        download.value.save_as(file)
        table = read_annotations(file, name)
        assert table["label"].to_list() == [one.label for one in known]
        assert table["onset_s"].to_list() == pytest.approx([one.onset_s for one in known], abs=1e-5)
        assert table["offset_s"].to_list() == pytest.approx([one.offset_s for one in known], abs=1e-5)


def reload(page: Page, studio: Studio) -> None:
    """Load the page anew: all is there as it was, on the page and on the disk."""
    before = studio.documents.list_corrected()
    assert len(before) >= 3
    page.reload()
    expect(page.get_by_test_id("table")).to_have_attribute("aria-rowcount", str(len(read_labels(studio))))
    expect(page.get_by_test_id("annotation").filter(has_text=re.compile("^trill")).first).to_be_visible()
    page.get_by_test_id("go-project").click()
    expect(page.locator(f'[data-name="{UNTOUCHED}"]')).to_contain_text("Done")
    assert DocumentStore(studio.project).list_corrected() == before
