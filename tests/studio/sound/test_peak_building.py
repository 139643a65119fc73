"""Peaks built in the background while the studio answers, as a browser sees it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from tests.studio.sound.sounds_in_memory import make_tone

from subsong.core.errors import SubsongError
from subsong.projects.project import Project
from subsong.sources.audio import write_audio
from subsong.studio.calm import Calm
from subsong.studio.context import StudioContext
from subsong.studio.sound import peak_building
from subsong.studio.sound.peak_building import PeakBuilder
from subsong.studio.sound.sounds import OpenSounds

if TYPE_CHECKING:
    from httpx import Response
    from starlette.testclient import TestClient

NAME = "bird1/day01/long.wav"
RATE = 2000
NUM_SAMPLES = 3_200_000
CALL_S = 700.0
# All of it is one tile, of which the call is one column of four seconds.
ASKED = {"recording": NAME, "level": 13, "index": 0}
CALL_COLUMN = int(CALL_S / 4.096)
PATIENCE_S = 20.0


@pytest.fixture
def long_recording(small_project: Project) -> Path:
    """Return a recording of more samples than are looked at while somebody waits: a call of 50 ms in silence."""
    return write_long(small_project, CALL_S)


def write_long(project: Project, call_s: float) -> Path:
    samples_T = np.zeros(NUM_SAMPLES, np.float32)
    start = round(call_s * RATE)
    samples_T[start : start + 100] = 0.5 * make_tone(300, 100, RATE)
    path = project.recordings_dir / NAME
    write_audio(path, samples_T, RATE)
    return path


def ask(client: TestClient, what: str = "tile", **query: Any) -> Response:
    answer = client.get(f"/api/sound/{what}", params=ASKED | query)
    assert answer.status_code == 200
    return answer


def read_tile(answer: Response) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < until:
        time.sleep(0.005)
    assert holds()


def list_peaks(project: Project) -> list[Path]:
    return sorted((project.studio_dir / "peaks").glob("*.peaks"))


@pytest.mark.usefixtures("long_recording")
def test_a_call_between_the_places_is_seen_once_all_was_looked_through(
    client: TestClient, context: StudioContext, small_project: Project
) -> None:
    from starlette.testclient import TestClient

    from subsong.studio.app import build_app

    first = ask(client)
    assert not read_tile(first).any()
    assert int(first.headers["retry-after"]) >= 1
    assert first.headers["cache-control"] == "no-store"
    assert 0 <= float(first.headers["x-subsong-looked-through"]) < 1
    wait_until(lambda: len(list_peaks(small_project)) == 1)
    whole = ask(client)
    assert "retry-after" not in whole.headers
    assert whole.headers["etag"]
    assert np.flatnonzero(read_tile(whole).any(axis=0)).tolist() == [CALL_COLUMN]
    waveform = np.frombuffer(ask(client, "waveform", level=14).content, "<f4").reshape(512, 2)
    assert waveform[CALL_COLUMN // 2, 1] > 0.45
    with TestClient(build_app(context), base_url="http://127.0.0.1:8765") as other:
        assert ask(other).content == whole.content


@pytest.mark.usefixtures("long_recording")
def test_peaks_of_what_the_recording_was_are_deleted(client: TestClient, small_project: Project) -> None:
    ask(client)
    wait_until(lambda: len(list_peaks(small_project)) == 1)
    (before,) = list_peaks(small_project)
    write_long(small_project, 1000.0)
    assert "retry-after" in ask(client).headers
    wait_until(lambda: list_peaks(small_project) not in ([], [before]))
    assert len(list_peaks(small_project)) == 1
    assert np.flatnonzero(read_tile(ask(client)).any(axis=0)).tolist() == [int(1000 / 4.096)]


def test_what_was_built_before_the_server_ended_is_not_built_again(
    long_recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = OpenSounds(tmp_path / "decoded").get(long_recording)
    builders: list[PeakBuilder] = [PeakBuilder(tmp_path / "peaks", Calm())]
    numbers: list[int] = []
    compute = peak_building.compute_peaks

    def end_server_after_two(*given: Any) -> np.ndarray:
        numbers.append(given[-1])
        if len(numbers) == 2:
            builders.clear()  # and with it the last that anybody knows of it
        return compute(*given)

    monkeypatch.setattr(peak_building, "compute_peaks", end_server_after_two)
    file = builders[0].find(sound, 0)
    wait_until(lambda: not any(thread.name == "build peaks" for thread in threading.enumerate()))
    assert file.num_ready == 2 * (numbers[1] - numbers[0])
    other = PeakBuilder(tmp_path / "peaks", Calm())
    again = other.find(sound, 0)
    wait_until(lambda: len(list((tmp_path / "peaks").glob("*.peaks"))) == 1)
    assert again.is_whole
    assert numbers[2] == file.num_ready
    assert len(set(numbers)) == len(numbers)


@pytest.mark.usefixtures("long_recording")
def test_where_it_cannot_be_built_the_coarse_picture_is_all_there_is(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fill_disk(*_: Any) -> np.ndarray:
        raise SubsongError("the disk is full")

    monkeypatch.setattr(peak_building, "compute_peaks", fill_disk)
    ask(client)
    wait_until(lambda: "stays coarse: the disk is full" in caplog.text)
    answer = ask(client)
    assert "retry-after" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_a_recording_that_would_fill_the_folder_is_not_built(
    long_recording: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sound = OpenSounds(tmp_path / "decoded").get(long_recording)
    builder = PeakBuilder(tmp_path / "peaks", Calm(), most_bytes=1000)
    file = builder.find(sound, 0)
    wait_until(lambda: "it is too long" in caplog.text)
    assert builder.tell_wait_s(sound, 0, file) is None
    assert list((tmp_path / "peaks").iterdir()) == []
