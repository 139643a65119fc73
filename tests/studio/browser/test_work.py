"""From annotations to a trained network and its proposals, through the pages alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from subsong.recipes.configuring import resolve_config
from subsong.studio.work.bench import Bench
from subsong.studio.work.forms import describe_form

if TYPE_CHECKING:
    from tests.studio.browser.conftest import Studio

# A network and an epoch so small that an epoch is a blink.
TINY = {
    "setting-training.num_epochs": "400",
    "setting-training.figure_epochs": "",
    "setting-training.batch_size": "4",
    "setting-data.num_chunks": "8",
    "setting-model.tcn.channels": "4",
    "setting-model.tcn.num_stacks": "1",
}
SLOW_MS = 60_000
# Recipes that have lists, rows, parts of several kinds and schedules among their settings.
RICH = ("song-segmenter", "pose-vunet/original", "checklist-vae")


@pytest.fixture(scope="module", autouse=True)
def bench_here() -> Iterator[None]:
    """Let the bench answer in this process, which has torch already."""

    def call(bench: Bench, function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bench, "call", call)
        # Every step waits for a process that has to import torch.
        expect.set_options(timeout=SLOW_MS)
        yield
        expect.set_options(timeout=5000)


def count_points(page: Page) -> int:
    return int(page.get_by_test_id("curves").get_attribute("data-points") or 0)


def wait_for(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait until something is so; the page's rules let nobody hand it a condition as text."""
    until = time.monotonic() + SLOW_MS / 1000
    while not is_so():
        assert time.monotonic() < until
        page.wait_for_timeout(50)


def test_empty_pages_say_what_to_do_first(page: Page, studio: Studio) -> None:
    empties = {"dataset": "no-datasets", "train": "no-runs", "watch": "no-runs", "predict": "no-models"}
    for name, empty in empties.items():
        page.goto(studio.address(name))
        expect(page.get_by_test_id(empty)).to_be_visible(timeout=SLOW_MS)


def test_a_wrong_setting_is_told_at_its_field_in_the_words_of_the_command_line(page: Page, studio: Studio) -> None:
    page.goto(studio.address("train"))
    epochs = page.get_by_test_id("setting-training.num_epochs")
    epochs.fill("many", timeout=SLOW_MS)
    said = page.locator("[data-path='training.num_epochs'] .wrong")
    expect(said).to_have_text("training.num_epochs is 'many', expected a whole number of at least 1")
    expect(page.get_by_test_id("start-training")).to_be_disabled()
    epochs.fill("7")
    expect(said).to_be_hidden()
    expect(page.get_by_test_id("command")).to_contain_text("--set training.num_epochs=7")
    expect(page.get_by_test_id("num-changed")).to_have_text("1 changed")


def test_a_search_finds_what_is_not_shown(page: Page, studio: Studio) -> None:
    page.goto(studio.address("train"))
    decay = page.get_by_test_id("setting-training.ema_decay")
    expect(page.get_by_test_id("setting-training.num_epochs")).to_be_visible(timeout=SLOW_MS)
    expect(decay).to_be_hidden()
    page.get_by_test_id("search-settings").fill("running average")
    expect(decay).to_be_visible()
    expect(page.get_by_test_id("setting-training.num_epochs")).to_be_hidden()
    page.get_by_test_id("search-settings").fill("")
    page.get_by_test_id("all-settings").check()
    expect(decay).to_be_visible()
    page.get_by_test_id("all-settings").uncheck()


def test_another_kind_of_part_has_other_settings(page: Page, studio: Studio) -> None:
    page.goto(studio.address("train"))
    page.get_by_test_id("setting-optimizer.kind").select_option("sgd", timeout=SLOW_MS)
    page.get_by_test_id("setting-optimizer.momentum").fill("0.9")
    command = page.get_by_test_id("command")
    expect(command).to_contain_text("--set optimizer.kind=sgd --set optimizer.momentum=0.9")


def test_rows_are_added_moved_and_removed_and_what_is_wrong_in_one_is_said_there(page: Page, studio: Studio) -> None:
    page.goto(studio.address("train", recipe="song-segmenter"))
    rows = page.get_by_test_id("setting-data.augmentation").get_by_test_id("part-row")
    expect(rows).to_have_count(5, timeout=SLOW_MS)
    for number in (4, 3, 2):
        rows.nth(number).get_by_test_id("row-remove").click()
    page.get_by_test_id("add-data.augmentation").click()
    rows.nth(2).get_by_test_id("setting-data.augmentation.*.kind").select_option("time_mask")
    rows.nth(2).get_by_test_id("row-earlier").click()
    duration = rows.nth(1).get_by_test_id("setting-data.augmentation.*.max_duration_s")
    duration.fill("-1")
    wrong = rows.nth(1).locator("[data-path='data.augmentation.*.max_duration_s'] .wrong")
    expect(wrong).to_have_text("max_duration_s is -1, expected a number above 0")
    duration.fill("0.5")
    said = "[{kind: gain}, {kind: time_mask, max_duration_s: 0.5}, {kind: response, probability: 0.5}]"
    expect(page.get_by_test_id("command")).to_contain_text(f"data.augmentation={said}")
    expect(wrong).to_be_hidden()


