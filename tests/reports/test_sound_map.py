"""The map of sounds: whole, offline, safe, within its budgets, and alive in a browser."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess

import numpy as np
import polars as pl
import pytest
import soundfile
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.reports.sound_map.clips import CLIPS_PER_BLOCK, build_clips
from subsong.reports.sound_map.columns import build_columns
from subsong.reports.sound_map.options import SoundMapOptions
from subsong.reports.sound_map.page import write_sound_map
from subsong.reports.sound_map.sprites import SHEET_SIDE, build_sprites

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u2028"
CHROMIUM = shutil.which("chromium")
RNG = np.random.default_rng(0)


def build_table(num_items: int = 12, word: str = "a") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"s{item}" for item in range(num_items)],
            "label": [word if item % 3 else "b" for item in range(num_items)],
            "duration_ms": [10.0 * item for item in range(num_items)],
        }
    )


def play_tone(item: int) -> tuple[np.ndarray, int]:
    return np.sin(2 * np.pi * 1000 * np.arange(1600) / 32000).astype(np.float32), 32000


def write_page(tmp_path, table: pl.DataFrame, **more) -> str:
    number = len(table)
    points = np.stack([np.arange(number), np.arange(number) % 4], axis=1)
    images = np.linspace(0, 1, number * 64).reshape(number, 8, 8)
    write_sound_map(tmp_path / "map.html", points, table, images, play_tone, **more)
    return (tmp_path / "map.html").read_text(encoding="utf-8")


def read_content(page: str) -> dict:
    return json.loads(re.search(r'id="map-data">(.*?)</script>', page)[1])


def read_array(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


def test_the_page_asks_no_host_and_forbids_itself_to(tmp_path) -> None:
    page = write_page(tmp_path, build_table())
    assert not re.search(r"https?://|@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket", page)
    assert "default-src 'none'" in page
    assert not re.search(r"<[^>]+\s(src|srcset)=", page)


def test_hostile_names_cannot_leave_their_element(tmp_path) -> None:
    table = build_table(word=HOSTILE).with_columns(id=pl.lit(HOSTILE)).rename({"duration_ms": HOSTILE})
    options = SoundMapOptions(subtitle=HOSTILE, note=HOSTILE)
    page = write_page(tmp_path, table, title=HOSTILE, options=options)
    assert "<script>alert" not in page
    assert "<img src" not in page
    content = read_content(page)
    assert content["ids"][0] == content["note"] == content["columns"][1]["name"] == HOSTILE


def test_points_keep_their_places_and_rows_their_values(tmp_path) -> None:
    content = read_content(write_page(tmp_path, build_table()))
    points = read_array(content["points"], "<f4").reshape(-1, 2)
    assert points[:, 0] - points[0, 0] == pytest.approx(np.arange(12))
    assert content["ids"][3] == "s3"
    label, duration = content["columns"]
    assert [label["levels"][code] for code in read_array(label["codes"], "<i4")][:4] == ["b", "a", "a", "b"]
    assert read_array(duration["values"], "<f8").tolist() == [10.0 * item for item in range(12)]
    assert content["colour_by"] == "label"


def test_columns_are_told_apart_by_what_they_hold() -> None:
    table = pl.DataFrame(
        {
            "many": [f"t{row}" for row in range(300)],
            "cluster": [row % 11 - 1 for row in range(300)],
            "sample": range(300),
            "flag": [row % 2 == 0 for row in range(300)],
            "latent": [[1.0, 2.0]] * 300,
            "missing": [None if row else "x" for row in range(300)],
        }
    )
    columns = {column["name"]: column for column in build_columns(table)}
    kinds = {name: column["kind"] for name, column in columns.items()}
    assert kinds == {
        "many": "text",
        "cluster": "category",
        "sample": "number",
        "flag": "category",
        "missing": "category",
    }
    assert columns["cluster"]["levels"] == [str(level) for level in range(-1, 10)]
    assert read_array(columns["missing"]["codes"], "<i4")[:2].tolist() == [0, -1]


def test_a_picture_stands_upright_at_its_items_place() -> None:
    images = np.zeros((70, 16, 16))
    images[np.arange(70), :4] = np.linspace(0.1, 1.0, 70)[:, None, None]  # low frequencies
    sprites = build_sprites(images, RNG.normal(size=(70, 2)), 16, 1e9, seed=0)
    assert sorted(sprites.place_N) == list(range(70))
    for item in (0, 33, 69):
        sheet, within = divmod(int(sprites.place_N[item]), SHEET_SIDE**2)
        pixels = np.asarray(Image.open(io.BytesIO(sprites.sheets[sheet])).convert("L"), np.float64) / 255
        row, column = divmod(within, SHEET_SIDE)
        cell = pixels[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
        assert cell[13:15, 2:14].mean() == pytest.approx(images[item, 0, 0], abs=0.06)
        assert cell[2:10, 2:14].mean() < 0.05


def test_a_fetch_function_gives_the_pictures_an_array_gives() -> None:
    images, points = RNG.random((100, 8, 12)), RNG.normal(size=(100, 2))
    whole = build_sprites(images, points, 16, 1e9, seed=0)
    fetched = build_sprites(lambda rows: images[rows], points, 16, 1e9, seed=0)
    assert whole.sheets == fetched.sheets
    assert (whole.width, whole.height) == (24, 16)


def test_pictures_and_sounds_keep_their_budgets_by_a_seeded_sample() -> None:
    images, points = RNG.random((600, 16, 16)), RNG.normal(size=(600, 2))
    everything = sum(map(len, build_sprites(images, points, 16, 1e9, 0).sheets)) * 4 / 3
    some = build_sprites(images, points, 16, everything / 2, 0)
    assert 0.8 < 4 / 3 * sum(map(len, some.sheets)) / (everything / 2) <= 1
    assert (some.place_N == build_sprites(images, points, 16, everything / 2, 0).place_N).all()
    clips = build_clips(play_tone, 300, None, 200_000, seed=0)
    assert 150_000 < sum(len(block) + 1 for block in clips.blocks) <= 200_000
    assert (clips.place_N != build_clips(play_tone, 300, None, 200_000, seed=1).place_N).any()


def test_a_sound_comes_back_as_it_was_but_for_its_level() -> None:
    clips = build_clips(lambda item: play_tone(item) if item else None, 2, None, 1e9, seed=0)
    assert clips.place_N.tolist() == [-1, 0]
    assert clips.num_silent == 1
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(clips.blocks[0])))
    assert rate == 32000
    middle = slice(200, 1400)
    assert samples[middle] == pytest.approx(0.9 * play_tone(1)[0][middle], abs=1e-3)


@pytest.mark.parametrize(
    ("rate", "given", "factor", "heard"),
    [(250_000, None, 10, 25_000), (250_000, 20.0, 20, 12_500), (2500, None, 1, 10_000)],
)
def test_ultrasound_is_slowed_and_low_rates_raised(rate, given, factor, heard) -> None:
    clips = build_clips(lambda _: (RNG.normal(size=(2, 500)), rate), 1, given, 1e9, seed=0)
    info = soundfile.info(io.BytesIO(base64.b64decode(clips.blocks[0])))
    assert (clips.slow_down, info.samplerate) == (factor, heard)
    assert info.duration == pytest.approx(500 / rate * factor)


def test_more_clips_than_a_block_are_found_again() -> None:
    clips = build_clips(lambda item: (np.ones(100 + item), 32000), CLIPS_PER_BLOCK + 3, None, 1e9, seed=0)
    block, line = divmod(int(clips.place_N[7]), CLIPS_PER_BLOCK)
    clip = base64.b64decode(clips.blocks[block].split("\n")[line])
    assert soundfile.info(io.BytesIO(clip)).frames == 107


def test_the_page_says_what_it_left_out_and_how_sounds_were_changed(tmp_path) -> None:
    options = SoundMapOptions(sound_megabytes=0.02, slow_down=4.0)
    facts = " ".join(read_content(write_page(tmp_path, build_table(), options=options))["facts"])
    assert re.search(r"\d of 12 items have a sound, a random sample \(seed 0\)", facts)
    assert "Every item has a picture." in facts
    assert "slowed 4 times" in facts


def test_the_same_input_gives_the_same_file(tmp_path) -> None:
    assert write_page(tmp_path, build_table()) == write_page(tmp_path, build_table())


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((0, 2)), "at least 1 item"),
        (np.zeros((5, 2)), "5 points needs a table of 5 rows, not 12"),
        (np.full((12, 2), np.nan), "row 0 are not finite"),
    ],
)
def test_points_that_do_not_fit_are_refused(tmp_path, points, message) -> None:
    with pytest.raises(SubsongError, match=message):
        write_sound_map(tmp_path / "map.html", points, build_table())


def test_unknown_columns_and_bad_spectrograms_are_refused(tmp_path) -> None:
    with pytest.raises(SubsongError, match="did you mean 'label'"):
        write_page(tmp_path, build_table(), options=SoundMapOptions(colour_by="labl"))
    with pytest.raises(SubsongError, match="as many spectrograms, not 3"):
        write_sound_map(tmp_path / "map.html", np.zeros((12, 2)), build_table(), np.zeros((3, 8, 8)))
    with pytest.raises(SubsongError, match="sound of item"):
        write_sound_map(tmp_path / "map.html", np.zeros((12, 2)), build_table(), audio=lambda _: (np.zeros(5), 0))
    assert not (tmp_path / "map.html").exists()


DRIVE = """
const report = { heard: [] };
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function () {
  report.heard.push(this.buffer.duration);
  return start.call(this);
};
const stage = document.getElementById("stage");
const box = stage.getBoundingClientRect();
const send = (type, x, y, more) => stage.dispatchEvent(new PointerEvent(type,
  { clientX: box.left + x, clientY: box.top + y, pointerId: 1, button: 0, bubbles: true, ...more }));
