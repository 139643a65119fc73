"""Writing sound, whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from subsong.core.errors import SubsongError
from subsong.sources.audio import read_audio, read_audio_info, write_audio

from .sounds import make_integers

KINDS = [("wav", "int16"), ("wav", "int24"), ("wav", "int32"), ("wav", "float32"), ("flac", "int16"), ("flac", "int24")]


@pytest.mark.parametrize(("suffix", "stored_as"), KINDS)
def test_what_is_written_is_read_back_exactly(tmp_path, suffix, stored_as):
    bits = min(24, int(stored_as.strip("intfloa")))
    samples = (make_integers(500, bits=bits)[:, 0] / 2 ** (bits - 1)).astype(np.float32)
    path = tmp_path / f"a.{suffix}"
    write_audio(path, samples, 32_000, stored_as)
    np.testing.assert_array_equal(read_audio(path).samples, samples)
    info = read_audio_info(path)
    assert (info.stored_as, info.sample_rate_hz) == (stored_as, 32_000)


def test_every_16_bit_integer_survives(tmp_path):
    values_T = np.arange(-32768, 32768)
    write_audio(tmp_path / "a.wav", values_T / np.float32(32768), 8000)
    np.testing.assert_array_equal(soundfile.read(tmp_path / "a.wav", dtype="int16")[0], values_T)


def test_channels_come_first_in_memory(tmp_path):
    samples_CT = (make_integers(500, 2) / 32768).T
    write_audio(tmp_path / "a.flac", samples_CT, 8000)
    for channel in (0, 1):
        np.testing.assert_array_equal(read_audio(tmp_path / "a.flac", channel).samples, samples_CT[channel])


def test_full_scale_does_not_wrap_around(tmp_path):
    write_audio(tmp_path / "a.wav", np.array([1.0, -1.0, 0.99999]), 8000)
    assert soundfile.read(tmp_path / "a.wav", dtype="int16")[0].tolist() == [32767, -32768, 32767]


@pytest.mark.parametrize(
    ("samples", "stored_as", "message"),
    [
        ([0.0, 1.25], "int16", "loudest sample is 1.25 times full scale, which int16 cannot hold"),
        ([0.0, np.nan], "float32", "NaN or infinite"),
        ([], "int16", "no sound"),
        ([0.0], "int17", "did you mean 'int16'?"),
    ],
)
def test_what_cannot_be_stored_leaves_the_file_alone(tmp_path, samples, stored_as, message):
    path = tmp_path / "a.wav"
    path.write_bytes(b"before")
    with pytest.raises(SubsongError, match=message.replace("?", r"\?")):
        write_audio(path, np.array(samples), 8000, stored_as)
    assert path.read_bytes() == b"before"


def test_floats_may_lie_beyond_full_scale(tmp_path):
    write_audio(tmp_path / "a.wav", np.array([2.5, -3.0]), 8000, "float32")
    assert read_audio(tmp_path / "a.wav").samples.tolist() == [2.5, -3.0]


@pytest.mark.parametrize(
    ("name", "rate", "stored_as", "message"),
    [
        ("a.mp3", 8000, "int16", r"sound is written as \.wav or \.flac"),
        ("a.flac", 8000, "float32", "flac is not written as 'float32'"),
        ("a.flac", 700_000, "int16", "cannot be written as flac with 1 channels at 700000 Hz"),
    ],
)
def test_what_a_format_lacks_is_said(tmp_path, name, rate, stored_as, message):
    with pytest.raises(SubsongError, match=message):
        write_audio(tmp_path / name, np.zeros(10), rate, stored_as)
    assert list(tmp_path.iterdir()) == []
