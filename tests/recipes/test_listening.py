"""Streams become lines: from files, and from pipes of raw samples."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from tests.inference.listening.live import RATE_HZ, build_model, write_sound

from subsong.core.errors import SubsongError
from subsong.inference.segmenter import TrainedSegmenter
from subsong.recipes import listening
from subsong.recipes.listening import ListenOptions, RawFormat, listen_to_file, listen_to_pipe
from subsong.sources.audio import read_audio


@pytest.fixture(scope="module")
def model() -> TrainedSegmenter:
    return build_model()


@pytest.fixture(autouse=True)
def _model_in_place_of_a_folder(model: TrainedSegmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "load_segmenter", lambda *_: model)


def test_a_file_gives_lines_and_the_same_in_a_file(model: TrainedSegmenter, tmp_path: Path) -> None:
    path, lines, notes = write_sound(tmp_path / "a.wav", 1.5), list[str](), list[str]()
    done = listen_to_file(tmp_path, path, ListenOptions(), tmp_path / "heard.csv", lines.append, notes.append)
    assert (tmp_path / "heard.csv").read_text().splitlines() == lines
    rows, found = list(csv.DictReader(lines)), model.annotate(path)
    assert [row["label"] for row in rows] == found["label"].to_list()
    np.testing.assert_allclose([float(row["onset_s"]) for row in rows], found["onset_s"], atol=1e-4)
    assert done.num_annotations == found.height > 5
    assert "latency after the end of a sound" in notes[0]
    assert "times real time on one core" in notes[1]


@pytest.mark.parametrize(("name", "kind", "scale"), [("s16le", "<i2", 32768), ("f32le", "<f4", 1)])
def test_a_channel_of_raw_samples_is_heard_as_the_file_is(tmp_path: Path, name: str, kind: str, scale: int) -> None:
    path, from_file, from_pipe = write_sound(tmp_path / "a.wav", 1.0), list[str](), list[str]()
    samples = read_audio(path).samples
    # The last frame is not whole: half a sample came.
    raw = (np.stack([0 * samples, samples], axis=1) * scale).astype(kind).tobytes() + b"\0"
    options = ListenOptions(line_format="jsonl")
    listen_to_file(tmp_path, path, options, None, from_file.append, lambda _: None)
    raw_format, options = RawFormat(name, RATE_HZ, 2), options._replace(channel=1)
    pipe = io.BufferedReader(io.BytesIO(raw), 256)  # type: ignore[arg-type]
    listen_to_pipe(tmp_path, pipe, raw_format, options, None, from_pipe.append, lambda _: None)
    first, second = ([json.loads(line) for line in lines] for lines in (from_file, from_pipe))
    assert [one["label"] for one in first] == [one["label"] for one in second]
    np.testing.assert_allclose([one["offset_s"] for one in first], [one["offset_s"] for one in second], atol=1e-4)


def test_of_several_channels_one_must_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="has 2 channels: choose one with --channel"):
        listen_to_pipe(tmp_path, io.BytesIO(b""), RawFormat("s16le", RATE_HZ, 2), ListenOptions(), None, print, print)


def test_at_real_time_blocks_come_no_sooner_than_they_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]
    monkeypatch.setattr(listening.time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(listening.time, "sleep", lambda wait_s: now_s.__setitem__(0, now_s[0] + wait_s))
    times_s = [now_s[0] for _ in listening._pace(iter([np.zeros(100)] * 3), 1000)]
    assert times_s == pytest.approx([0.1, 0.2, 0.3])