def test_a_term_of_the_loss_is_added_and_another_weighed_by_a_schedule(page: Page, studio: Studio) -> None:
    page.get_by_test_id("add-kind-losses").select_option("kl")
    page.get_by_test_id("add-losses").click()
    page.get_by_test_id("setting-losses.segmentation.weight").select_option("linear")
    page.get_by_test_id("setting-losses.segmentation.weight.end_fraction").fill("0.3")
    page.get_by_test_id("leave-out-borders").click()
    command = page.get_by_test_id("command")
    expect(command).to_contain_text("--set losses.segmentation.weight.kind=linear")
    expect(command).to_contain_text("--set losses.segmentation.weight.end_fraction=0.3")
    expect(command).to_contain_text("--set losses.borders.weight=0 --set 'losses.kl={kind: kl}'")
    expect(page.get_by_test_id("mend")).to_be_hidden()


def test_a_list_of_numbers_is_typed_as_it_is_read(page: Page, studio: Studio) -> None:
    dilations = page.get_by_test_id("setting-model.tcn.dilations")
    dilations.get_by_role("textbox").last.press("Enter")
    page.keyboard.type("32,64")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("command")).to_contain_text("model.tcn.dilations=[1, 2, 4, 8, 16, 32, 64]")


def test_rows_and_parts_say_what_they_were_made_of(page: Page, studio: Studio) -> None:
    page.goto(studio.address("train"))
    for what in RICH:
        said = page.evaluate(
            """async (tree) => {
              const { makeNodes } = await import("/static/js/forms/nodes.js");
              const list = (fields) => fields.flatMap((field) => {
                const text = field.text();
                if (text !== null) return [[field.path, text]];
                return field.children ? list(field.children()) : [];
              });
              // What is as usual says nothing; here everything does.
              const tellAll = (node) => (node.children ? { children: node.children.map(tell) } : {});
              const tell = (node) => ({ ...node, ...tellAll(node), is_usual: false });
              return Object.fromEntries(list(makeNodes(tree.map(tell), () => {})));
            }""",
            describe_form(what)["tree"],
        )
        overrides = [f"{path}={text}" for path, text in said.items()]
        assert resolve_config(what, None, overrides)[1] == resolve_config(what)[1]


def test_a_script_is_downloaded_with_what_was_typed(page: Page, studio: Studio) -> None:
    page.goto(studio.address("train", recipe="digits-vae"))
    page.get_by_test_id("setting-training.num_epochs").fill("5", timeout=SLOW_MS)
    with page.expect_download() as download:
        page.get_by_test_id("script-sbatch").click()
    assert download.value.suggested_filename == "digits-vae.sbatch"
    assert "training.num_epochs=5" in download.value.path().read_text(encoding="utf-8")


def test_single_recordings_are_chosen_by_a_search_and_a_range(page: Page, studio: Studio) -> None:
    page.goto(studio.address("predict"))
    page.get_by_test_id("which").select_option("chosen")
    picks = page.get_by_test_id("pick")
    picks.nth(0).click()
    picks.nth(2).click(modifiers=["Shift"])
    chosen = page.get_by_test_id("num-chosen")
    expect(chosen).to_have_text("3 of 5 chosen")
    page.get_by_test_id("picker-search").fill("pair")
    page.get_by_test_id("tick-all").click()
    expect(chosen).to_have_text("4 of 5 chosen")
    expect(page.get_by_test_id("num-recordings")).to_have_text("4 recordings")
    page.get_by_test_id("picker-search").fill("")
    picks.nth(1).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    expect(chosen).to_have_text("2 of 5 chosen")


def test_a_folder_outside_of_the_project_is_refused_with_the_command_for_it(page: Page) -> None:
    page.get_by_test_id("which").select_option("folder")
    page.get_by_test_id("predict-folder").fill("/elsewhere")
    expect(page.get_by_test_id("wrong-folder")).to_contain_text("/elsewhere lies outside of the project")
    expect(page.get_by_test_id("command")).to_have_text(re.compile("subsong predict RUN /elsewhere --out annotations/"))
    expect(page.get_by_test_id("start-prediction")).to_be_disabled()


