from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.sources.segmentation.ava_reference import segment_as_ava
from tests.sources.segmentation.sounds import RATE_HZ, load_annotated, make_tones, score_onsets

from subsong.core.errors import SubsongError
from subsong.sources.audio import open_audio, write_audio
from subsong.sources.segmentation.amplitude import find_segments, segment_amplitude, segment_recording
from subsong.sources.segmentation.config import AmplitudeSegmentation
from subsong.sources.segmentation.presets import PRESETS, get_preset
from subsong.sources.segmentation.reading import ArrayReader
from subsong.sources.segmentation.thresholds import TraceThresholds
from subsong.synthesis.song import SongOptions, make_bird, make_song

AVA = AmplitudeSegmentation(
    window_size=512,
    hop_size=128,
    trace="sum",
    smoothing_s=0.004,
    boundary_threshold=2.0,
    dip_threshold=5.0,
    peak_threshold=6.0,
    min_duration_s=0.01,
    max_duration_s=0.3,
    edges="drop",
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"trace": "softmax", "boundary_threshold": 0.1, "dip_threshold": 0.2, "peak_threshold": 0.22},
        {"boundary_threshold": 1.0, "dip_threshold": 20.0, "peak_threshold": 3.0},
        {"smoothing_s": 0.001, "min_duration_s": 0.05},
    ],
)
@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("bengalese_finch_koumura", "Bird0/0.flac"),
        ("zebra_finch_adults_whisperseg", "zebra_finch_g4p5U-f00011.wav"),
    ],
)
def test_real_song_is_cut_as_ava_cuts_it(real_data: Path, folder: str, name: str, changes: dict) -> None:
    samples, rate_hz, _ = load_annotated(real_data / folder, name)
    config = AVA.model_copy(update=changes)
    expected = segment_as_ava(samples, rate_hz, config)
    assert len(expected) > 5
    np.testing.assert_allclose(segment_amplitude(samples, rate_hz, config).segments, expected, atol=1e-12)


def test_random_traces_are_cut_as_ava_cuts_them() -> None:
    for seed in range(50):
        noise = np.random.default_rng(seed).normal(size=4000 * 32)
        samples = (noise * np.repeat(np.random.default_rng(seed).lognormal(-6, 1.5, 128), 1000)).astype(np.float32)
        config = AVA.model_copy(update={"dip_threshold": float(seed), "boundary_threshold": 60.0 - seed})
        found = segment_amplitude(samples, RATE_HZ, config).segments
        np.testing.assert_allclose(found, segment_as_ava(samples, RATE_HZ, config), atol=1e-12)


def test_tones_are_found_where_they_are() -> None:
    found = segment_amplitude(make_tones([0.2, 0.5, 0.61], 0.08, 1.0), RATE_HZ)
    np.testing.assert_allclose(found.segments, [[0.2, 0.28], [0.5, 0.58], [0.61, 0.69]], atol=0.008)
    assert not found.at_edge.any()


def test_what_touches_an_end_is_kept_flagged_and_ends_with_the_recording() -> None:
    samples = make_tones([0.0, 0.4, 0.96], 0.08, 1.0)[200:]
    found = segment_amplitude(samples, RATE_HZ)
    assert found.at_edge.tolist() == [True, False, True]
    assert found.segments[0, 0] == 0
    assert found.segments[-1, 1] == len(samples) / RATE_HZ


def test_what_touches_an_end_is_dropped_on_request() -> None:
    samples = make_tones([0.0, 0.4, 0.96], 0.08, 1.0)[200:]
    found = segment_amplitude(samples, RATE_HZ, AmplitudeSegmentation(edges="drop"))
    assert len(found.segments) == 1
    assert not found.at_edge.any()


def test_a_recording_that_is_song_throughout_is_one_flagged_segment() -> None:
    tone = np.sin(np.arange(RATE_HZ) * 0.6).astype(np.float32)
    config = AmplitudeSegmentation(boundary_threshold=20.0, dip_threshold=20.0, peak_threshold=30.0)
    found = segment_amplitude(tone, RATE_HZ, config)
    np.testing.assert_array_equal(found.segments, [[0, 1]])
    assert found.at_edge.all()


def test_short_gaps_are_closed() -> None:
    samples = make_tones([0.2, 0.3, 0.5], 0.08, 1.0)
    found = segment_amplitude(samples, RATE_HZ, AmplitudeSegmentation(min_gap_s=0.05))
    np.testing.assert_allclose(found.segments, [[0.2, 0.38], [0.5, 0.58]], atol=0.008)


def test_segments_of_other_durations_are_told_not_lost() -> None:
    samples = make_tones([0.2, 0.5], 0.08, 1.0)
    found = segment_amplitude(samples, RATE_HZ, AmplitudeSegmentation(min_duration_s=0.2))
    assert found.segments.shape == (0, 2)
    assert len(found.dropped) == 2


def test_a_change_of_gain_changes_no_boundary() -> None:
    samples = make_tones([0.2, 0.5, 0.61], 0.08, 1.0)
    loud, quiet = (segment_amplitude(samples * np.float32(gain), RATE_HZ).segments for gain in (4, 1 / 64))
    np.testing.assert_array_equal(loud, quiet)


