"""Grey frames on the grid of a recording, against SciPy, and windows made of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import stft as scipy_stft
from tests.sources.spectrograms.ava_reference import find_frequencies, name_as_ava
from tests.sources.spectrograms.sounds import RATE_HZ, make_noise

from subsong.core.errors import SubsongError
from subsong.sources.spectrograms import FrameMaker, SpectrogramConfig, find_whole_frames, interpolate_windows

CONFIG = SpectrogramConfig(log_low=2.0, log_high=6.5, frequency_axis="mel")
SAMPLES = make_noise(1.2345)
MEAN = float(SAMPLES.mean(dtype=np.float64))


def compute_reference(config: SpectrogramConfig) -> np.ndarray:
    """Return the grey frames of the whole recording after SciPy, shape (K, F)."""
    size, overlap = config.window_size, config.window_size - config.hop_size
    f, _, spectrum = scipy_stft((SAMPLES - MEAN) * 32768.0, RATE_HZ, nperseg=size, noverlap=overlap)
    log_BK = np.log(np.abs(spectrum) + 1e-12)
    shown_hz = find_frequencies(name_as_ava(config))
    log_FK = np.stack([np.interp(shown_hz, f, log_B) for log_B in log_BK.T])
    return (log_FK - config.log_low) / (config.log_high - config.log_low)


@pytest.mark.parametrize(("window_size", "hop_size"), [(512, 256), (300, 70), (301, 70)])
def test_frames_are_those_of_scipys_stft_of_the_whole_recording(window_size: int, hop_size: int) -> None:
    config = CONFIG.model_copy(update={"window_size": window_size, "hop_size": hop_size})
    maker = FrameMaker(config, RATE_HZ)
    run = range(40, 90)
    reach = maker.find_reach(run)
    found_KF = maker.compute(SAMPLES[reach.start : reach.stop], run, reach.start, MEAN)
    np.testing.assert_allclose(found_KF.numpy(), compute_reference(config)[40:90], atol=1e-5)


def test_a_run_is_the_same_whatever_it_is_computed_with() -> None:
    maker = FrameMaker(CONFIG, RATE_HZ)
    whole = find_whole_frames(len(SAMPLES), CONFIG)
    at_once_KF = maker.compute(SAMPLES, whole, 0, MEAN)
    one_by_one = [maker.compute(SAMPLES, range(k, k + 1), 0, MEAN) for k in whole]
    assert torch.equal(at_once_KF, torch.cat(one_by_one))


@pytest.mark.parametrize("num_samples", [512, 513, 5_000, 5_119, 5_120])
@pytest.mark.parametrize(("window_size", "hop_size"), [(512, 256), (512, 200), (511, 256)])
def test_whole_frames_are_all_that_do_not_look_beyond_the_recording(
    num_samples: int, window_size: int, hop_size: int
) -> None:
    config = CONFIG.model_copy(update={"window_size": window_size, "hop_size": hop_size})
    starts = [k * hop_size - window_size // 2 for k in range(100)]
    inside = [k for k, start in enumerate(starts) if start >= 0 and start + window_size <= num_samples]
    assert list(find_whole_frames(num_samples, config)) == inside


def test_a_recording_shorter_than_a_window_has_no_whole_frames() -> None:
    assert len(find_whole_frames(100, CONFIG)) == 0
    assert FrameMaker(CONFIG, RATE_HZ).compute(np.zeros(100, np.float32), range(1, 1)).shape == (0, 128)


@pytest.mark.parametrize("run", [range(3), range(150, 160)])
def test_frames_that_look_beyond_the_samples_are_refused(run: range) -> None:
    with pytest.raises(ValueError, match="give more of it"):
        FrameMaker(CONFIG, RATE_HZ).compute(SAMPLES, run)


def test_the_mean_stays_where_the_settings_leave_it() -> None:
    run, with_mean = range(10, 20), CONFIG.model_copy(update={"remove_mean": False, "low_hz": 0.0})
    maker = FrameMaker(with_mean, RATE_HZ)
    assert torch.equal(maker.compute(SAMPLES, run, mean=MEAN), maker.compute(SAMPLES, run))


def test_frames_need_a_grey_range() -> None:
    with pytest.raises(SubsongError, match="log_low"):
        FrameMaker(SpectrogramConfig(), RATE_HZ)


def test_windows_lie_linearly_between_frames_and_are_clipped() -> None:
    frames_KF = torch.tensor([[-1.0, 0.0], [2.0, 0.1], [0.5, 0.2], [0.0, 0.3]])
    position_NT = np.array([[0.0, 0.5, 1.25], [2.0, 1.5, 0.0]])
    windows_NFT = interpolate_windows(frames_KF, np.array([0, 1]), position_NT)
    expected = torch.tensor([[[0.0, 0.5, 1.0], [0.0, 0.05, 0.125]], [[0.0, 0.25, 1.0], [0.3, 0.25, 0.1]]])
    torch.testing.assert_close(windows_NFT, expected)


def test_a_window_does_not_depend_on_the_others() -> None:
    generator = np.random.default_rng(0)
    frames_KF = torch.from_numpy(generator.random((300, 16), dtype=np.float32))
    first_N, position_NT = generator.integers(0, 280, 50), generator.uniform(0, 19, (50, 32))
    together_NFT = interpolate_windows(frames_KF, first_N, position_NT)
    for n in range(50):
        assert torch.equal(together_NFT[n], interpolate_windows(frames_KF, first_N[[n]], position_NT[[n]])[0])


def test_a_column_on_a_frame_looks_at_no_other() -> None:
    frames_KF = torch.tensor([[0.25], [torch.nan]])
    assert interpolate_windows(frames_KF, np.array([0]), np.array([[0.0]])).item() == 0.25
