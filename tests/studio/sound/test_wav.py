"""Wav files cut into the bytes a browser asks for."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from subsong.studio.sound.wav import count_bytes, parse_range, stream_bytes

SAMPLES_T = np.random.default_rng(0).integers(-(2**15), 2**15, 150_000).astype(np.float32) / 2**15


class Kept:
    sample_rate_hz, num_samples = 250_000, len(SAMPLES_T)

    def compute(self, start: int, stop: int) -> np.ndarray:
        return SAMPLES_T[start:stop]


def fetch(wanted: range) -> bytes:
    return b"".join(stream_bytes(Kept(), wanted))


def test_the_file_holds_the_samples_bit_for_bit() -> None:
    whole = fetch(range(count_bytes(Kept())))
    assert len(whole) == count_bytes(Kept())
    samples_T, rate = soundfile.read(io.BytesIO(whole), dtype="float32")
    assert rate == 250_000
    assert np.array_equal(samples_T, SAMPLES_T)


@pytest.mark.parametrize("wanted", [(0, 10), (40, 50), (43, 44), (45, 46), (131_113, 131_118), (299_000, 300_044)])
def test_any_stretch_equals_that_of_the_whole(wanted: tuple[int, int]) -> None:
    assert fetch(range(*wanted)) == fetch(range(300_044))[slice(*wanted)]


def test_what_is_beyond_full_scale_is_cut_not_folded_over() -> None:
    class Loud(Kept):
        num_samples = 2

        def compute(self, start: int, stop: int) -> np.ndarray:
            return np.array([3.0, -3.0], np.float32)

    assert np.frombuffer(b"".join(stream_bytes(Loud(), range(44, 48))), "<i2").tolist() == [32767, -32768]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-", range(0, 100)),
        ("bytes=0-0", range(0, 1)),
        ("bytes=90-500", range(90, 100)),
        ("bytes=-10", range(90, 100)),
        ("bytes=-500", range(0, 100)),
        ("bytes=100-", range(0)),
        ("bytes=-0", range(0)),
        ("bytes=5-2", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("lines=1-2", None),
    ],
)
def test_ranges_are_understood_as_the_standard_says(header: str | None, expected: range | None) -> None:
    assert parse_range(header, 100) == expected