@pytest.mark.parametrize("duration_s", [1, 30])
def test_noise_alone_has_no_segments(duration_s: int) -> None:
    noise = make_tones([], 0.1, duration_s, noise=0.01)
    for preset in ("finch", "bengalese-finch", "canary"):
        assert len(segment_amplitude(noise, RATE_HZ, PRESETS[preset].config).segments) == 0


def test_rare_song_in_a_long_recording_is_found_and_nothing_else() -> None:
    onsets = [7.0, 7.2, 33.3]
    found = segment_amplitude(make_tones(onsets, 0.05, 60.0, noise=0.003), RATE_HZ)
    np.testing.assert_allclose(found.segments[:, 0], onsets, atol=0.005)


@pytest.mark.parametrize("num_samples", [0, 1, 511, 512, 5000])
def test_silent_and_short_recordings_have_no_segments(num_samples: int) -> None:
    found = segment_amplitude(np.zeros(num_samples, np.float32), RATE_HZ)
    assert found.segments.shape == (0, 2)
    assert len(found.trace) == len(found.trace_times)


def test_digital_silence_around_song_does_not_count_as_background() -> None:
    song = make_tones([0.2, 0.5], 0.08, 1.0, noise=0.001)
    padded = np.concatenate([np.zeros(RATE_HZ * 5, np.float32), song])
    found = segment_amplitude(padded, RATE_HZ).segments
    np.testing.assert_allclose(found - 5, segment_amplitude(song, RATE_HZ).segments, atol=0.003)


class SpyingReader(ArrayReader):
    """Remembers how much was asked for at once, and takes nothing but new samples in order."""

    longest = position = 0

    def read(self, start: int, stop: int) -> np.ndarray:
        assert self.position == start < stop <= self.info.num_samples
        self.longest, self.position = max(self.longest, stop - start), stop
        return super().read(start, stop).copy()


def test_a_long_recording_is_read_in_pieces_with_the_same_result() -> None:
    onsets = list(np.arange(0.3, 59, 0.31))
    reader = SpyingReader(make_tones(onsets, 0.07, 60.0), RATE_HZ)
    found = segment_recording(reader)
    assert reader.longest < 10 * RATE_HZ
    assert reader.position == reader.info.num_samples
    np.testing.assert_allclose(found.segments[:, 0], onsets, atol=0.008)


def test_a_sample_that_is_not_a_number_is_named() -> None:
    samples = make_tones([0.2], 0.08, 1.0)
    samples[12_345] = np.nan
    with pytest.raises(SubsongError, match="sample 12345 is not a number"):
        segment_amplitude(samples, RATE_HZ)


def test_several_channels_are_refused() -> None:
    with pytest.raises(SubsongError, match="choose a channel"):
        segment_amplitude(np.zeros((2, 1000), np.float32), RATE_HZ)


def test_a_band_above_half_the_rate_is_refused() -> None:
    with pytest.raises(SubsongError, match="ends at 16000 Hz"):
        segment_amplitude(np.zeros(9000, np.float32), RATE_HZ, get_preset("mouse").config)


def test_a_misspelt_preset_is_answered_with_the_nearest() -> None:
    with pytest.raises(SubsongError, match="did you mean 'finch'"):
        get_preset("fnch")


def test_a_constant_trace_below_the_thresholds_holds_nothing() -> None:
    found = find_segments(np.ones(100), TraceThresholds(2.0, 3.0, 4.0), is_edge_kept=True)
    assert found.frames_N2.shape == (0, 2)


@pytest.mark.parametrize(
    ("folder", "name", "preset", "least"),
    [
        ("bengalese_finch_koumura", "Bird0/1.flac", "bengalese-finch", 0.95),
        ("zebra_finch_adults_whisperseg", "zebra_finch_g17y2U-f00014.wav", "finch", 0.9),
        ("mouse_usv_amvoc", "rec_3.flac", "mouse", 0.75),
    ],
)
def test_presets_find_annotated_onsets(real_data: Path, folder: str, name: str, preset: str, least: float) -> None:
    samples, rate_hz, expected = load_annotated(real_data / folder, name)
    found = segment_amplitude(samples, rate_hz, get_preset(preset).config).segments
    assert score_onsets(found[:, 0], expected[:, 0]) >= least


@pytest.mark.parametrize(("species", "preset"), [("finch", "finch"), ("finch", "bengalese-finch"), ("mouse", "mouse")])
def test_made_up_song_is_found_as_it_was_made(species: str, preset: str) -> None:
    options = SongOptions(species=species)
    song = make_song(make_bird(0, 1, options), options=options)
    found = segment_amplitude(song.samples, song.sample_rate_hz, get_preset(preset).config).segments
    assert score_onsets(found[:, 0], song.annotations["onset_s"].to_numpy()) > 0.93


def test_a_file_gives_what_its_samples_give(tmp_path: Path) -> None:
    samples = make_tones([0.0, 0.5, 0.61], 0.08, 1.0)
    write_audio(tmp_path / "tones.wav", samples, RATE_HZ, "float32")
    with open_audio(tmp_path / "tones.wav") as reader:
        found = segment_recording(reader)
    np.testing.assert_array_equal(found.segments, segment_amplitude(samples, RATE_HZ).segments)
