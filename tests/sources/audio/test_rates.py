"""Recordings at another rate: the same samples in whichever stretch, at the places they were recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.sources.audio import open_audio, read_audio_info, write_audio
from subsong.sources.audio.rates import choose_rate, count_samples, read_at_rate

OLD_HZ = 11_025


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a recording of a tone of 440 Hz, of two seconds."""
    times_s = np.arange(2 * OLD_HZ) / OLD_HZ
    write_audio(tmp_path / "tone.wav", (0.5 * np.sin(2 * np.pi * 440 * times_s)).astype(np.float32), OLD_HZ)
    return tmp_path / "tone.wav"


@pytest.mark.parametrize("new_hz", [8000, OLD_HZ, 16_000])
def test_a_tone_stays_what_and_where_it_was(path: Path, new_hz: int) -> None:
    num = count_samples(read_audio_info(path), new_hz)
    assert num == 2 * new_hz
    with open_audio(path) as reader:
        samples = read_at_rate(reader, new_hz, 0, num)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(num) / new_hz)
    np.testing.assert_allclose(samples[200:-200], expected[200:-200], atol=2e-3)


def test_stretches_have_the_samples_of_the_whole(path: Path) -> None:
    with open_audio(path) as reader:
        whole = read_at_rate(reader, 8000, 0, 16_000)
        for start, stop in ((0, 1), (777, 5000), (15_990, 16_000)):
            assert np.array_equal(read_at_rate(reader, 8000, start, stop), whole[start:stop])


def test_the_most_common_rate_is_chosen_and_of_equals_the_highest(path: Path) -> None:
    info = read_audio_info(path)
    of = {rate: info._replace(sample_rate_hz=rate) for rate in (8000, 16_000, 44_100)}
    assert choose_rate([of[8000], of[8000], of[44_100]]) == 8000
    assert choose_rate([of[8000], of[16_000]]) == 16_000