def test_curves_have_gaps_where_the_loss_was_not_a_number_and_are_smoothed_without_a_start(page: Page) -> None:
    records = [
        {"event": "step", "step": 0, "train": {"loss": 4.0}, "validation": {"loss": 5.0}, "weights": {"kl": 1}},
        {"event": "epoch", "epoch": 0, "train": {"loss": 3.0, "kl": None}, "learning_rate": 0.1, "order": "ab12"},
        {"event": "epoch", "epoch": 1, "train": {"loss": None, "kl": 1.0}, "active_units": 3, "kl_per_dimension": [1]},
    ]
    curves, smoothed = page.evaluate(
        """async (records) => {
          const { buildCurves, smooth } = await import("/static/js/charts/series.js");
          const flat = (lines) => lines.map((one) => [one.split, one.x, one.y]);
          const curves = [...buildCurves(records, "epoch")].map(([name, lines]) => [name, flat(lines)]);
          return [Object.fromEntries(curves), smooth([2, null, 2, 4], 0.5)];
        }""",
        records,
    )
    assert curves == {
        "loss": [["train", [1, 2], [3.0, None]]],
        "kl": [["train", [1, 2], [None, 1.0]]],
        "learning_rate": [["", [1], [0.1]]],
        "active_units": [["", [2], [3]]],
    }
    assert smoothed == pytest.approx([2, None, 2, 2 + 2 * 0.5 / 0.875])


@pytest.mark.slow
def test_a_dataset_is_made_of_what_people_annotated(page: Page, studio: Studio) -> None:
    page.goto(studio.address("dataset"))
    page.get_by_test_id("dataset-name").fill("tiny")
    page.get_by_test_id("setting-split_by").fill("time", timeout=SLOW_MS)
    page.get_by_test_id("all-settings").check()
    page.get_by_test_id("setting-split_gap_s").fill("0.05")
    expect(page.get_by_test_id("command")).to_contain_text("--set split_gap_s=0.05")
    page.get_by_test_id("make-dataset").click()
    expect(page.get_by_test_id("job-state")).to_have_text("finished")
    page.get_by_test_id("inspect-tiny").click()
    expect(page.get_by_test_id("inspection")).to_contain_text("annotations in", timeout=SLOW_MS)


@pytest.mark.slow
def test_a_run_is_started_watched_and_stopped(page: Page, studio: Studio) -> None:
    page.goto(studio.address("train", recipe="song-segmenter", data="tiny"))
    page.get_by_test_id("all-settings").check()
    for name, text in TINY.items():
        page.get_by_test_id(name).fill(text, timeout=SLOW_MS)
    page.get_by_test_id("run-name").fill("blink")
    expect(page.get_by_test_id("command")).to_contain_text("--name blink")
    page.get_by_test_id("start-training").click()

    expect(page.get_by_test_id("run-state")).to_have_text("running", timeout=SLOW_MS)
    wait_for(page, lambda: count_points(page) > 4)
    before = count_points(page)
    wait_for(page, lambda: count_points(page) > before)
    expect(page.get_by_test_id("plot-loss").locator(".scatterlayer .trace").first).to_be_visible()

    page.get_by_test_id("stop-run").click()
    expect(page.get_by_test_id("run-state")).to_have_text("stopped", timeout=SLOW_MS)


@pytest.mark.slow
def test_curves_have_logarithmic_axes_and_another_unit(page: Page) -> None:
    page.get_by_test_id("logY").click()
    page.get_by_test_id("axis-step").click()
    loss = page.get_by_test_id("plot-loss")
    expect(loss.locator(".xtitle")).to_have_text("step")
    expect(page.get_by_test_id("logY")).to_have_attribute("aria-pressed", "true")


@pytest.mark.slow
def test_a_stopped_run_goes_on_and_its_curve_with_it(page: Page) -> None:
    before = count_points(page)
    page.get_by_test_id("resume-run").click()
    wait_for(page, lambda: count_points(page) > before)
    page.get_by_test_id("stop-run").click()
    expect(page.get_by_test_id("run-state")).to_have_text("stopped", timeout=SLOW_MS)


@pytest.mark.slow
def test_what_the_network_finds_becomes_proposals(page: Page, studio: Studio) -> None:
    page.goto(studio.address("predict"))
    page.get_by_test_id("setting-low_threshold").fill("0.05", timeout=SLOW_MS)
    expect(page.get_by_test_id("num-recordings")).to_have_text("4 recordings")
    page.get_by_test_id("start-prediction").click()
    expect(page.get_by_test_id("job-state")).to_have_text("finished", timeout=SLOW_MS)
    expect(page.get_by_test_id("prediction")).to_contain_text("in 4 recordings")
    assert len(list(studio.project.proposals_dir.rglob("*.csv"))) >= 4
