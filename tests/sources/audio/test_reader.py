"""One channel, whole or in parts: parts equal slices of the whole bit for bit."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.audio import open_audio, read_audio

from .sounds import RATE, make_integers, make_song, write_cbin, write_sound

NUM_SAMPLES = 150_000
FORMATS = ["wav", "flac", "aiff", "float.wav", "ogg", "mp3", "cbin", "npy", "npz", "packed.npz"]


@pytest.fixture(scope="module", params=FORMATS)
def recording(request, tmp_path_factory):
    song, path = make_song(NUM_SAMPLES), tmp_path_factory.mktemp("recording") / f"a.{request.param}"
    whole = (song * 32768).astype(np.int16)
    if path.suffix == ".cbin":
        return write_cbin(path, whole[:, None], rate=str(RATE))
    if path.suffix == ".npy":
        np.save(path, whole)
    elif path.suffix == ".npz":
        (np.savez_compressed if "packed" in path.name else np.savez)(path, data=whole, samplerate=RATE)
    elif request.param == "float.wav":
        write_sound(path, song, "FLOAT")
    else:
        write_sound(path, song, "PCM_16" if path.suffix in (".wav", ".flac", ".aiff") else None)
    return path


def test_parts_in_any_order_equal_slices_of_the_whole(recording):
    whole = read_audio(recording, sample_rate_hz=RATE).samples
    generator = np.random.default_rng(3)
    with open_audio(recording, sample_rate_hz=RATE) as reader:
        for start, length in zip(generator.integers(0, NUM_SAMPLES, 40), generator.integers(0, 5000, 40), strict=True):
            np.testing.assert_array_equal(reader.read(start, start + length), whole[start : start + length])


def test_a_part_read_first_equals_the_slice_of_the_whole(recording):
    whole = read_audio(recording, sample_rate_hz=RATE).samples
    part = read_audio(recording, start_s=3.0, stop_s=4.0, sample_rate_hz=RATE).samples
    np.testing.assert_array_equal(part, whole[3 * RATE : 4 * RATE])


def test_what_lies_beyond_the_ends_is_left_out(recording):
    with open_audio(recording, sample_rate_hz=RATE) as reader:
        whole = reader.read(0, NUM_SAMPLES)
        np.testing.assert_array_equal(reader.read(-100, 50), whole[:50])
        np.testing.assert_array_equal(reader.read(NUM_SAMPLES - 50, NUM_SAMPLES + 100), whole[-50:])
        for start, stop in [(-100, -50), (NUM_SAMPLES, NUM_SAMPLES + 5), (50, 40), (7, 7)]:
            assert reader.read(start, stop).shape == (0,)


@pytest.mark.parametrize(("block_samples", "overlap"), [(70_000, 0), (50_000, 0), (40_000, 9_000), (200_000, 10)])
def test_blocks_join_to_the_whole(recording, block_samples, overlap):
    with open_audio(recording, sample_rate_hz=RATE) as reader:
        blocks = list(reader.blocks(block_samples, overlap))
    starts = [start for start, _ in blocks]
    assert starts == [number * (block_samples - overlap) for number in range(len(blocks))]
    joined = np.concatenate([samples[overlap if start else 0 :] for start, samples in blocks])
    np.testing.assert_array_equal(joined, read_audio(recording, sample_rate_hz=RATE).samples)


def test_overlapping_blocks_end_with_the_block_that_reaches_the_end(tmp_path):
    path = write_sound(tmp_path / "a.wav", make_integers(100).astype(np.int16), "PCM_16")
    with open_audio(path) as reader:
        assert [(start, len(samples)) for start, samples in reader.blocks(40, 10)] == [(0, 40), (30, 40), (60, 40)]
        with pytest.raises(ValueError, match="overlap is 40"):
            next(reader.blocks(40, 40))


def test_seconds_are_rounded_to_the_nearest_sample(tmp_path):
    values_T = make_integers(1000)[:, 0].astype(np.int16)
    path = write_sound(tmp_path / "a.wav", values_T, "PCM_16", rate=1000)
    samples = read_audio(path, start_s=0.0996, stop_s=0.2004).samples
    np.testing.assert_array_equal(samples, values_T[100:200] / np.float32(32768))
    assert samples.dtype == np.float32


@pytest.mark.parametrize("suffix", ["wav", "flac", "cbin", "npy"])
def test_a_channel_or_the_mean_is_chosen(tmp_path, suffix):
    values_TC, path = make_integers(3000, 2).astype(np.int16), tmp_path / f"a.{suffix}"
    if suffix == "cbin":
        write_cbin(path, values_TC)
    elif suffix == "npy":
        np.save(path, values_TC)
    else:
        write_sound(path, values_TC, "PCM_16")
    for channel in (0, 1):
        samples = read_audio(path, channel, sample_rate_hz=RATE).samples
        np.testing.assert_array_equal(samples, values_TC[:, channel] / np.float32(32768))
    mean = read_audio(path, "mean", sample_rate_hz=RATE).samples
    np.testing.assert_array_equal(mean, values_TC.mean(axis=1).astype(np.float32) / np.float32(32768))


def test_several_channels_ask_for_a_choice(tmp_path):
    path = write_sound(tmp_path / "a.wav", make_integers(300, 3).astype(np.int16), "PCM_16")
    with pytest.raises(SubsongError, match=r"has 3 channels: choose one with channel=0 to channel=2, .*channel='mean'"):
        open_audio(path)
    with pytest.raises(SubsongError, match="has no channel 3: it has 3, numbered from 0 to 2"):
        open_audio(path, channel=3)
    with pytest.raises(SubsongError, match="channel is 'left'"):
        open_audio(path, channel="left")


def test_one_channel_is_channel_0_and_the_mean(tmp_path):
    path = write_sound(tmp_path / "a.wav", make_integers(300).astype(np.int16), "PCM_16")
    for channel in (0, "mean"):
        np.testing.assert_array_equal(read_audio(path, channel).samples, read_audio(path).samples)


def test_a_header_without_sound_gives_no_samples(tmp_path):
    path = write_sound(tmp_path / "a.wav", np.zeros(0, np.int16), "PCM_16")
    assert read_audio(path).samples.shape == (0,)
    with open_audio(path) as reader:
        assert list(reader.blocks(10)) == []


def test_a_long_file_is_not_held_in_memory(tmp_path):
    path = write_sound(tmp_path / "a.wav", np.zeros(8_000_000, np.int16), "PCM_16")
    with open_audio(path) as reader:
        tracemalloc.start()
        assert sum(len(samples) for _, samples in reader.blocks(100_000)) == 8_000_000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4_000_000


def test_an_evtaf_recording_equals_the_flac_made_of_its_first_channel(real_data):
    folder = real_data / "bengalese_finch_sober"
    pairs = [(path, next(folder.rglob(f"{path.stem}*.flac"))) for path in folder.glob("raw_evtaf_sample/*.cbin")]
    assert len(pairs) == 4
    for cbin, flac in pairs:
        raw, coded = read_audio(cbin, channel=0), read_audio(flac)
        assert raw.sample_rate_hz == coded.sample_rate_hz == 32_000
        np.testing.assert_array_equal(raw.samples, coded.samples)


def test_a_raw_wav_equals_its_flac(real_data):
    folder = real_data / "bengalese_finch_koumura"
    for wav in (folder / "raw_wav_sample").glob("*.wav"):
        flac = next((folder / "Bird0").rglob(f"{wav.stem}.flac"))
        np.testing.assert_array_equal(read_audio(wav).samples, read_audio(flac).samples)
