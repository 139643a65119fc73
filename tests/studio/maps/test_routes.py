"""Maps as the page asks for them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from subsong.projects.project import Project

if TYPE_CHECKING:
    from starlette.testclient import TestClient

MAP = "/api/maps/syllables"


def unpack(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the header of a column and what stands after it."""
    length = int.from_bytes(content[:4], "little")
    assert (4 + length) % 8 == 0
    return json.loads(content[4 : 4 + length]), content[4 + length :]


def test_the_maps_of_a_project_are_listed_and_a_damaged_one_says_why(
    client: TestClient, small_project: Project
) -> None:
    (small_project.maps_dir / "broken").mkdir()
    (small_project.maps_dir / "broken" / "map.json").write_text("{", "utf-8")
    broken, good = client.get("/api/maps").json()
    assert (good["name"], good["kind"], good["num_items"], good["problem"]) == ("syllables", "syllables", 8, None)
    assert broken["name"] == "broken"
    assert "map.json" in broken["problem"]


def open_map(client: TestClient, query: str = "") -> tuple[dict[str, Any], np.ndarray, bytes]:
    """Return the header of an opening, its points, shape (N, 2), and the bytes of what colours it."""
    header, numbers = unpack(client.get(f"/api/map-opening{query}").content)
    split = 8 * header["map"]["num_items"]
    return header, np.frombuffer(numbers[:split], "<f4").reshape(-1, 2), numbers[split:]


def test_an_opening_holds_the_maps_the_first_one_its_points_and_its_colours(client: TestClient) -> None:
    header, points_N2, codes = open_map(client)
    assert header["maps"] == client.get("/api/maps").json()
    assert header["map"] == client.get(MAP).json()
    np.testing.assert_array_equal(points_N2[:, 0], np.arange(8))
    assert header["column"] == {"name": "label", "kind": "category", "levels": ["a", "b"]}
    assert np.frombuffer(codes, "<i4").tolist() == [0, 1] * 4


@pytest.mark.parametrize(
    ("colour", "expected"), [("onset_s", "onset_s"), ("bird", "bird"), ("recording", None), ("nothing", "label")]
)
def test_an_opening_has_the_colours_that_are_asked_for(client: TestClient, colour: str, expected: str | None) -> None:
    header, _, values = open_map(client, f"?name=syllables&colour={colour}")
    assert (header["column"] or {}).get("name") == expected
    assert len(values) == (0 if expected is None else 64 if expected == "onset_s" else 32)


def test_an_opening_without_a_map_says_so(client: TestClient, small_project: Project) -> None:
    for path in (small_project.maps_dir / "syllables").iterdir():
        path.unlink()
    header, rest = unpack(client.get("/api/map-opening").content)
    assert (header["maps"], header["map"], rest) == ([], None, b"")
    assert client.get("/api/map-opening?name=syllables").status_code == 404


def test_a_category_has_levels_and_a_code_an_item(client: TestClient) -> None:
    header, numbers = unpack(client.get(f"{MAP}/column?column=label").content)
    assert header == {"name": "label", "kind": "category", "levels": ["a", "b"]}
    assert np.frombuffer(numbers, "<i4").tolist() == [0, 1] * 4


def test_a_number_has_a_double_an_item(client: TestClient) -> None:
    header, numbers = unpack(client.get(f"{MAP}/column?column=onset_s").content)
    assert header["kind"] == "number"
    np.testing.assert_allclose(np.frombuffer(numbers, "<f8"), [0.1, 0.3, 0.5, 0.7] * 2)


def test_a_text_is_all_in_the_header(client: TestClient) -> None:
    header, numbers = unpack(client.get(f"{MAP}/column?column=recording").content)
    assert header["values"][0] == "bird1/day01/a.wav"
    assert numbers == b""


def test_a_picture_has_its_size_and_the_colours_of_the_theme(client: TestClient) -> None:
    answers = [client.get(f"{MAP}/image?item=3&theme={theme}") for theme in ("light", "dark")]
    light, dark = (Image.open(io.BytesIO(answer.content)).convert("RGB") for answer in answers)
    assert light.size == (16, 12)
    assert light.getpixel((0, 0))[0] > 200
    assert dark.getpixel((0, 0))[0] < 60


def test_a_picture_of_a_known_version_may_be_kept(client: TestClient) -> None:
    version = client.get(MAP).json()["version"]
    assert "immutable" in client.get(f"{MAP}/image?item=0&v={version}").headers["cache-control"]
    assert "immutable" not in client.get(f"{MAP}/image?item=0&v=older").headers["cache-control"]


def test_an_item_says_all_its_columns_and_how_it_is_heard(client: TestClient) -> None:
    item = client.get(f"{MAP}/item?item=1").json()
    assert (item["label"], item["recording"], item["onset_s"]) == ("b", "bird1/day01/a.wav", 0.3)
    assert (item["is_removed"], item["is_at_hand"], item["speed"]) == (False, True, 1.0)


def test_a_sound_has_a_margin_and_one_loudness(client: TestClient) -> None:
    samples, rate_hz = soundfile.read(io.BytesIO(client.get(f"{MAP}/sound?item=1").content))
    assert rate_hz == 8000
    assert len(samples) == pytest.approx(0.14 * rate_hz, abs=2)
    assert np.abs(samples).max() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    "path", ["image?item=8", "item?item=99", "sound?item=8", "image?item=-1", "item", "column?column=x"]
)
def test_what_a_map_does_not_have_is_refused_in_a_sentence(client: TestClient, path: str) -> None:
    answer = client.get(f"{MAP}/{path}")
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]


@pytest.mark.parametrize("name", ["none", "..%2fsyllables", "%2e%2e", ".hidden", "a%00b"])
def test_no_name_leads_out_of_the_folder_of_maps(client: TestClient, name: str) -> None:
    assert client.get(f"/api/maps/{name}").status_code == 404
    assert client.get(f"/api/map-opening?name={name}").status_code == 404


def test_a_map_that_was_drawn_anew_is_read_anew(client: TestClient, small_project: Project) -> None:
    before = client.get(MAP).json()
    path = small_project.maps_dir / "syllables" / "map.json"
    path.write_text(path.read_text("utf-8").replace('"title": "syllables"', '"title": "Again"'), "utf-8")
    after = client.get(MAP).json()
    assert after["title"] == "Again"
    assert after["version"] != before["version"]
