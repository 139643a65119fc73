"""Every format gives the samples that were put in, on one scale, with the scale on record."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from subsong.core.errors import SubsongError
from subsong.sources.audio import open_audio, read_audio, read_audio_info

from .sounds import RATE, make_integers, make_song, write_sound

SUBTYPES = {8: ("PCM_U8", np.int16), 16: ("PCM_16", np.int16), 24: ("PCM_24", np.int32), 32: ("PCM_32", np.int32)}


@pytest.mark.parametrize(("suffix", "bits"), [("wav", 8), ("wav", 16), ("wav", 24), ("wav", 32), ("aiff", 16)])
def test_integers_are_divided_by_full_scale(tmp_path, suffix, bits):
    values_T = make_integers(300, bits=bits)[:, 0]
    subtype, dtype = SUBTYPES[bits]
    shifted = values_T << (np.iinfo(dtype).bits - bits)
    path = write_sound(tmp_path / f"a.{suffix}", shifted.astype(dtype), subtype)
    expected = (values_T.astype(np.float32) / np.float32(2.0 ** (bits - 1))).astype(np.float32)
    np.testing.assert_array_equal(read_audio(path).samples, expected)
    assert read_audio_info(path).full_scale == 2.0 ** (bits - 1)


@pytest.mark.parametrize(
    ("plain", "suffix"),
    [("wav", "wav"), ("wav", "WAV"), ("flac", "flac"), ("flac", "Flac"), ("aiff", "aif"), ("aiff", "AIFF")],
)
def test_suffixes_are_known_in_any_case(tmp_path, plain, suffix):
    values_T = make_integers(300)[:, 0].astype(np.int16)
    path = write_sound(tmp_path / f"plain.{plain}", values_T, "PCM_16").rename(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_audio(path).samples, values_T / np.float32(32768))


def test_floats_stay_as_they_are_and_equal_the_same_sound_as_integers(tmp_path):
    values_T = make_integers(300)[:, 0]
    whole = write_sound(tmp_path / "whole.wav", values_T.astype(np.int16), "PCM_16")
    for subtype in ("FLOAT", "DOUBLE"):
        path = write_sound(tmp_path / "float.wav", values_T / 32768, subtype)
        np.testing.assert_array_equal(read_audio(path).samples, read_audio(whole).samples)
        assert read_audio_info(path).full_scale == 1.0


def test_the_record_tells_shape_type_and_scale(tmp_path):
    path = write_sound(tmp_path / "a.wav", make_integers(500, 3).astype(np.int16), "PCM_16", rate=250_000)
    info = read_audio_info(path)
    assert info == (path, 250_000, 3, 500, "int16", 32768.0)
    assert info.duration_s == 0.002


@pytest.mark.parametrize("rate", [2_500, 250_000])
def test_any_sample_rate_is_read(tmp_path, rate):
    path = write_sound(tmp_path / "a.flac", make_integers(300).astype(np.int16), "PCM_16", rate=rate)
    assert read_audio(path).sample_rate_hz == rate


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_lossy_formats_come_near_the_sound(tmp_path, suffix):
    song = make_song()
    path = write_sound(tmp_path / f"a.{suffix}", song)
    samples = read_audio(path).samples
    assert len(samples) == len(song)
    assert np.corrcoef(samples, song)[0, 1] > 0.97


def test_a_flac_under_the_name_of_a_wav_is_read(tmp_path):
    values_T = make_integers(300)[:, 0].astype(np.int16)
    path = write_sound(tmp_path / "a.flac", values_T, "PCM_16").rename(tmp_path / "a.wav")
    np.testing.assert_array_equal(read_audio(path).samples, values_T / np.float32(32768))


def test_the_length_of_an_mp3_without_a_table_is_counted(tmp_path):
    quiet_then_loud = np.concatenate([np.zeros(150_000, np.float32), make_song(50_000)])
    path = tmp_path / "a.mp3"
    soundfile.write(path, quiet_then_loud, RATE, bitrate_mode="VARIABLE")
    data = path.read_bytes()
    second_frame = data.find(data[:2], data.find(b"Xing"))
    path.write_bytes(data[second_frame:])
    info = read_audio_info(path)
    assert abs(info.num_samples - len(quiet_then_loud)) < 3 * 1152
    assert len(read_audio(path).samples) == info.num_samples


def test_a_flac_of_unknown_length_is_counted(tmp_path):
    values_T = make_integers(70_000)[:, 0].astype(np.int16)
    path = write_sound(tmp_path / "a.flac", values_T, "PCM_16")
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    np.testing.assert_array_equal(read_audio(path).samples, values_T / np.float32(32768))


def test_a_given_rate_stands_in_for_the_one_in_the_file(tmp_path):
    path = write_sound(tmp_path / "a.wav", make_integers(300).astype(np.int16), "PCM_16")
    assert read_audio(path, sample_rate_hz=220_500).sample_rate_hz == 220_500
    with pytest.raises(SubsongError, match="whole number above 0"):
        read_audio(path, sample_rate_hz=0)


def test_a_file_that_is_no_audio_is_named(tmp_path):
    (tmp_path / "text.wav").write_text("hello, this is text\n" * 50)
    (tmp_path / "empty.wav").touch()
    with pytest.raises(SubsongError, match=r"text\.wav is damaged or no audio file \(Format not recognised\)"):
        read_audio(tmp_path / "text.wav")
    with pytest.raises(SubsongError, match=r"empty\.wav is empty \(0 bytes\)"):
        read_audio(tmp_path / "empty.wav")
    with pytest.raises(SubsongError, match="does not exist"):
        read_audio(tmp_path / "none.wav")
    with pytest.raises(SubsongError, match="cannot be read"):
        read_audio(tmp_path)


def test_no_channels_at_all_is_an_error(tmp_path):
    path = write_sound(tmp_path / "a.wav", make_integers(300).astype(np.int16), "PCM_16")
    data = bytearray(path.read_bytes())
    data[22:24] = bytes(2)
    path.write_bytes(data)
    with pytest.raises(SubsongError, match="Channel count is zero"):
        read_audio(path)


def test_a_flac_that_is_cut_short_says_where_it_ends(tmp_path):
    path = write_sound(tmp_path / "a.flac", make_integers(150_000).astype(np.int16), "PCM_16")
    path.write_bytes(path.read_bytes()[:150_000])
    with pytest.raises(SubsongError, match=r"cannot be decoded beyond .* of 6\.803 s .*copy it again"):
        read_audio(path)
    with open_audio(path) as reader:
        assert len(reader.read(0, 1000)) == 1000
