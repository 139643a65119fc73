"""What is heard while sound comes is what is found in the whole recording, and within the time that was stated."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.inference.listening.live import RATE_HZ, build_model, write_sound

from subsong.core.errors import SubsongError
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.listening.arriving import find_frame_span, open_grid
from subsong.inference.listening.latency import Listening, find_latency
from subsong.inference.listening.listen import Heard, listen
from subsong.inference.segmenter import TrainedSegmenter
from subsong.sources.audio import open_audio, read_audio


@pytest.fixture(scope="module")
def model() -> TrainedSegmenter:
    return build_model()


def hear(model: TrainedSegmenter, path: Path, read_samples: int = 160, **how: float) -> list[Heard]:
    with open_audio(path) as reader:
        blocks: Iterator[np.ndarray] = (block_T for _, block_T in reader.blocks(read_samples))
        return list(listen(model, blocks, Listening(reader.info.sample_rate_hz, read_samples, **how)))


def check_equal(heard: list[Heard], found: pl.DataFrame, hop_s: float) -> None:
    assert len(heard) == found.height > 10
    assert [one.label for one in heard] == found["label"].to_list()
    for column in ("onset_s", "offset_s"):
        np.testing.assert_allclose([getattr(one, column) for one in heard], found[column], rtol=0.0, atol=5e-3 * hop_s)
    np.testing.assert_allclose([one.score for one in heard], found["score"], rtol=0.0, atol=1e-3)


@pytest.mark.parametrize(("block_frames", "read_samples"), [(8, 160), (1, 77), (50, 5000)])
def test_it_is_what_predict_finds(
    model: TrainedSegmenter, tmp_path: Path, block_frames: int, read_samples: int
) -> None:
    path = write_sound(tmp_path / "sound.wav", duration_s=2.5)
    heard = hear(model, path, read_samples, block_frames=block_frames)
    check_equal(heard, model.annotate(path), open_grid(model).hop_s)


@pytest.mark.parametrize("rate_hz", [11_025, 16_000, 6_000])
def test_streams_of_other_rates_are_resampled_as_recordings_are(
    model: TrainedSegmenter, tmp_path: Path, rate_hz: int
) -> None:
    path = write_sound(tmp_path / "sound.wav", rate_hz=rate_hz)
    check_equal(hear(model, path, 200), model.annotate(path), open_grid(model).hop_s)


def test_classes_that_may_overlap_are_heard_as_well(tmp_path: Path) -> None:
    model, path = build_model(overlap=True), write_sound(tmp_path / "sound.wav")
    check_equal(hear(model, path), model.annotate(path), open_grid(model).hop_s)


def test_with_a_largest_latency_all_is_told_within_it(model: TrainedSegmenter, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "sound.wav", duration_s=4.0)
    certain, early = hear(model, path), hear(model, path, max_latency_s=0.3)
    assert max(one.latency_s for one in early) <= 0.3
    assert max(one.latency_s for one in certain) > 0.3
    assert len(early) >= 0.9 * len(certain)
    segments = [one for one in early if one.offset_s > one.onset_s]
    # What was told is never taken back or told twice.
    assert all(before.offset_s <= after.onset_s + 1e-9 for before, after in itertools.pairwise(segments))


def test_the_stated_latency_holds_where_silence_follows(model: TrainedSegmenter, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "sound.wav", duration_s=4.0)
    decoding = DecodingOptions(low_threshold=0.97, high_threshold=0.98, event_threshold=0.98)
    how = Listening(RATE_HZ, 160)
    stated = find_latency(model, decoding, how)
    with open_audio(path) as reader:
        told = list(listen(model, (block_T for _, block_T in reader.blocks(160)), how, decoding))
    heard = [one for one in told if one.offset_s > one.onset_s]
    gaps_s = np.array([after.onset_s - one.offset_s for one, after in itertools.pairwise(heard)])
    latency_s = np.array([one.latency_s for one in heard[:-1]])
    is_followed = gaps_s > stated.decision_s + 0.06
    assert is_followed.sum() >= 3
    assert (latency_s[is_followed] <= stated.total_s).all()
    assert latency_s.min() > stated.network_s


def test_a_latency_below_what_the_network_looks_ahead_is_refused(model: TrainedSegmenter) -> None:
    with pytest.raises(SubsongError, match=r"a latency of 20 ms cannot be kept, this model needs \d+ ms"):
        find_latency(model, model.decoding, Listening(RATE_HZ, 160, max_latency_s=0.02))


def test_a_frame_looks_at_half_its_window_to_either_side(model: TrainedSegmenter) -> None:
    assert find_frame_span(model) == range(-80, 80)


def test_a_stream_without_sound_says_nothing(model: TrainedSegmenter) -> None:
    how = Listening(RATE_HZ, 160)
    assert list(listen(model, iter([]), how)) == []


def test_samples_that_are_no_numbers_are_silence(model: TrainedSegmenter, tmp_path: Path) -> None:
    samples = read_audio(write_sound(tmp_path / "sound.wav", duration_s=1.0)).samples
    broken, silent = samples.copy(), samples.copy()
    broken[2000:2100], silent[2000:2100] = np.nan, 0.0
    how = Listening(RATE_HZ, 160)
    assert list(listen(model, iter([broken]), how)) == list(listen(model, iter([silent]), how))
