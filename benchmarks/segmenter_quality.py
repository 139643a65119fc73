"""What the segmenter's network is worth: errors on other songs of the same days and on another day, by training time.

Trained on 70 % of the songs of two days (plain loop, frames in memory), scored on the other songs of these days and on
all songs of a third; song of which nobody told the syllables apart (all "0") is left out. Frame error counts
milliseconds of the recording with another label; onsets count when within 10 ms and of the same label; syllable error
rate is the edit distance of label sequences over the number of true syllables.

``python -m benchmarks.segmenter_quality [SECONDS] [THREADS]``; needs SUBSONG_DATA.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor

from subsong.inference.annotating.decoding import DecodedAnnotations, decode, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.annotating.streaming import join_predictions, stream_probabilities
from subsong.inference.annotating.tuning import PredictedRecording, tune_decoding
from subsong.models.segmenter import Segmenter, SegmenterConfig
from subsong.objectives.segmenting import BorderTerm, SegmentationTerm
from subsong.sources.audio.reader import read_audio
from subsong.sources.song_class import SongClass
from subsong.sources.spectrograms.config import SpectrogramConfig
from subsong.sources.spectrograms.frames import FrameMaker
from subsong.sources.spectrograms.recording_frames import FrameGrid, RecordingFrames

DATA = Path(os.environ.get("SUBSONG_DATA", "../shared/data")) / "bengalese_finch_sober"
BIRD, TRAINING_DAYS, OTHER_DAY = "gy6or6", ("032312", "032412"), "032512"
TRAINING_SHARE, UNCLEAR, MAX_UNCLEAR = 0.7, "0", 0.3
TOLERANCE_S, RASTER_S = 0.01, 0.001
SPECTROGRAM = SpectrogramConfig(
    window_size=384, hop_size=192, low_hz=500.0, high_hz=10_000.0, num_freq_bins=64, remove_mean=False
)
BATCH_SIZE, CHUNK_FRAMES, LEARNING_RATE, WARM_UP_STEPS = 16, 256, 3e-3, 20
GAIN_SPREAD, BORDER_WEIGHT = 0.08, 0.2
SCORE_EVERY_S = 10.0


class Truth(NamedTuple):
    onset_s_N: np.ndarray
    offset_s_N: np.ndarray
    class_N: np.ndarray


class Song(NamedTuple):
    samples_S: np.ndarray
    truth: Truth


class Chunks(NamedTuple):
    target: Tensor
    mask: Tensor | None


class Scores(NamedTuple):
    frame_error: float
    onset_f1: float
    syllable_error: float

    def __str__(self) -> str:
        return (
            f"frame error {self.frame_error:.4f}, onset F1 {self.onset_f1:.4f}, "
            f"syllable error rate {self.syllable_error:.4f}"
        )


def read_songs() -> tuple[list[SongClass], dict[str, list[Song]]]:
    """Return the classes, and songs of the parts train, same days and other day."""
    table = pl.read_csv(DATA / "segments.csv").filter(pl.col("audio_file").str.starts_with(BIRD))
    names = sorted(table["label"].unique())
    numbers = {name: number for number, name in enumerate(names)}
    parts: dict[str, list[Song]] = {"train": [], "same days": [], "other day": []}
    for day in (*TRAINING_DAYS, OTHER_DAY):
        files = sorted(name for name in table["audio_file"].unique() if f"/{day}/" in name)
        np.random.default_rng(7).shuffle(files)
        for place, file in enumerate(files):
            rows = table.filter(pl.col("audio_file") == file).sort("onset_s")
            if (rows["label"] == UNCLEAR).sum() > MAX_UNCLEAR * len(rows):
                continue
            is_train = place < TRAINING_SHARE * len(files)
            part = "other day" if day == OTHER_DAY else "train" if is_train else "same days"
            classes = np.array([numbers[label] for label in rows["label"]])
            truth = Truth(rows["onset_s"].to_numpy(), rows["offset_s"].to_numpy(), classes)
            parts[part].append(Song(read_audio(DATA / file, 0).samples, truth))
    return [SongClass(name, "segment") for name in names], parts


def build_source(song: Song, maker: FrameMaker) -> RecordingFrames:
    return RecordingFrames(maker, len(song.samples_S), lambda first, stop: song.samples_S[first:stop])


def compute_targets(truth: Truth, num_classes: int, grid: FrameGrid) -> np.ndarray:
    """Return the share of each frame that each class covers, float32, shape (K, C)."""
    borders = (np.arange(grid.num_frames + 1) - 0.5) * grid.hop_s
    target_KC = np.zeros((grid.num_frames, num_classes), np.float32)
    for number in np.unique(truth.class_N):
        times_N2 = np.stack([truth.onset_s_N, truth.offset_s_N], axis=1)[truth.class_N == number]
        sounded = np.repeat(np.concatenate([[0.0], np.cumsum(np.diff(times_N2)[:, 0])]), 2)[1:-1]
        target_KC[:, number] = np.diff(np.interp(borders, times_N2.ravel(), sounded)) / grid.hop_s
    return target_KC


def fit_range(songs: Sequence[Song], sample_rate_hz: int) -> SpectrogramConfig:
    """Return the settings with grey values that span the frames of the songs."""
    plain = FrameMaker(SPECTROGRAM.model_copy(update={"log_low": 0.0, "log_high": 1.0}), sample_rate_hz)
    half = SPECTROGRAM.window_size // 2
    logs = [plain.compute(s.samples_S, range(2, (len(s.samples_S) - half) // SPECTROGRAM.hop_size)) for s in songs]
    low, high = np.percentile(torch.cat(logs).numpy(), [5.0, 99.5])
    return SPECTROGRAM.model_copy(update={"log_low": float(low), "log_high": float(high)})


class Spent(NamedTuple):
    wall_s: float
    processor_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.0f} s ({self.processor_s:.0f} s of processors)"


def train(module: Segmenter, grey_KF: Tensor, target_KC: Tensor, limit_s: float) -> Iterator[Spent]:
    """Train for `limit_s` seconds; yield the time spent on it at every pause for scoring."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(module.parameters(), lr=LEARNING_RATE, weight_decay=0.01, fused=True)
    terms = SegmentationTerm().build(), BorderTerm().build()
    used_s, processor_s, next_s, step = 0.0, 0.0, SCORE_EVERY_S, 0
    while used_s < limit_s:
        start_s, start_processor_s = time.perf_counter(), time.process_time()
        rate = min(1.0, (step + 1) / WARM_UP_STEPS) * max(0.02, 0.5 * (1 + np.cos(np.pi * used_s / limit_s)))
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * rate
        first_B1 = torch.randint(0, len(grey_KF) - CHUNK_FRAMES, (BATCH_SIZE, 1), generator=generator)
        rows_BK = first_B1 + torch.arange(CHUNK_FRAMES)
        gain_B11 = GAIN_SPREAD * torch.randn(BATCH_SIZE, 1, 1, generator=generator)
        output = module((grey_KF[rows_BK] + gain_B11).clamp(0.0, 1.0).transpose(1, 2))
        batch = Chunks(target_KC[rows_BK], None)
        segmentation, borders = (term(output, batch, step, 1).mean() / CHUNK_FRAMES for term in terms)
        optimizer.zero_grad()
        (segmentation + BORDER_WEIGHT * borders).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        step, used_s = step + 1, used_s + time.perf_counter() - start_s
        processor_s += time.process_time() - start_processor_s
        if used_s >= next_s:
            next_s += SCORE_EVERY_S
            yield Spent(used_s, processor_s)


