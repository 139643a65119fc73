"""Syllable images a second, all of a recording at once, against one at a time after AVA's definition with SciPy.

The spectrograms alone, in one process on one thread, turn by turn: AVA's settings for finches (32 kHz) and mice
(250 kHz) on real recordings where SUBSONG_DATA has them, else on noise with segments of the same durations. Both make
the same images; the largest difference is printed. Our own definition is timed beside it.

``python -m benchmarks.syllable_spectrograms [ROUNDS]``
"""

from __future__ import annotations

import csv
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch
from tests.sources.spectrograms.ava_reference import compute_image, name_as_ava

from subsong.core.devices import prepare_process
from subsong.sources.spectrograms import PRESETS, SpectrogramConfig, SpectrogramMaker

DATA = Path(os.environ.get("SUBSONG_DATA", "../shared/data"))
MAX_RECORDINGS = 8


class Recording(NamedTuple):
    samples: np.ndarray
    segments_s: np.ndarray


class Case(NamedTuple):
    folder: str
    preset: str
    sample_rate_hz: int
    duration_s: float


CASES = {
    "finch": Case("bengalese_finch_sober", "ava-finch", 32_000, 0.06),
    "mouse": Case("mouse_usv_amvoc", "ava-mouse", 250_000, 0.05),
}


def read_recordings(case: Case) -> list[Recording]:
    folder = DATA / case.folder
    if not folder.is_dir():
        return [make_recording(case, seed) for seed in range(MAX_RECORDINGS)]
    segments = defaultdict(list)
    with open(folder / "segments.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            segments[row["audio_file"]].append((float(row["onset_s"]), float(row["offset_s"])))
    names = list(segments)[:MAX_RECORDINGS]
    return [Recording(soundfile.read(folder / name, dtype="float32")[0], np.array(segments[name])) for name in names]


def make_recording(case: Case, seed: int) -> Recording:
    generator = np.random.default_rng(seed)
    samples = generator.normal(0.0, 300.0, 10 * case.sample_rate_hz).round().astype(np.float32) / 32_768  # 16 bits
    onset_s = np.linspace(0.1, 9.5, 60)
    duration_s = case.duration_s * generator.uniform(0.5, 1.5, 60)
    return Recording(samples, np.stack([onset_s, onset_s + duration_s], axis=1))


def compute_one_by_one(recordings: list[Recording], config: SpectrogramConfig, sample_rate_hz: int) -> list[np.ndarray]:
    p, scale = name_as_ava(config), np.float32(config.amplitude_scale)
    images = []
    for samples, segments_s in recordings:
        audio = (samples * scale).astype(np.int16)
        images += [compute_image(t1, t2, audio, p, sample_rate_hz) for t1, t2 in segments_s.tolist()]
    return images


def compute_together(recordings: list[Recording], maker: SpectrogramMaker) -> list[np.ndarray]:
    return [maker.compute(samples, segments_s).images_NFT.numpy() for samples, segments_s in recordings]


def time_case(name: str, case: Case, num_rounds: int) -> None:
    recordings = read_recordings(case)
    config = PRESETS[case.preset]
    ours = config.model_copy(update={"stretch": "sqrt", "edges": "recording"})
    routes = {
        "one by one": lambda: compute_one_by_one(recordings, config, case.sample_rate_hz),
        "together": lambda: compute_together(recordings, SpectrogramMaker(config, case.sample_rate_hz)),
        "together, our definition": lambda: compute_together(recordings, SpectrogramMaker(ours, case.sample_rate_hz)),
    }
    expected, found = np.stack(routes["one by one"]()), np.concatenate(routes["together"]())
    routes["together, our definition"]()
    rates = defaultdict(list)
    for _ in range(num_rounds):
        for route, compute in routes.items():
            start = time.perf_counter()
            compute()
            rates[route].append(len(expected) / (time.perf_counter() - start))
    print(f"{name}: {len(expected)} syllables, largest difference {np.abs(expected - found).max():.1e}")
    for route, rounds in rates.items():
        ratios = [rate / base for rate, base in zip(rounds, rates["one by one"], strict=True)]
        print(f"  {route:<25} {statistics.median(rounds):8,.0f} /s  {statistics.median(ratios):5.1f} times", flush=True)


def main() -> None:
    prepare_process()  # both routes get the allocator that a run of ours has
    torch.set_num_threads(1)
    num_rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name, case in CASES.items():
        time_case(name, case, num_rounds)


if __name__ == "__main__":
    main()
