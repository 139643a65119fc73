"""The same sound gives the same annotations to the last bit, however it is stored and read; and up to both its ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subsong.datasets.song.targets import compute_targets
from subsong.datasets.types import Batch
from subsong.inference.annotating.decoding import join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.annotating.streaming import FramePredictions, stream_probabilities
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.das_tcn import DasTcnConfig
from subsong.models.portable import ModelDescription
from subsong.models.segmenter import FrameNetwork, SegmenterConfig
from subsong.models.segmenter_frontends import FrequencyFrontendConfig
from subsong.models.tcn import TcnConfig
from subsong.objectives.segmenting import BorderTerm, SegmentationTerm
from subsong.sources.audio import write_audio
from subsong.sources.song_class import SongClass
from subsong.sources.spectrograms import (
    FrameSettings,
    SampleFramesConfig,
    SpectrogramConfig,
    build_frame_opener,
    count_rows,
    describe_frames,
)
from subsong.synthesis.song import Song, SongOptions, make_bird, make_song

RATE_HZ, NUM_TRAINED = 16_000, 4
SONGS = SongOptions(num_motifs=(1, 1), num_types=4, motif_length=3, sample_rate_hz=RATE_HZ, reverberation_s=0.0)
CLASSES = [SongClass("a", "segment"), SongClass("b", "segment"), SongClass("pulse", "event")]
STFT = {"kind": "stft", "hop_size": 16, "num_taps": 64}
GREY = SpectrogramConfig(window_size=192, hop_size=96, low_hz=300, high_hz=7_500, num_freq_bins=16)
GREY = GREY.model_copy(update={"remove_mean": False, "log_low": -9.0, "log_high": 1.0})
FORMATS = ["int16.wav", "float32.wav", "int16.flac", "int16.npz", "float32.npz"]


class Shown(NamedTuple):
    """A network's configuration, and what it is shown."""

    model: DasTcnConfig | SegmenterConfig
    frames: FrameSettings


NETWORKS = {
    "grey frames": Shown(
        SegmenterConfig(
            frontend=FrequencyFrontendConfig(channels=(4, 4), feature_dim=8),
            tcn=TcnConfig(channels=8, dilations=(1, 2), num_stacks=1),
        ),
        GREY,
    ),
    "samples": Shown(
        DasTcnConfig(channels=4, kernel_size=4, num_stacks=1, dilations=(1, 4)), SampleFramesConfig(level=0.1)
    ),
    "samples, long filters": Shown(
        DasTcnConfig(frontend=STFT, channels=32, kernel_size=24, num_stacks=1, dilations=(1, 4)),
        SampleFramesConfig(hop_size=16, level=0.1),
    ),
}


def describe(shown: Shown, classes: list[SongClass], decoding: DecodingOptions) -> ModelDescription:
    preprocessing = {
        "sample_rate_hz": RATE_HZ,
        "classes": [one._asdict() for one in classes],
        "decoding": decoding.model_dump(),
        **describe_frames(shown.frames),
    }
    return ModelDescription("song-segmenter", shown.model.model_dump(), preprocessing)


def load(shown: Shown, module: FrameNetwork, classes: list[SongClass], decoding: DecodingOptions) -> TrainedSegmenter:
    return TrainedSegmenter(module, describe(shown, classes, decoding), torch.device("cpu"))


@pytest.fixture(scope="module", params=NETWORKS)
def model(request: pytest.FixtureRequest, part: np.ndarray) -> TrainedSegmenter:
    """Return a network of random weights, made to say now this and now that of the song."""
    shown = NETWORKS[request.param]
    torch.manual_seed(1)
    module = shown.model.build(count_rows(shown.frames), CLASSES).eval()
    frames = build_frame_opener(shown.frames, RATE_HZ)(len(part), lambda first, stop: part[first:stop])
    with torch.no_grad():
        output = module(frames.read(0, frames.grid.num_frames).T.unsqueeze(0))
        said_CK = torch.cat([output.logits_BCK, output.border_logits_BPK], dim=1)[0]
        module.head.weight *= (3.0 / said_CK.std(dim=1))[:, None, None]
        mean_C = said_CK.mean(dim=1) - module.head.bias
        module.head.bias.copy_(-0.5 - 3.0 * mean_C / said_CK.std(dim=1))
    return load(shown, module, CLASSES, DecodingOptions(switch_nats=4.0))


@pytest.fixture(scope="module")
def song() -> Song:
    """Return a song whose samples are those of 16 bits."""
    made = make_song(make_bird(2, options=SONGS), options=SONGS)
    return made._replace(samples=(np.rint(made.samples * 2.0**15) / 2.0**15).astype(np.float32))


@pytest.fixture(scope="module")
def part(song: Song) -> np.ndarray:
    """Return half a second of it."""
    return song.samples[5_000:13_000]