def predict(module: Segmenter, songs: Sequence[Song], maker: FrameMaker) -> list[PredictedRecording]:
    module.eval()
    sources = [build_source(song, maker) for song in songs]
    predicted = [
        PredictedRecording(join_predictions(stream_probabilities(module, source)), source.grid) for source in sources
    ]
    module.train()
    return predicted


def score_all(decoded: Sequence[DecodedAnnotations], songs: Sequence[Song]) -> Scores:
    pairs = list(zip(decoded, songs, strict=True))
    wrong, total = np.sum([_count_wrong_frames(found, song) for found, song in pairs], axis=0)
    num_hits = sum(_count_hits(found, song.truth) for found, song in pairs)
    num_true, num_found = sum(len(song.truth.class_N) for _, song in pairs), sum(len(found) for found, _ in pairs)
    distance = sum(_edit_distance(found.class_N, song.truth.class_N) for found, song in pairs)
    return Scores(wrong / total, 2 * num_hits / (num_true + num_found), distance / num_true)


def _paint(annotations: Truth | DecodedAnnotations, num_steps: int) -> np.ndarray:
    label_R = np.full(num_steps, -1)
    centre_R = (np.arange(num_steps) + 0.5) * RASTER_S
    for onset, offset, number in zip(*annotations[:3], strict=True):
        label_R[np.searchsorted(centre_R, onset) : np.searchsorted(centre_R, offset)] = number
    return label_R


