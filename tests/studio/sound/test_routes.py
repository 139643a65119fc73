"""The addresses of the sound of a project, as a browser asks them."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from subsong.projects.project import Project
from subsong.studio.context import StudioContext

if TYPE_CHECKING:
    from httpx import Response
    from starlette.testclient import TestClient

NAME = "bird1/day01/a.wav"
TILE = {"recording": NAME, "channel": 0, "level": 3, "index": 0}


def ask(client: TestClient, what: str, headers: dict[str, str] | None = None, **query: Any) -> Response:
    return client.get(f"/api/sound/{what}", params=query, headers=headers)


def add(project: Project, name: str, frames: np.ndarray, rate: int = 32_000) -> Path:
    path = project.recordings_dir / name
    soundfile.write(path, frames, rate)
    return path


def read_picture(answer: Response) -> np.ndarray:
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_info_says_what_the_recording_says(client: TestClient) -> None:
    info = ask(client, "info", recording=NAME).json()
    assert info.pop("version")
    assert info == {
        "name": NAME,
        "duration_s": 1.0,
        "sample_rate_hz": 8000,
        "num_channels": 1,
        "num_samples": 8000,
        "problem": None,
    }


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_every_format_has_tiles_waveform_sound_and_clips(
    client: TestClient, small_project: Project, suffix: str
) -> None:
    noise_TC = np.random.default_rng(0).standard_normal((64_000, 3)) / 8
    add(small_project, f"x.{suffix}", noise_TC * [0, 1, 0])
    asked = {"recording": f"x.{suffix}", "channel": 1}
    assert read_picture(ask(client, "tile", **asked, level=2, index=0, height=100)).shape == (100, 512)
    waveform = np.frombuffer(ask(client, "waveform", **asked, level=2, index=0).content, "<f4").reshape(512, 2)
    assert (waveform[:, 1] > waveform[:, 0]).all()
    samples, rate = soundfile.read(io.BytesIO(ask(client, "audio", **asked, start_s=0.5, stop_s=1.5).content))
    assert (len(samples), rate) == (32_000, 32_000)
    assert samples.std() == pytest.approx(0.125, rel=0.1)
    clip = read_picture(ask(client, "clip", **asked, onset_s=0.5, offset_s=0.6, width=80, height=40))
    assert clip.shape == (40, 80)
    silent = np.frombuffer(ask(client, "waveform", **asked | {"channel": 0}, level=2, index=0).content, "<f4")
    assert np.abs(silent).max() < 0.01


def test_an_evtaf_recording_is_shown_as_any_other(client: TestClient, small_project: Project) -> None:
    values_T = (np.sin(np.arange(32_000) * 2 * np.pi * 4000 / 32_000) * 16_000).astype(">i2")
    (small_project.recordings_dir / "e.cbin").write_bytes(values_T.tobytes())
    (small_project.recordings_dir / "e.rec").write_text("ADFREQ = 32000\nChans = 1\nSamples = 32000\n")
    tile = read_picture(ask(client, "tile", recording="e.cbin", level=3, index=0))
    assert tile[190:194, 100].max() == pytest.approx(255 - 6 * 255 / 120, abs=3)


def test_real_recordings_of_finches_and_mice_are_shown(
    client: TestClient, small_project: Project, real_data: Path
) -> None:
    folders = "bengalese_finch_sober", "mouse_usv_amvoc"
    for folder in folders:
        path = sorted((real_data / folder).rglob("*.flac"))[0]
        shutil.copy(path, small_project.recordings_dir / f"{folder}.flac")
    for folder in folders:
        info = ask(client, "info", recording=f"{folder}.flac").json()
        tile = read_picture(ask(client, "tile", recording=info["name"], level=2, index=0))
        assert tile[:-10].std() > 3
        played = ask(client, "audio", recording=info["name"], start_s=0, stop_s=0.2)
        assert int.from_bytes(played.content[24:28], "little") == min(48_000, info["sample_rate_hz"])


def test_a_tile_is_the_same_whatever_was_asked_before(client: TestClient, context: StudioContext) -> None:
    from starlette.testclient import TestClient

    from subsong.studio.app import build_app

    tile = ask(client, "tile", **TILE).content
    with TestClient(build_app(context), base_url="http://127.0.0.1:8765") as other:
        for level in (0, 9, -3):
            ask(other, "tile", **TILE | {"level": level})
            ask(other, "waveform", **TILE | {"level": level})
        assert ask(other, "tile", **TILE).content == tile


def test_what_a_browser_has_is_not_sent_again_until_the_file_changes(
    client: TestClient, small_project: Project
) -> None:
    version = ask(client, "info", recording=NAME).json()["version"]
    first = ask(client, "tile", **TILE, v=version)
    assert "immutable" in first.headers["cache-control"]
    had = {"If-None-Match": first.headers["etag"]}
    assert ask(client, "tile", had, **TILE, v=version).status_code == 304
    assert "immutable" not in ask(client, "tile", **TILE).headers["cache-control"]
    add(small_project, NAME, np.zeros(8000), 8000)
    changed = ask(client, "tile", had, **TILE, v=version)
    assert changed.status_code == 200
    assert "immutable" not in changed.headers["cache-control"]
    assert not read_picture(changed).any()


def test_sound_is_sent_in_the_parts_that_are_asked_for(client: TestClient) -> None:
    whole = ask(client, "audio", recording=NAME)
    assert whole.status_code == 200
    assert len(whole.content) == int(whole.headers["content-length"]) == 16_044
    for asked, first, last in (("0-99", 0, 99), ("100-", 100, 16_043), ("-44", 16_000, 16_043)):
        part = ask(client, "audio", {"Range": f"bytes={asked}"}, recording=NAME)
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {first}-{last}/16044"
        assert part.content == whole.content[first : last + 1]
    beyond = ask(client, "audio", {"Range": "bytes=16044-"}, recording=NAME)
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */16044")
    other = ask(client, "audio", {"Range": "bytes=5-9", "If-Range": '"older"'}, recording=NAME)
    assert other.status_code == 200


def test_head_tells_the_size_and_sends_nothing(client: TestClient) -> None:
    answer = client.head("/api/sound/audio", params={"recording": NAME})
    assert answer.status_code == 200
    assert answer.headers["content-length"] == "16044"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == b""


def test_an_empty_recording_is_shown_as_such(client: TestClient, small_project: Project) -> None:
    add(small_project, "empty.wav", np.zeros(0))
    asked = {"recording": "empty.wav"}
    info = ask(client, "info", **asked).json()
    assert (info["num_samples"], info["problem"]) == (0, "it holds no samples, only a header")
    assert not read_picture(ask(client, "tile", **asked, level=0, index=0)).any()
    assert not any(ask(client, "waveform", **asked, level=0, index=0).content)
    assert "has no sound from" in refuse(ask(client, "audio", **asked))
    assert "has no sound at 0 s" in refuse(ask(client, "clip", **asked, onset_s=0, offset_s=0))


def test_a_recording_of_one_sample_is_shown(client: TestClient, small_project: Project) -> None:
    add(small_project, "one.wav", np.ones(1) / 2)
    asked = {"recording": "one.wav"}
    assert read_picture(ask(client, "tile", **asked, level=0, index=0))[:, 0].any()
    assert np.frombuffer(ask(client, "waveform", **asked, level=0, index=0).content[:8], "<f4").tolist() == [0.5, 0.5]
    assert len(ask(client, "audio", **asked).content) == 46
    assert read_picture(ask(client, "clip", **asked, onset_s=0, offset_s=0)).shape == (96, 160)


def test_a_wav_that_is_cut_short_is_shown_as_far_as_it_goes_and_said_to_be(
    client: TestClient, small_project: Project
) -> None:
    path = add(small_project, "cut.wav", np.random.default_rng(0).standard_normal(32_000) / 8)
    path.write_bytes(path.read_bytes()[:20_000])
    info = ask(client, "info", recording="cut.wav").json()
    assert info["num_samples"] == (20_000 - 44) // 2
    assert "it is cut short; copy it again" in info["problem"]
    assert read_picture(ask(client, "tile", recording="cut.wav", level=0, index=0)).any()


def test_a_flac_that_is_cut_short_is_one_sentence(client: TestClient, small_project: Project) -> None:
    path = add(small_project, "cut.flac", np.random.default_rng(0).standard_normal(64_000) / 8)
    path.write_bytes(path.read_bytes()[:40_000])
    assert "cannot be decoded" in refuse(ask(client, "tile", recording="cut.flac", level=3, index=0))


def refuse(answer: Response, status: int = 400) -> str:
    assert answer.status_code == status
    sentence: str = answer.json()["error"]
    assert "\n" not in sentence
    return sentence


def test_a_recording_deleted_meanwhile_is_not_found(client: TestClient, small_project: Project) -> None:
    assert ask(client, "tile", **TILE).status_code == 200
    (small_project.recordings_dir / NAME).unlink()
    assert "gone" in refuse(ask(client, "tile", **TILE | {"level": 5}), 404)


@pytest.mark.parametrize("name", ["../project/project.yaml", "/etc/passwd", "nothing.wav", "bird1/day01"])
def test_only_recordings_of_the_project_are_found(client: TestClient, name: str) -> None:
    for what, query in (("info", {}), ("tile", {"level": 0, "index": 0}), ("audio", {})):
        assert "no recording" in refuse(ask(client, what, recording=name, **query), 404)


@pytest.mark.parametrize(
    ("what", "query", "sentence"),
    [
        ("tile", {"level": 0, "index": -1}, "index"),
        ("tile", {"level": 99, "index": 0}, "level"),
        ("tile", {"level": 0, "index": 0, "low_hz": "nan"}, "low_hz"),
        ("tile", {"level": 0, "index": 0, "window_ms": "inf"}, "window_ms"),
        ("tile", {"level": 0, "index": 0, "height": 100_000}, "height"),
        ("tile", {"level": 0, "index": 0, "low_hz": 5000, "high_hz": 4000}, "low_hz below high_hz"),
        ("tile", {"level": 0}, "index"),
        ("waveform", {"level": "x", "index": 0}, "level"),
        ("audio", {"start_s": "nan"}, "start_s"),
        ("audio", {"speed": 0}, "speed"),
        ("audio", {"start_s": 5}, "1 s long"),
        ("audio", {"shift_hz": 4000}, "shift it by less"),
        ("clip", {"onset_s": 0.5, "offset_s": 0.4}, "the onset first"),
        ("clip", {"onset_s": 0.5, "offset_s": 99}, "at most 60 s"),
        ("clip", {"onset_s": 7, "offset_s": 8}, "1 s long"),
        ("clip", {"onset_s": 0, "offset_s": 1, "colours": "jet"}, "colours"),
        ("clip", {"onset_s": "nan", "offset_s": 1}, "onset_s"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    client: TestClient, what: str, query: dict[str, Any], sentence: str
) -> None:
    assert sentence in refuse(ask(client, what, recording=NAME, **query))


def test_a_channel_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert "has no channel 1" in refuse(ask(client, "tile", **TILE | {"channel": 1}), 404)