@pytest.fixture(scope="module")
def recordings(part: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with that sound in every format."""
    folder = tmp_path_factory.mktemp("formats")
    write_audio(folder / "int16.wav", part, RATE_HZ)
    write_audio(folder / "float32.wav", part, RATE_HZ, "float32")
    write_audio(folder / "int16.flac", part, RATE_HZ)
    np.savez(folder / "int16.npz", data=(part * 2**15).astype(np.int16), samplerate=RATE_HZ)
    np.savez(folder / "float32.npz", data=part, samplerate=RATE_HZ)
    return folder


@pytest.mark.parametrize("name", FORMATS)
def test_the_format_of_a_recording_changes_no_bit(model: TrainedSegmenter, recordings: Path, name: str) -> None:
    expected = model.annotate(recordings / FORMATS[0], "x")
    assert expected.height > 20
    assert expected["label"].n_unique() == len(CLASSES)
    assert model.annotate(recordings / name, "x").equals(expected)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_how_a_recording_is_read_changes_no_bit(model: TrainedSegmenter, part: np.ndarray, data: st.DataObject) -> None:
    read_size, run_size = data.draw(st.integers(1, 20_000)), data.draw(st.integers(1, 5_000))
    first, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(part))] * 2)))
    samples_T = part[first:stop]
    whole = annotate(model, len(samples_T), lambda low, high: samples_T[low:high], lambda runs: runs)
    pieces = annotate(model, len(samples_T), read_in_pieces(samples_T, read_size), lambda runs: cut(runs, run_size))
    for found, expected in zip(pieces, whole, strict=True):
        np.testing.assert_array_equal(found, expected)


def annotate(
    model: TrainedSegmenter,
    num_samples: int,
    read: Callable[[int, int], np.ndarray],
    regroup: Callable[[Iterator[FramePredictions]], Iterator[FramePredictions]],
) -> tuple[np.ndarray, ...]:
    frames = model.open_frames(num_samples, read)
    runs = regroup(stream_probabilities(model.module, frames))
    return join_decoded(decode_stream(runs, model.module.layout, frames.grid, model.decoding))


def read_in_pieces(samples_T: np.ndarray, size: int) -> Callable[[int, int], np.ndarray]:
    def read(low: int, high: int) -> np.ndarray:
        starts = range(low, high, size)
        return np.concatenate([samples_T[:0], *(samples_T[start : min(start + size, high)] for start in starts)])

    return read


def cut(runs: Iterator[FramePredictions], size: int) -> Iterator[FramePredictions]:
    for run in runs:
        for start in range(0, len(run), size):
            yield run.cut(start, start + size)


@pytest.fixture(scope="module")
def trained() -> TrainedSegmenter:
    """Return a small network that was taught where some songs of a bird sound."""
    classes, bird = [SongClass("song", "segment")], make_bird(2, options=SONGS)
    songs = [make_song(bird, number=number, options=SONGS) for number in range(2, 2 + NUM_TRAINED)]
    shown = Shown(
        DasTcnConfig(frontend={**STFT, "is_trainable": False}, channels=8, kernel_size=5, num_stacks=1),
        SampleFramesConfig(hop_size=16, level=0.1),
    )
    torch.manual_seed(0)
    module = shown.model.build(16, classes)
    batch = join_batches([build_batch(one, shown.frames, classes) for one in songs])
    terms = [(1.0, SegmentationTerm().build()), (0.2, BorderTerm().build())]
    optimizer = torch.optim.Adam(module.parameters(), 0.01)
    for _ in range(50):
        output = module(batch.input)
        loss = sum(weight * term(output, batch, 0, 1).mean() for weight, term in terms)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return load(shown, module, classes, DecodingOptions(min_duration_s=0.01, fill_gap_s=0.005))


def build_batch(song: Song, frames: FrameSettings, classes: list[SongClass]) -> Batch:
    source = build_frame_opener(frames, RATE_HZ)(len(song.samples), lambda first, stop: song.samples[first:stop])
    onset_s, offset_s = (song.annotations[name].to_numpy() for name in ("onset_s", "offset_s"))
    times_s = np.arange(source.grid.num_frames) * source.grid.hop_s
    target_KC = compute_targets(onset_s, offset_s, np.zeros(len(onset_s), np.int64), classes, times_s, 0.001)
    input_BFK = source.read(0, source.grid.num_frames).T.unsqueeze(0)
    return Batch(torch.zeros(1, dtype=torch.int64), input_BFK, torch.from_numpy(target_KC).unsqueeze(0))


def join_batches(batches: list[Batch]) -> Batch:
    num_frames = min(batch.input.shape[2] for batch in batches)
    input_BFK = torch.cat([batch.input[:, :, :num_frames] for batch in batches])
    target_BKC = torch.cat([batch.target[:, :num_frames] for batch in batches])
    return Batch(torch.arange(len(batches)), input_BFK, target_BKC)


@pytest.mark.parametrize("suffix", ["wav", "flac", "npz"])
def test_syllables_that_touch_both_ends_are_found(
    trained: TrainedSegmenter, song: Song, tmp_path: Path, suffix: str
) -> None:
    truth = song.annotations.sort("onset_s")
    first, stop = (round(RATE_HZ * value) for value in (truth["onset_s"].min(), truth["offset_s"].max()))
    path, samples_T = tmp_path / f"cut.{suffix}", song.samples[first:stop]
    if suffix == "npz":
        np.savez(path, data=samples_T, samplerate=RATE_HZ)
    else:
        write_audio(path, samples_T, RATE_HZ)
    found, end_s = trained.annotate(path), len(samples_T) / RATE_HZ
    assert found["onset_s"][0] == pytest.approx(0.0, abs=0.003)
    assert found["offset_s"][-1] == pytest.approx(end_s, abs=0.003)
    assert found.select(pl.all_horizontal(pl.col("onset_s") >= 0, pl.col("offset_s") <= end_s).all()).item()
    assert found.height == pytest.approx(truth.height, abs=1)