def _count_wrong_frames(found: DecodedAnnotations, song: Song) -> tuple[int, int]:
    num_steps = int(len(song.samples_S) / 32_000 / RASTER_S)
    return int((_paint(found, num_steps) != _paint(song.truth, num_steps)).sum()), num_steps


def _count_hits(found: DecodedAnnotations, truth: Truth) -> int:
    num_hits = 0
    for number in np.unique(truth.class_N):
        left = list(found.onset_s_N[found.class_N == number])
        for onset in truth.onset_s_N[truth.class_N == number]:
            # In order of time, the earliest that fits is the best for those that follow.
            near = next((place for place, value in enumerate(left) if abs(value - onset) <= TOLERANCE_S), None)
            if near is not None:
                num_hits += 1
                del left[: near + 1]
    return num_hits


def _edit_distance(found: np.ndarray, true: np.ndarray) -> int:
    row = np.arange(len(true) + 1)
    for place, label in enumerate(found, start=1):
        change = np.minimum(row[1:] + 1, row[:-1] + (true != label))
        steps = np.concatenate([[place], change]) - np.arange(len(row))
        row = np.minimum.accumulate(steps) + np.arange(len(row))
    return int(row[-1])


def measure_speed(module: Segmenter, songs: Sequence[Song], maker: FrameMaker) -> Spent:
    """Return the seconds that an hour of sound takes from samples in memory to annotations."""
    samples_S = np.concatenate([song.samples_S for song in songs])
    song = Song(samples_S, songs[0].truth)
    source = build_source(song, maker)
    module.eval()
    start_s, start_processor_s = time.perf_counter(), time.process_time()
    join_decoded(decode_stream(stream_probabilities(module, source), module.layout, source.grid, DecodingOptions()))
    hours = len(samples_S) / maker.sample_rate_hz / 3600.0
    return Spent((time.perf_counter() - start_s) / hours, (time.process_time() - start_processor_s) / hours)


def main() -> None:
    limit_s = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    classes, parts = read_songs()
    maker = FrameMaker(fit_range(parts["train"], 32_000), 32_000)
    sources = [build_source(song, maker) for song in parts["train"]]
    grey_KF = torch.cat([source.read(0, source.grid.num_frames) for source in sources])
    targets = [
        compute_targets(song.truth, len(classes), source.grid)
        for song, source in zip(parts["train"], sources, strict=True)
    ]
    module = SegmenterConfig().build(SPECTROGRAM.num_freq_bins, classes)
    print(f"{len(parts['train'])} songs, {sum(len(s.samples_S) for s in parts['train']) / 32_000:.0f} s to train on")
    for spent in train(module, grey_KF, torch.from_numpy(np.concatenate(targets)), limit_s):
        predicted = predict(module, parts["same days"], maker)
        decoded = [decode(one.predictions, module.layout, one.grid, DecodingOptions()) for one in predicted]
        print(f"after {spent}: {score_all(decoded, parts['same days'])}", flush=True)
    known = parts["train"][:5]
    tuned = tune_decoding(
        predict(module, known, maker), module.layout, lambda found: -score_all(found, known).syllable_error
    )
    for part in ("same days", "other day"):
        predicted = predict(module, parts[part], maker)
        for name, options in (("default decoding", DecodingOptions()), ("tuned on training songs", tuned.options)):
            decoded = [decode(one.predictions, module.layout, one.grid, options) for one in predicted]
            print(f"{part}, {name}: {score_all(decoded, parts[part])}", flush=True)
    spent = measure_speed(module, parts["train"], maker)
    print(f"an hour of sound becomes annotations in {spent}: {3600.0 / spent.wall_s:.0f} times real time (asked: 200)")


if __name__ == "__main__":
    main()
