"""Images of our own definition: what they show, and what they do not depend on."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from tests.sources.spectrograms.sounds import RATE_HZ, make_noise, make_tone

from subsong.sources.spectrograms import (
    SegmentStatus,
    SpectrogramConfig,
    SpectrogramMaker,
    compute_image_frequencies,
    compute_reach,
    maker,
    stft,
)

CONFIG = SpectrogramConfig(log_low=2.0, log_high=8.0, num_freq_bins=32, num_time_bins=40)
TONE_HZ = compute_image_frequencies(CONFIG)[8]


def configure(**changes: object) -> SpectrogramConfig:
    return SpectrogramConfig.model_validate(CONFIG.model_dump() | changes)


def make_segments(num: int = 60, seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    onset_s = generator.uniform(0.0, 1.7, num)
    return np.stack([onset_s, onset_s + generator.uniform(0.01, 0.25, num)], axis=1)


def compute(config: SpectrogramConfig, samples: np.ndarray, *segments_s: tuple[float, float]) -> torch.Tensor:
    return SpectrogramMaker(config, RATE_HZ).compute(samples, np.array(segments_s)).images_NFT


@pytest.mark.parametrize("edges", ["recording", "segment", "silence"])
def test_an_image_does_not_depend_on_the_others(edges: str) -> None:
    made, samples, segments_s = SpectrogramMaker(configure(edges=edges), RATE_HZ), make_noise(), make_segments()
    together = made.compute(samples, segments_s).images_NFT
    alone = torch.cat([made.compute(samples, segments_s[[row]]).images_NFT for row in range(len(segments_s))])
    assert torch.equal(together, alone)


def test_an_image_does_not_depend_on_the_size_of_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, segments_s = make_noise(), make_segments()
    whole = SpectrogramMaker(CONFIG, RATE_HZ).compute(samples, segments_s).images_NFT
    monkeypatch.setattr(maker, "_PIXELS_A_BLOCK", 3 * 32 * 40)
    monkeypatch.setattr(stft, "_SAMPLES_A_BLOCK", 5 * 512)
    assert torch.equal(SpectrogramMaker(CONFIG, RATE_HZ).compute(samples, segments_s).images_NFT, whole)


@pytest.mark.parametrize("stretch", ["none", "sqrt", "ava"])
@pytest.mark.parametrize("edges", ["recording", "segment", "silence"])
def test_a_part_of_the_recording_gives_the_same_image(edges: str, stretch: str) -> None:
    config = configure(edges=edges, stretch=stretch)
    made, samples = SpectrogramMaker(config, RATE_HZ), make_noise(3.0)
    segments_s = make_segments(5) + 0.5
    whole = made.compute(samples, segments_s).images_NFT
    for row, (from_s, until_s) in enumerate(compute_reach(segments_s, config, RATE_HZ)):
        first, last = int(np.floor(from_s * RATE_HZ)), int(np.ceil(until_s * RATE_HZ)) + 1
        part = made.compute(samples[first:last], segments_s[[row]], start_s=first / RATE_HZ)
        torch.testing.assert_close(part.images_NFT[0], whole[row], rtol=0, atol=1e-6)


def test_the_first_row_is_the_lowest_frequency() -> None:
    frequencies_hz = compute_image_frequencies(CONFIG)
    for row in (3, 16, 28):
        image = compute(CONFIG, make_tone(frequencies_hz[row], 0.5), (0.4, 0.5))[0]
        assert set(image.argmax(dim=0).tolist()) == {row}


@pytest.mark.parametrize("window", ["hann", "multitaper"])
def test_a_sinusoid_of_amplitude_a_has_log_magnitude_of_half_a(window: str) -> None:
    config = configure(window=window, low_hz=1000.0, high_hz=4100.0)  # row 10 is 2000 Hz, a bin of the STFT
    image = compute(config, make_tone(2000.0, 0.01), (0.4, 0.5))[0]
    expected = (np.log(0.01 * 32768 / 2) - 2.0) / 6.0
    np.testing.assert_allclose(image[10].numpy(), expected, atol=1e-3)


def test_tapers_make_noise_smoother() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, RATE_HZ)
    hann, tapered = (compute(configure(window=window), noise, (0.2, 0.6))[0].std() for window in ("hann", "multitaper"))
    assert tapered < 0.7 * hann


@pytest.mark.parametrize(("stretch", "share"), [("none", 0.25), ("sqrt", 0.5), ("ava", 0.25 / 0.75)])
def test_a_segment_fills_its_share_of_the_image(stretch: str, share: float) -> None:
    config = configure(stretch=stretch, edges="segment", num_time_bins=400)
    image = compute(config, make_noise(), (0.5, 0.55))[0]
    assert image.amax(dim=0).gt(0).float().mean().item() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("stretch", ["none", "sqrt", "ava"])
def test_there_are_no_black_borders_within_a_recording(stretch: str) -> None:
    image = compute(configure(stretch=stretch), make_tone(TONE_HZ, 0.5), (0.5, 0.52))[0]
    loudest_T = image.amax(dim=0)
    assert loudest_T.min() > 0.5
    assert loudest_T.max() - loudest_T.min() < 1e-3


def test_beyond_the_recording_is_black() -> None:
    image = compute(configure(stretch="none"), make_tone(TONE_HZ, 0.5), (0.95, 1.0))[0]
    shown_T = image.amax(dim=0).gt(0)
    assert shown_T.sum().item() == pytest.approx(40 * (0.2 + 0.05) / 2 / 0.2, abs=1)
    assert not shown_T[-10:].any()


def test_neighbours_are_seen_only_with_edges_of_the_recording() -> None:
    samples = make_tone(TONE_HZ, 0.5)
    samples[: RATE_HZ // 2] = 0.0  # the sound starts where the segment ends
    brightness = {
        edges: compute(configure(edges=edges, stretch="none"), samples, (0.4, 0.5))[0].amax().item()
        for edges in ("recording", "segment", "silence")
    }
    assert brightness["recording"] > brightness["segment"] > brightness["silence"] == 0.0


def test_a_segment_shorter_than_a_window_is_shown() -> None:
    batch = SpectrogramMaker(CONFIG, RATE_HZ).compute(make_noise(), np.array([[0.5, 0.501]]))
    assert batch.status_N.tolist() == [SegmentStatus.SHOWN]
    assert batch.images_NFT.amax() > 0.3


def test_an_offset_of_the_samples_changes_nothing() -> None:
    samples = make_noise().astype(np.float64)
    made = SpectrogramMaker(configure(low_hz=0.0), RATE_HZ, dtype=torch.float64)
    images = [made.compute(samples + offset, make_segments()).images_NFT for offset in (0.0, 0.5)]
    torch.testing.assert_close(images[0], images[1], rtol=0, atol=1e-9)


def test_normalised_images_start_at_zero_and_end_at_one() -> None:
    images = compute(configure(within_normalize=True), 0.3 * make_noise(), *make_segments(10).tolist())
    torch.testing.assert_close(images.amin((1, 2)), torch.zeros(10))
    torch.testing.assert_close(images.amax((1, 2)), torch.ones(10))


@pytest.mark.parametrize(
    ("segment_s", "status"),
    [
        ((0.5, 0.6), SegmentStatus.SHOWN),
        ((0.5, 0.8), SegmentStatus.CROPPED),
        ((1.9, 2.05), SegmentStatus.PARTLY_OUTSIDE),
        ((0.5, 0.5), SegmentStatus.EMPTY),
        ((0.5, 0.500001), SegmentStatus.EMPTY),
        ((0.6, 0.5), SegmentStatus.EMPTY),
        ((float("nan"), 0.5), SegmentStatus.EMPTY),
        ((0.5, float("inf")), SegmentStatus.EMPTY),
        ((2.0, 2.1), SegmentStatus.OUTSIDE),
        ((-0.2, -0.1), SegmentStatus.OUTSIDE),
        ((1.2, 1.3), SegmentStatus.NOT_FINITE),
        ((1.3, 1.4), SegmentStatus.NOT_FINITE),
    ],
)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_each_segment_is_told_what_became_of_it(segment_s: tuple, status: SegmentStatus, bad: float) -> None:
    samples = make_noise()
    samples[round(1.29 * RATE_HZ)] = bad  # in one segment, and in what is shown around the other
    good = (0.2, 0.3)
    batch = SpectrogramMaker(CONFIG, RATE_HZ).compute(samples, np.array([good, segment_s, good]))
    assert batch.status_N.tolist() == [SegmentStatus.SHOWN, status, SegmentStatus.SHOWN]
    assert batch.has_image_N.tolist() == [True, status.has_image, True]
    assert bool(batch.images_NFT[1].any()) == status.has_image
    assert torch.equal(batch.images_NFT[0], batch.images_NFT[2])
    assert batch.images_NFT.isfinite().all()
    assert status.reason


def test_no_segments_give_no_images() -> None:
    batch = SpectrogramMaker(CONFIG, RATE_HZ).compute(make_noise(), np.zeros((0, 2)))
    assert batch.images_NFT.shape == (0, 32, 40)
    assert batch.status_N.shape == (0,)


@pytest.mark.parametrize("edges", ["recording", "silence"])
def test_an_empty_recording_has_nothing_inside(edges: str) -> None:
    batch = SpectrogramMaker(configure(edges=edges), RATE_HZ).compute(np.zeros(0, np.float32), np.array([[0.0, 0.1]]))
    assert batch.status_N.tolist() == [SegmentStatus.OUTSIDE]
    assert not batch.images_NFT.any()


def test_a_recording_shorter_than_a_window_is_shown() -> None:
    batch = SpectrogramMaker(CONFIG, RATE_HZ).compute(make_noise(0.01), np.array([[0.0, 0.01]]))
    assert batch.status_N.tolist() == [SegmentStatus.SHOWN]
    assert batch.images_NFT.amax() > 0.3


def test_the_kind_of_array_does_not_matter() -> None:
    samples, segments_s = make_noise(), make_segments(4)
    frozen = samples.copy()
    frozen.flags.writeable = False
    kinds = [torch.from_numpy(samples), frozen, samples.astype(">f4"), samples.astype(np.float64), samples[::-1][::-1]]
    made = SpectrogramMaker(CONFIG, RATE_HZ)
    expected = made.compute(samples, segments_s).images_NFT
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in kinds:
            assert torch.equal(made.compute(kind, segments_s).images_NFT, expected)


@pytest.mark.parametrize("samples", [np.zeros((2, 100), np.float32), np.zeros(100, np.int16)])
def test_other_samples_are_refused_with_advice(samples: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"one channel.*found (int16|float32) of shape.*choose a channel, divide"):
        SpectrogramMaker(CONFIG, RATE_HZ).compute(samples, np.array([[0.0, 0.1]]))


def test_other_segments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(N, 2\).*found \(3,\)"):
        SpectrogramMaker(CONFIG, RATE_HZ).compute(make_noise(), np.zeros(3))