stage.setPointerCapture = () => {};
const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const text = (id) => document.getElementById(id).textContent;
setTimeout(() => {
  report.legend = text("legend");
  press("ArrowRight");
  report.first = text("item-name");
  press("ArrowRight");
  report.second = text("item-name");
  press(" ");
  report.before = document.getElementById("item").hidden;
}, 300);
let waits = 0;
const waiting = setInterval(() => {
  // A sound is decoded beside the page's own time.
  if (!report.heard.length && ++waits < 500) return;
  clearInterval(waiting);
  press("Escape");
  report.hidden = document.getElementById("item").hidden;
  const [w, h] = [box.width - 1, box.height - 1];
  send("pointerdown", 1, 1, { shiftKey: true });
  [[w, 1], [w, h], [1, h]].forEach(([x, y]) => send("pointermove", x, y));
  send("pointerup", 1, h);
  report.all = text("selection-count");
  const field = document.getElementById("search");
  const ask = (words) => { field.value = words; field.dispatchEvent(new Event("input")); return text("found"); };
  report.number = ask("duration_ms >= 100");
  report.word = ask("s11");
  report.both = ask("label=b duration_ms<50");
  report.unknown = ask("colour = red");
  document.body.dataset.report = JSON.stringify(report);
}, 100);
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_keys_sound_lasso_and_search_work_in_a_browser(tmp_path) -> None:
    page = write_page(tmp_path, build_table())
    # The policy would rightly keep this script out.
    page = re.sub(r"<meta http-equiv[^>]*>", "", page).replace("</body>", f"<script>{DRIVE}</script></body>")
    (tmp_path / "driven.html").write_text(page, encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    dom = subprocess.run(
        [*command, profile, str(tmp_path / "driven.html")], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    found = re.search(r'data-report="([^"]*)"', dom)
    assert found, dom[-2000:]
    report = json.loads(found[1].replace("&quot;", '"'))
    assert report["legend"] == "a8b4"
    assert int(report["second"][1:]) > int(report["first"][1:])
    assert (report["before"], report["hidden"]) == (False, True)
    assert report["heard"] == pytest.approx([0.05], abs=1e-3)
    assert report["all"] == "12 sounds chosen"
    assert (report["number"], report["word"], report["both"]) == ("2 of 12", "1 of 12", "2 of 12")
    assert report["unknown"] == "no such column"


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_the_policy_lets_our_own_script_run(tmp_path) -> None:
    write_page(tmp_path, build_table(word=HOSTILE), title=HOSTILE)
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=1500", "--dump-dom"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [*command, profile, str(tmp_path / "map.html")], capture_output=True, text=True, timeout=60, check=True
    )
    assert 'class="swatch"' in done.stdout
