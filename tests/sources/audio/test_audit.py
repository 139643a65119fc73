"""A corpus of bad recordings: each is found out, in one line."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from subsong.sources.audio import AuditOptions, audit_audio

from .sounds import RATE, make_integers, make_song, write_cbin, write_sound

SONG = make_song(60_000)


def kinds(audit):
    return [finding.kind for finding in audit.findings]


def cut(path, share=0.6):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "ogg", "mp3"])
def test_nothing_is_found_in_a_good_recording(tmp_path, suffix):
    audit = audit_audio(write_sound(tmp_path / f"a.{suffix}", SONG), AuditOptions(sample_rate_hz=RATE))
    assert audit.findings == ()
    assert audit.is_usable


def test_levels_are_those_of_the_samples(tmp_path):
    audit = audit_audio(write_sound(tmp_path / "a.wav", np.tile(SONG, 6), "FLOAT"))
    assert audit.levels.peak == np.abs(SONG).max()
    assert audit.levels.rms == pytest.approx(np.sqrt(np.mean(SONG.astype(np.float64) ** 2)), rel=1e-9)
    assert audit.levels.mean == pytest.approx(SONG.astype(np.float64).mean(), abs=1e-9)
    assert audit.levels.half_range == pytest.approx(np.ptp(SONG) / 2)


def test_what_cannot_be_opened_is_unreadable(tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("hello, this is text\n" * 50)
    (tmp_path / "head.flac").write_bytes(write_sound(tmp_path / "a.flac", SONG).read_bytes()[:40])
    np.save(tmp_path / "no_rate.npy", SONG)
    (tmp_path / "no_rec.cbin").write_bytes(b"1234")
    for name in ("empty.wav", "text.wav", "head.flac", "no_rate.npy", "no_rec.cbin", "missing.wav"):
        audit = audit_audio(tmp_path / name)
        assert kinds(audit) == ["unreadable"]
        assert not audit.is_usable
        assert "\n" not in audit.findings[0].message
        assert str(tmp_path) not in audit.findings[0].message


def test_a_header_without_sound_is_empty(tmp_path):
    audit = audit_audio(write_sound(tmp_path / "a.wav", np.zeros(0, np.int16), "PCM_16"))
    assert kinds(audit) == ["empty"]
    assert audit.levels is None


@pytest.mark.parametrize("suffix", ["wav", "aiff", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("share", [0.6, 0.99])
def test_a_file_shorter_than_its_header_says_is_truncated(tmp_path, suffix, share):
    audit = audit_audio(cut(write_sound(tmp_path / f"a.{suffix}", SONG), share))
    assert kinds(audit) == ["truncated"]
    assert not audit.is_usable


def test_a_wav_of_more_than_4_gb_takes_its_size_from_the_right_place(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, SONG, RATE, "PCM_16", format="RF64")
    assert audit_audio(path).findings == ()
    assert kinds(audit_audio(cut(path))) == ["truncated"]


def test_a_wav_written_to_a_pipe_is_not_truncated(tmp_path):
    path = write_sound(tmp_path / "a.wav", SONG, "PCM_16")
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff" * 4
    path.write_bytes(data)
    assert audit_audio(path).findings == ()


@pytest.mark.parametrize("offset", [0.0, 0.01])
def test_a_constant_is_silent_whatever_its_offset(tmp_path, offset):
    audit = audit_audio(write_sound(tmp_path / "a.wav", np.full(30_000, offset), "FLOAT"))
    assert kinds(audit) == ["silent"]
    assert not audit.is_usable


def test_the_threshold_of_silence_can_be_set(tmp_path):
    path = write_sound(tmp_path / "a.wav", SONG * np.float32(1e-4), "FLOAT")
    assert kinds(audit_audio(path)) == ["silent"]
    assert kinds(audit_audio(path, AuditOptions(silence_db=-120))) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted_and_kept_out_of_the_levels(tmp_path, bad):
    samples = SONG.copy()
    samples[[5, 50_000]] = bad
    audit = audit_audio(write_sound(tmp_path / "a.wav", samples, "FLOAT"))
    assert [finding.message for finding in audit.findings] == ["2 samples are NaN or infinite"]
    assert audit.levels.peak == pytest.approx(np.abs(SONG).max())
    assert not audit.is_usable


def test_nothing_but_nan_has_no_levels(tmp_path):
    audit = audit_audio(write_sound(tmp_path / "a.wav", np.full(3000, np.nan), "FLOAT"))
    assert kinds(audit) == ["not finite", "silent"]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_U8", "FLOAT"])
def test_clipping_is_reported_and_the_recording_kept(tmp_path, subtype):
    audit = audit_audio(write_sound(tmp_path / "a.wav", np.clip(SONG * 5, -1, 1), subtype))
    assert kinds(audit) == ["clipped"]
    assert audit.levels.share_clipped == pytest.approx(np.mean(np.abs(SONG * 5) >= 1), abs=0.01)
    assert audit.is_usable


def test_raw_integers_saved_as_floats_are_pointed_out(tmp_path):
    audit = audit_audio(write_sound(tmp_path / "a.wav", SONG * 32768, "FLOAT"))
    assert kinds(audit) == ["raw numbers"]
    assert audit.is_usable


def test_an_offset_is_reported(tmp_path):
    audit = audit_audio(write_sound(tmp_path / "a.wav", SONG + np.float32(0.2)))
    assert [finding.message for finding in audit.findings] == ["the mean is +0.2 of full scale"]


def test_length_and_rate_are_compared_with_the_options(tmp_path):
    path = write_sound(tmp_path / "a.wav", SONG[:2205])
    assert [finding.message for finding in audit_audio(path, AuditOptions(min_duration_s=0.5)).findings] == [
        "0.1 s, below min_duration_s = 0.5"
    ]
    assert kinds(audit_audio(path, AuditOptions(sample_rate_hz=32_000))) == ["sample rate"]


def test_the_expected_rate_is_the_rate_of_an_array(tmp_path):
    np.save(tmp_path / "a.npy", SONG)
    assert audit_audio(tmp_path / "a.npy", AuditOptions(sample_rate_hz=8000)).info.sample_rate_hz == 8000


def test_several_channels_need_a_choice(tmp_path):
    values_TC = make_integers(3000, 2)
    values_TC[:, 1] = 0
    path = write_cbin(tmp_path / "a.cbin", values_TC)
    assert kinds(audit_audio(path)) == ["channels"]
    assert kinds(audit_audio(path, channel=0)) == []
    assert kinds(audit_audio(path, channel=1)) == ["silent"]
    assert kinds(audit_audio(path, channel=2)) == ["channels"]
    assert kinds(audit_audio(path, channel="all")) == []


def test_real_recordings_pass(real_data):
    for folder, channel in [("bengalese_finch_sober/raw_evtaf_sample", 0), ("bengalese_finch_koumura", None)]:
        path = next(path for path in (real_data / folder).rglob("*") if path.suffix in (".cbin", ".wav"))
        assert audit_audio(path, AuditOptions(sample_rate_hz=32_000), channel).is_usable
