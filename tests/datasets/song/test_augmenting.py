"""Augmentation: a function of seed, epoch and chunk; what it adds is as loud as it says; labels move with the sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from subsong.core.errors import SubsongError
from subsong.datasets.song.augmentations import AugmentationConfig
from subsong.datasets.song.augmenting import Augmenter
from subsong.datasets.song.building import build_song
from subsong.datasets.song.chunks import ChunkPlan
from subsong.datasets.song.dataset import ChunkMaker, DrawnChunks, TargetOptions
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.sound_effects import add_noise, change_response, draw_noise, draw_response
from subsong.datasets.song.store import SongStore, load_song
from subsong.sources.audio import write_audio
from subsong.sources.spectrograms import FrameMaker, RecordingFrames, SampleFramesConfig, SpectrogramConfig

from .songs import RATE_HZ, write_files, write_rows

HOP = 64
FRAMES = SpectrogramConfig(
    window_size=128, hop_size=HOP, low_hz=200, high_hz=3500, num_freq_bins=16, log_low=-8.0, log_high=8.0,
    remove_mean=False,
)  # fmt: skip
ALL: list[dict[str, Any]] = [
    {"kind": "gain"},
    {"kind": "response"},
    {"kind": "noise", "low_db": 20.0},
    {"kind": "noise", "colour": "pink", "low_db": 20.0},
    {"kind": "background"},
    {"kind": "polarity", "probability": 0.5},
    {"kind": "shift"},
    {"kind": "time_mask"},
    {"kind": "frequency_mask"},
]


def make_song(starts_s: np.ndarray, seed: int, duration_s: float = 6.0) -> np.ndarray:
    """Return soft noise with loud tones of 0.1 s."""
    samples = np.random.default_rng(seed).normal(0, 1e-4, round(duration_s * RATE_HZ))
    for start in starts_s:
        place = slice(round(start * RATE_HZ), round((start + 0.1) * RATE_HZ))
        samples[place] += 0.3 * np.sin(2 * np.pi * 1500 * np.arange(place.stop - place.start) / RATE_HZ)
    return samples.astype(np.float32)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SongStore:
    folder = tmp_path_factory.mktemp("augment") / "songs"
    folder.mkdir()
    for number in range(3):
        starts = np.arange(0.3, 5.6, 0.4) + 0.013 * number
        write_audio(folder / f"{number}.wav", make_song(starts, number), RATE_HZ)
        write_rows(folder / f"{number}_annotations.csv", [("tone", start, start + 0.1) for start in starts])
    write_files(folder, {"audio_file": ["0.wav", "1.wav", "2.wav"], "split": ["train", "val", "test"]})
    return load_song(build_song(folder, folder.parent / "out", SongReading(split_by="split")).path)


def parse(*entries: dict[str, Any]) -> list[Any]:
    return [TypeAdapter(AugmentationConfig).validate_python(entry) for entry in entries]


def build(store: SongStore, *entries: dict[str, Any], seed: int = 0, **options: Any) -> DrawnChunks:
    plan = ChunkPlan(store, "train", 1.0)
    augmenter = Augmenter(parse(*entries), store, plan, FRAMES, seed)
    maker = ChunkMaker(store, FRAMES, 125, TargetOptions(**options))
    return DrawnChunks(maker, plan, 24, 0.25, seed, augmenter)


def change(store: SongStore, samples: np.ndarray, *entries: dict[str, Any], chunk: int = 0) -> np.ndarray:
    augmenter = Augmenter(parse(*entries), store, ChunkPlan(store, "train", 1.0), FRAMES, 0)
    return augmenter.draw(0, chunk).change_sound(samples)


def measure_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def test_chunks_are_the_same_in_any_batch_and_order(store: SongStore) -> None:
    together, alone = build(store, *ALL), build(store, *ALL)
    for dataset in (together, alone):
        dataset.start_epoch(3)
    whole = together.fetch(np.arange(24))
    for row in (17, 2, 23, 0, 2):
        batch = alone.fetch(np.array([row]))
        for one, many in zip(batch[1:], whole[1:], strict=True):
            assert torch.equal(one[0], many[row])


def test_changes_follow_from_seed_and_epoch(store: SongStore) -> None:
    def fetch(seed: int, epoch: int) -> torch.Tensor:
        dataset = build(store, *ALL, seed=seed)
        dataset.start_epoch(epoch)
        return dataset.fetch(np.arange(4)).input

    assert torch.equal(fetch(0, 1), fetch(0, 1))
    assert not torch.equal(fetch(0, 1), fetch(0, 2))
    assert not torch.equal(fetch(0, 1), fetch(1, 1))


def test_what_is_not_drawn_changes_nothing(store: SongStore) -> None:
    never = [{**entry, "probability": 0.0} for entry in ALL]
    for one, other in zip(build(store, *never).fetch(np.arange(8)), build(store).fetch(np.arange(8)), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("entries", [[entry] for entry in ALL[:7]] + [ALL[:7]], ids=lambda all_: all_[-1]["kind"])
def test_labels_move_with_the_sound(store: SongStore, entries: list[dict[str, Any]]) -> None:
    batch = build(store, *entries).fetch(np.arange(24))
    # The row of the tone is loud exactly where the target says tone, up to the frames that show half of it.
    loud = batch.input[:, 3:8].amax(dim=1)
    target = batch.target[..., 0]
    inside, outside = batch.mask & (target == 1), batch.mask & (target == 0)
    # A window of two hops sees a neighbouring frame's sound.
    near = torch.nn.functional.max_pool1d(target[:, None], 3, stride=1, padding=1)[:, 0] > 0
    assert inside.any()
    assert float(loud[inside].min()) > float(loud[outside & ~near].max())


def test_frames_begin_anywhere_within_a_hop(store: SongStore) -> None:
    augmenter = build(store, {"kind": "shift"})._augmenter
    assert augmenter is not None
    shifts = [augmenter.draw(0, chunk).shift for chunk in range(2000)]
    assert (min(shifts), max(shifts)) == (0, HOP - 1)
    assert np.mean(shifts) == pytest.approx((HOP - 1) / 2, abs=2)


def test_a_shifted_chunk_is_a_chunk_of_the_recording_that_begins_later(store: SongStore) -> None:
    dataset = build(store, {"kind": "shift"})
    assert dataset._augmenter is not None
    row = 5
    shift = dataset._augmenter.draw(0, row).shift
    recording, first, num = (int(values[row]) for values in dataset.chunks)
    batch = dataset.fetch(np.array([row]))
    start = -(-(first - shift) // HOP)
    times_s = (np.arange(start, start + int(batch.mask[0].sum())) * HOP + shift) / RATE_HZ
    assert times_s[0] >= first / RATE_HZ
    assert times_s[-1] < (first + num) / RATE_HZ
    found = store.find_intervals(recording)
    low, high = times_s[:, None] - 0.5 * HOP / RATE_HZ, times_s[:, None] + 0.5 * HOP / RATE_HZ
    covered = (np.minimum(high, found.offset_s) - np.maximum(low, found.onset_s)).clip(0).sum(axis=1) * RATE_HZ / HOP
    np.testing.assert_allclose(batch.target[0, : len(times_s), 0].numpy(), covered, atol=1e-5)
    cut = store.read(recording, shift, int(store.recordings["num_samples"][recording]))
    later = RecordingFrames(FrameMaker(FRAMES, RATE_HZ), len(cut), lambda low, high: cut[low:high])
    assert torch.equal(batch.input[0, :, : len(times_s)], later.read(start, start + len(times_s)).T)


@pytest.mark.parametrize("colour", ["white", "pink"])
@pytest.mark.parametrize("snr_db", [-3.0, 10.0])
def test_noise_is_as_loud_as_asked_for(store: SongStore, colour: str, snr_db: float) -> None:
    samples = store.read(0, 0, 8000)
    noisy = change(store, samples, {"kind": "noise", "colour": colour, "low_db": snr_db, "high_db": snr_db})
    assert measure_db(samples) - measure_db(noisy - samples) == pytest.approx(snr_db, abs=0.01)


def test_white_noise_is_flat_and_pink_noise_falls_by_three_decibels_an_octave() -> None:
    rng = np.random.default_rng(0)
    for is_pink, slope_db in ((False, 0.0), (True, -3.01)):
        power = np.abs(np.fft.rfft(draw_noise(1 << 16, is_pink, rng))) ** 2
        octaves_db = [10 * np.log10(power[low : 2 * low].mean()) for low in (256, 512, 1024, 2048, 4096, 8192)]
        assert np.diff(octaves_db).mean() == pytest.approx(slope_db, abs=0.3)


def test_noise_on_silence_is_silent() -> None:
    assert (
        np.abs(add_noise(np.zeros(100, np.float32), draw_noise(100, False, np.random.default_rng(0)), 0.0)).max() < 1e-6
    )


def test_gain_and_polarity_are_exact(store: SongStore) -> None:
    samples = store.read(0, 0, 8000)
    louder = change(store, samples, {"kind": "gain", "low_db": 6.0, "high_db": 6.0})
    np.testing.assert_allclose(louder, samples * 10 ** (6 / 20), rtol=1e-6)
    assert np.array_equal(change(store, samples, {"kind": "polarity", "probability": 1.0}), -samples)


def test_a_response_has_its_gains_at_the_octaves_and_no_delay() -> None:
    impulse = np.zeros(4096, np.float32)
    impulse[2000] = 1.0
    gains_db = np.array([3.0, -2.0, 5.0, 0.0, -6.0, 4.0, 1.0, -3.0])
    heard = change_response(impulse, gains_db)
    assert int(np.abs(heard).argmax()) == 2000
    spectrum_db = 20 * np.log10(np.abs(np.fft.rfft(heard)))
    found = [spectrum_db[round(2048 * 2.0**-octave)] for octave in range(6, -1, -1)]
    np.testing.assert_allclose(found, gains_db[1:], atol=0.7)
    np.testing.assert_allclose(change_response(impulse, np.zeros(8)), impulse, atol=1e-6)
    assert np.std([draw_response(4.0, np.random.default_rng(seed)) for seed in range(300)]) == pytest.approx(4, abs=0.2)


def test_own_background_is_sound_between_annotations(store: SongStore) -> None:
    samples = np.zeros(8000, np.float32)
    for chunk in range(10):
        added = change(store, samples, {"kind": "background", "low_db": 0.0, "high_db": 0.0}, chunk=chunk)
        assert 5e-5 < np.std(added) < 2e-4


def test_background_of_a_folder_is_heard_at_the_store_s_rate(store: SongStore, tmp_path: Path) -> None:
    times_s = np.arange(2 * RATE_HZ * 2) / (2 * RATE_HZ)
    write_audio(tmp_path / "hum.wav", (0.1 * np.sin(2 * np.pi * 500 * times_s)).astype(np.float32), 2 * RATE_HZ)
    entry = {"kind": "background", "folder": str(tmp_path), "low_db": 0.0, "high_db": 0.0}
    heard = change(store, np.zeros(8000, np.float32), entry)
    assert int(np.abs(np.fft.rfft(heard)).argmax()) == 500
    assert np.abs(heard).max() == pytest.approx(0.1, abs=0.01)


def test_where_everything_is_annotated_there_is_no_background(tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    for name in "xy":
        write_audio(tmp_path / "songs" / f"{name}.wav", make_song(np.array([1.0]), 0, 2.0), RATE_HZ)
        write_rows(tmp_path / "songs" / f"{name}_annotations.csv", [("a", 0.0, 1.0), ("a", 1.0, 2.0)])
    write_files(tmp_path / "songs", {"audio_file": ["x.wav", "y.wav"], "split": ["train", "val"]})
    store = load_song(build_song(tmp_path / "songs", tmp_path / "out", SongReading(split_by="split")).path)
    with pytest.raises(SubsongError, match=r"no 0\.05 s of training sound without annotations"):
        build(store, {"kind": "background"})


@pytest.mark.parametrize(("kind", "axis", "most"), [("time_mask", 2, 2), ("frequency_mask", 1, 3)])
def test_masks_silence_one_stretch_and_leave_the_labels(store: SongStore, kind: str, axis: int, most: int) -> None:
    plain, masked = build(store).fetch(np.arange(24)), build(store, {"kind": kind}).fetch(np.arange(24))
    assert torch.equal(plain.target, masked.target)
    is_silent = ((masked.input == 0) & (plain.input != 0)).any(dim=3 - axis)
    sizes = is_silent.sum(dim=1)
    assert 0 < int(sizes.max()) <= most
    edges = torch.diff(is_silent.int(), dim=1, prepend=torch.zeros(24, 1), append=torch.zeros(24, 1))
    assert ((edges == 1).sum(dim=1) <= 1).all()


def test_bands_of_samples_cannot_be_silenced(store: SongStore) -> None:
    plan = ChunkPlan(store, "train", 1.0)
    with pytest.raises(SubsongError, match="this network looks at samples"):
        Augmenter(parse({"kind": "frequency_mask"}), store, plan, SampleFramesConfig(hop_size=16, level=0.1), 0)


def test_a_range_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValidationError, match="low_db is 3 and high_db -3"):
        parse({"kind": "gain", "low_db": 3.0, "high_db": -3.0})


def test_gaps_are_taught_as_nothing_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    for name in "xy":
        write_audio(tmp_path / "songs" / f"{name}.wav", make_song(np.array([1.0]), 0, 2.0), RATE_HZ)
        write_rows(tmp_path / "songs" / f"{name}_annotations.csv", [("a", 0.5, 1.0), ("b", 1.0, 1.5)])
    write_files(tmp_path / "songs", {"audio_file": ["x.wav", "y.wav"], "split": ["train", "val"]})
    store = load_song(build_song(tmp_path / "songs", tmp_path / "out", SongReading(split_by="split")).path)
    taught, ignored = (
        build(store, gap_s=0.08, gaps_count=gaps_count).fetch(np.arange(24)) for gaps_count in (True, False)
    )
    assert torch.equal(taught.target, ignored.target)
    not_counted = taught.mask & ~ignored.mask
    assert int(not_counted.sum(dim=1).max()) == 10
    # A frame centred in the gap reaches half a hop into what is left of a segment.
    assert float(taught.target[not_counted].max()) <= 0.5
