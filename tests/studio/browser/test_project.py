"""The project page, driven as a person would."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.studio.browser.conftest import Studio
from tests.studio.browser.made_up_project import ANNOTATED, PROPOSED, UNTOUCHED

from subsong.core.files import write_json
from subsong.projects.project import Project
from subsong.studio.jobs.store import Job, JobStore
from subsong.studio.project.pipeline import PROGRESS_NAME, ShownStep


@pytest.fixture
def project_page(page: Page, studio: Studio) -> Page:
    """Return the page as it opens."""
    page.goto("about:blank")
    page.goto(studio.address("project"))
    expect(page.get_by_test_id("recording")).to_have_count(5)
    return page


def name_rows(page: Page) -> list[str | None]:
    return [row.get_attribute("data-name") for row in page.get_by_test_id("recording").all()]


def test_the_page_tells_how_far_each_recording_has_come(project_page: Page) -> None:
    expect(project_page.get_by_test_id("project-name")).to_have_text("songs")
    expect(project_page.get_by_test_id("project-facts")).to_contain_text("5 recordings")
    expect(project_page.locator(f'[data-name="{ANNOTATED}"]')).to_contain_text("Done")
    expect(project_page.locator(f'[data-name="{PROPOSED}"]')).to_contain_text("Proposed")
    expect(project_page.locator(f'[data-name="{UNTOUCHED}"]')).to_contain_text("Untouched")
    expect(project_page.get_by_test_id("bird").first).to_contain_text("1 of 2 done")


def test_what_comes_next_is_a_picture_that_opens_the_place(project_page: Page) -> None:
    card = project_page.get_by_test_id("queue-item").first
    expect(card).to_contain_text("70 % sure")
    expect(card.locator("img")).to_have_js_property("complete", True)
    assert card.locator("img").evaluate("image => image.naturalWidth") > 100
    card.click()
    expect(project_page.get_by_test_id("page-annotate")).to_be_visible()
    assert re.search(r"#/annotate\?recording=.*song002\.wav&at=\d", project_page.url)


def test_a_recording_is_searched_and_opened_with_the_keyboard_alone(project_page: Page) -> None:
    project_page.keyboard.press("/")
    project_page.keyboard.type("BIRD1 song")
    expect(project_page.get_by_test_id("recording")).to_have_count(2)
    project_page.keyboard.press("ArrowDown")
    project_page.keyboard.press("ArrowDown")
    expect(project_page.locator("tr[aria-selected=true]")).to_have_attribute("data-name", PROPOSED)
    project_page.keyboard.press("Enter")
    expect(project_page.get_by_test_id("page-annotate")).to_be_visible()


def test_filters_and_order_last_when_the_page_is_loaded_anew(project_page: Page) -> None:
    project_page.get_by_test_id("filter-bird").select_option("bird2")
    expect(project_page.get_by_test_id("recording")).to_have_count(3)
    project_page.get_by_test_id("sort-name").click()
    expect(project_page.get_by_test_id("recording").first).to_have_attribute("data-name", "bird2/squeak.wav")
    project_page.reload()
    expect(project_page.get_by_test_id("recording")).to_have_count(3)
    assert name_rows(project_page)[0] == "bird2/squeak.wav"


def test_a_search_that_finds_nothing_says_how_to_go_on(project_page: Page) -> None:
    project_page.get_by_test_id("search").fill("nothing like it")
    expect(project_page.get_by_test_id("none-found")).to_be_visible()
    project_page.get_by_test_id("show-all").click()
    expect(project_page.get_by_test_id("recording")).to_have_count(5)


def test_pictures_follow_the_theme(project_page: Page) -> None:
    image = project_page.get_by_test_id("queue-item").first.locator("img")
    before = image.get_attribute("src")
    project_page.get_by_test_id("theme").click()
    expect(image).not_to_have_attribute("src", str(before))
    project_page.get_by_test_id("theme").click()


def test_a_name_is_kept_for_corrections(project_page: Page, studio: Studio) -> None:
    project_page.get_by_test_id("author").click()
    project_page.get_by_test_id("question-field").fill("Grace")
    project_page.get_by_test_id("question-yes").click()
    expect(project_page.get_by_test_id("author")).to_have_text("Corrections by Grace")
    assert studio.context.author == "Grace"


def write_steps(project: Project) -> None:
    """Write how far a pipeline is, as the command does."""
    steps = [
        ShownStep("recordings", "look at recordings", "kept"),
        ShownStep("song/bird1", "prepare song of bird1", "failed", 1.0, 3.0, ("nothing is annotated",)),
        ShownStep("segments/bird2", "find the sounds of bird2", "running", 1.0, None, (), "recordings", 30, 120, 90.0),
        ShownStep("map"),
    ]
    write_json(project.steps_dir / PROGRESS_NAME, {"steps": [step._asdict() for step in steps]})


def test_the_pipeline_is_started_and_its_steps_are_watched_to_its_end(
    project_page: Page, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = JobStore.start

    def start_something_short(jobs: JobStore, kind: str, title: str, arguments: list[str]) -> Job:
        assert arguments[0] == "run"
        job = start(jobs, kind, title, ["--help"])
        write_steps(studio.project)
        return job

    monkeypatch.setattr(JobStore, "start", start_something_short)
    project_page.get_by_test_id("run-pipeline").click()
    expect(project_page.get_by_test_id("step-recordings")).to_have_text("keptLook at recordings")
    failed = project_page.get_by_test_id("step-song/bird1")
    expect(failed).to_have_text("failedPrepare song of bird1nothing is annotated3 s")
    expect(project_page.get_by_test_id("step-segments/bird2")).to_contain_text("30 of 120, about 1 min 30 s left")
    expect(project_page.get_by_test_id("step-map")).to_have_attribute("data-state", "waiting")
    expect(project_page.get_by_test_id("steps-said")).to_contain_text("Prepare song of bird1: see below")
    expect(project_page.get_by_test_id("job-console")).to_contain_text("Usage: subsong", timeout=30_000)
    expect(project_page.get_by_test_id("note")).to_contain_text("The pipeline has finished", timeout=30_000)
