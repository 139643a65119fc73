"""Recordings saved as NumPy arrays."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.audio import read_audio, read_audio_info

from .sounds import make_integers

VALUES_TC = make_integers(400, 2).astype(np.int16)


@pytest.mark.parametrize(
    "rate_key", ["sample_rate", "samplerate", "sr", "fs", "rate", "samplerate_Hz", "sample_rate_hz"]
)
@pytest.mark.parametrize("audio_key", ["audio", "data", "x", "samples", "song"])
def test_names_in_use_are_found(tmp_path, audio_key, rate_key):
    np.savez(tmp_path / "a.npz", **{audio_key: VALUES_TC, rate_key: np.array([32000.0])})
    audio = read_audio(tmp_path / "a.npz", channel=1)
    assert audio.sample_rate_hz == 32_000
    np.testing.assert_array_equal(audio.samples, VALUES_TC[:, 1] / np.float32(32768))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("values", [VALUES_TC, VALUES_TC.T, np.asfortranarray(VALUES_TC)])
def test_the_longer_axis_is_time_in_any_order_of_memory(tmp_path, save, values):
    save(tmp_path / "a.npz", other=np.arange(3), data=values, fs=8000)
    np.testing.assert_array_equal(read_audio(tmp_path / "a.npz", 0).samples, VALUES_TC[:, 0] / np.float32(32768))
    assert read_audio_info(tmp_path / "a.npz").num_samples == 400


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "<i2", ">i2", "<i4", "i1", "u1"])
def test_every_type_of_number_gives_the_same_sound(tmp_path, dtype):
    sound_T = np.array([-1.0, -0.5, 0.0, 0.25, 0.5], np.float32)
    kind, bits = np.dtype(dtype).kind, 8 * np.dtype(dtype).itemsize
    stored = sound_T if kind == "f" else sound_T * 2 ** (bits - 1) + (128 if kind == "u" else 0)
    np.save(tmp_path / "a.npy", stored.astype(dtype))
    samples = read_audio(tmp_path / "a.npy", sample_rate_hz=8000).samples
    np.testing.assert_array_equal(samples, sound_T)
    assert samples.dtype == np.float32


def test_an_array_without_a_rate_asks_for_it(tmp_path):
    np.save(tmp_path / "a.npy", VALUES_TC)
    np.savez(tmp_path / "a.npz", data=VALUES_TC)
    with pytest.raises(SubsongError, match=r"a\.npy does not say its sample rate: give sample_rate_hz"):
        read_audio(tmp_path / "a.npy", 0)
    with pytest.raises(SubsongError, match=r"a\.npz holds data: expected the sample rate .*; or give sample_rate_hz"):
        read_audio(tmp_path / "a.npz", 0)
    assert read_audio(tmp_path / "a.npz", 0, sample_rate_hz=8000).sample_rate_hz == 8000


def test_a_given_rate_stands_in_for_the_one_in_the_file(tmp_path):
    np.savez(tmp_path / "a.npz", data=VALUES_TC, fs=8000)
    assert read_audio(tmp_path / "a.npz", 0, sample_rate_hz=9000).sample_rate_hz == 9000


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"specs": VALUES_TC, "fs": 1}, "holds fs, specs: expected the samples under one of the names audio"),
        ({"data": VALUES_TC, "fs": 0.5}, "sample rate of 0.5 Hz"),
        ({"data": VALUES_TC, "fs": [1, 2]}, "expected one number"),
        ({"data": VALUES_TC.astype(np.int64), "fs": 1}, "type int64, whose full scale is not known"),
        ({"data": VALUES_TC.astype(complex), "fs": 1}, "type complex128"),
        ({"data": np.zeros((4, 4)), "fs": 1}, r"shape \(4, 4\): expected \(samples,\)"),
        ({"data": np.zeros((4, 5, 6)), "fs": 1}, r"shape \(4, 5, 6\)"),
        ({"data": np.zeros((40, 0)), "fs": 1}, "at least one channel"),
        ({"data": np.array(["a"], object), "fs": 1}, "type object"),
    ],
)
def test_what_is_no_sound_is_an_error(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(SubsongError, match=message):
        read_audio(tmp_path / "a.npz", 0)


@pytest.mark.parametrize(("suffix", "what"), [("npy", "damaged, cut short"), ("npz", "cannot be unpacked")])
def test_damaged_arrays_are_named(tmp_path, suffix, what):
    path = tmp_path / f"a.{suffix}"
    if suffix == "npy":
        np.save(path, VALUES_TC)
    else:
        np.savez(path, data=VALUES_TC, fs=8000)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(SubsongError, match=what):
        read_audio(path, 0, sample_rate_hz=8000)
    path.write_bytes(b"no array")
    with pytest.raises(SubsongError, match="damaged"):
        read_audio(path, 0, sample_rate_hz=8000)


def test_an_empty_array_holds_no_samples(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(0, np.float32))
    assert read_audio(tmp_path / "a.npy", sample_rate_hz=8000).samples.shape == (0,)


def test_a_damaged_header_is_named(tmp_path):
    np.save(tmp_path / "a.npy", VALUES_TC)
    data = bytearray((tmp_path / "a.npy").read_bytes())
    data[10:128] = data[10:128].replace(b"}", b" ")
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(SubsongError, match="damaged"):
        read_audio(tmp_path / "a.npy", 0, sample_rate_hz=8000)
