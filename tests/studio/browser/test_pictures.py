"""The pipeline is run from the page on made-up song, and every page is pictured, light and dark.

``SUBSONG_SCREENSHOTS`` names a folder to keep them in; ``docs/tutorials/studio`` has those that the tutorial shows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from tests.studio.browser.conftest import Studio

from subsong.synthesis.aviary import write_aviary
from subsong.synthesis.song import SongOptions

pytestmark = pytest.mark.slow

SONGS = SongOptions(num_days=2, num_songs=6, num_motifs=(4, 6), motif_fidelity=0.7, snr_db=45.0)
# Enough for a map with groups, in a minute or two.
PROJECT = """\
recordings: recordings
name: aviary
device: cpu
segmenter: {recipe: song-segmenter, settings: {training.num_epochs: 10, training.figure_epochs: null}}
map:
  recipe: syllable-vae
  data: {spectrogram.num_freq_bins: 64, spectrogram.num_time_bins: 64}
  settings:
    training.num_epochs: 40
    training.figure_epochs: 10
    training.batch_size: 32
    training.watch.collapse: false
    evaluation.num_importance_samples: 0
"""
SHOWN_FOLDER, AUTHOR = "/home/ada/aviary", "ada"
SONG = "bird1/day01/bird1_day01_song001.wav"
PIPELINE_MS, PAGE_MS = 1_800_000, 90_000
MAX_BYTES = 150_000


class Shot(NamedTuple):
    """A page to picture, its address, and what is done on it first."""

    page: str
    parameters: dict[str, object]
    prepare: Callable[[Page], None]


@pytest.fixture(scope="module")
def made_up_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of recordings, two of each bird and day annotated, which the studio works on a copy of."""
    folder = tmp_path_factory.mktemp("pictured")
    write_aviary(folder / "project", SONGS, seed=4)
    (folder / "project/project.yaml").write_text(PROJECT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pictured(page: Page, studio: Studio) -> Iterator[Page]:
    """Yield the page after the pipeline has run; it shows no path of this machine."""

    def rename(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace(str(studio.project.path), SHOWN_FOLDER)
        route.fulfill(response=answer, body=body)

    studio.context.author = AUTHOR
    page.set_default_timeout(PAGE_MS)
    expect.set_options(timeout=PAGE_MS)
    for path in ("project", "runs/check", "recordings?*"):
        page.route(f"**/api/{path}", rename)
    page.goto(studio.address("project"))
    page.get_by_test_id("run-pipeline").click()
    expect(page.get_by_test_id("note")).to_contain_text("The pipeline has finished", timeout=PIPELINE_MS)
    yield page
    expect.set_options(timeout=5000)


def open_project(page: Page) -> None:
    expect(page.get_by_test_id("queue-item")).to_have_count(8)
    expect(page.get_by_test_id("recording").first).to_be_visible()


def open_annotate(page: Page) -> None:
    expect(page.get_by_test_id("annotation").nth(8)).to_be_visible()
    page.get_by_test_id("annotation").nth(3).click(position={"x": 12, "y": 300})
    expect(page.locator("[data-testid=annotation][aria-selected=true]")).to_have_count(1)
    page.wait_for_load_state("networkidle")


def open_proofread(page: Page) -> None:
    expect(page.get_by_test_id("mark")).to_be_visible()
    expect(page.get_by_test_id("next-item").nth(3)).to_be_visible()


def open_map(page: Page) -> None:
    """Choose a group, and point at one of it."""
    expect(page.get_by_test_id("map-legend")).to_contain_text("bird1")
    page.get_by_test_id("map-choose-group").nth(1).click(force=True)
    page.get_by_test_id("map-sheet").get_by_role("button").nth(3).hover()
    expect(page.get_by_test_id("map-card-image")).to_be_visible()
    page.wait_for_load_state("networkidle")


def open_train(page: Page) -> None:
    epochs = page.get_by_test_id("setting-training.num_epochs")
    epochs.fill("60")
    expect(page.get_by_test_id("command")).to_contain_text("--set training.num_epochs=60")
    page.get_by_test_id("train-form").evaluate("form => form.scrollIntoView()")


def open_watch(page: Page) -> None:
    expect(page.get_by_test_id("plot-loss").locator(".scatterlayer .trace").first).to_be_visible()
    expect(page.get_by_test_id("figures").locator("img").first).to_be_visible()


SHOTS = [
    Shot("project", {}, open_project),
    Shot("annotate", {"recording": SONG, "at": 0, "span": 2.2}, open_annotate),
    Shot("proofread", {}, open_proofread),
    Shot("map", {"name": "syllables"}, open_map),
    Shot("train", {"recipe": "song-segmenter"}, open_train),
    Shot("watch", {}, open_watch),
]


@pytest.mark.parametrize("shot", SHOTS, ids=[shot.page for shot in SHOTS])
def test_a_page_is_pictured_in_light_and_dark(pictured: Page, studio: Studio, shot: Shot, tmp_path: Path) -> None:
    folder = Path(os.environ.get("SUBSONG_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    brightness = {}
    for theme in ("light", "dark"):
        pictured.emulate_media(color_scheme=theme)
        pictured.goto("about:blank")
        pictured.goto(studio.address(shot.page, **shot.parameters))
        shot.prepare(pictured)
        wait_for_pictures(pictured)
        picture = shrink(pictured.screenshot())
        picture.save(folder / f"{shot.page}_{theme}.png", optimize=True)
        assert (folder / f"{shot.page}_{theme}.png").stat().st_size < MAX_BYTES
        brightness[theme] = np.asarray(picture.convert("L")).mean()
        room = pictured.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert room <= 0
    assert brightness["dark"] < 80 < 170 < brightness["light"]


def wait_for_pictures(page: Page) -> None:
    """Wait until every picture is there, and let the page draw once more."""
    for image in page.locator("img:visible").all():
        expect(image).to_have_js_property("complete", True)
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def shrink(screenshot: bytes) -> Image.Image:
    """Return a screenshot with as many colours as keep its file small."""
    whole = Image.open(BytesIO(screenshot)).convert("RGB")
    for num_colours in (128, 96, 64, 48, 32):
        picture = whole.quantize(palette=choose_palette(whole, num_colours), dither=Image.Dither.NONE)
        buffer = BytesIO()
        picture.save(buffer, "PNG", optimize=True)
        if buffer.tell() < MAX_BYTES:
            break
    return picture


def choose_palette(whole: Image.Image, num_colours: int) -> Image.Image:
    """Return colours for a picture: those that are most frequent as they are, and others far from each other."""
    counted = sorted(whole.getcolors(whole.width * whole.height), reverse=True)
    frequent = [part for _, colour in counted[:num_colours] for part in colour]
    spread = whole.quantize(num_colours, Image.Quantize.MAXCOVERAGE).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette(frequent + spread[: 3 * num_colours])
    return palette
