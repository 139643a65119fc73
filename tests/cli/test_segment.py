from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import subsong.cli.segment  # noqa: F401  the verb registers
from subsong.cli.main import run
from subsong.sources.audio import write_audio


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Return a recording of three tones."""
    samples = np.random.default_rng(0).normal(0, 1e-4, 64_000)
    for start in (10_000, 30_000, 50_000):
        samples[start : start + 3000] += 0.1 * np.sin(np.arange(3000) * 0.6) * np.hanning(3000)
    path = tmp_path / "tones.wav"
    write_audio(path, samples.astype(np.float32), 32_000)
    return path


def test_segment_says_what_it_found_and_where_to_look(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["segment", str(recording), "--out", str(out), "--set", "excerpt_s=1"]) == 0
    said = capsys.readouterr().out
    assert "3 segments in 1 recording\n" in said
    assert str(out / "segmentation.html") in said
    assert run(["segment", str(recording), "--out", str(out), "--set", "excerpt_s=1"]) == 0
    assert "1 recording kept" in capsys.readouterr().out


def test_an_unknown_preset_is_answered_with_the_nearest(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["segment", str(recording), "--out", str(tmp_path / "out"), "--preset", "finsh"]) == 2
    assert "did you mean 'finch'" in capsys.readouterr().err
