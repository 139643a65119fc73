"""Windows a second from wav files to network input, against one window at a time after AVA's definition with SciPy.

Both start from wav files and end in float32 batches of 64 in memory, on one thread. Ours is prepared from the files
(audit and hashing counted), then drawn as training draws it; theirs holds the samples in memory, draws file, region and
onset, and computes the STFT of the window with 50 ms around it (Goffinet et al. 2021; the code's FixedWindowDataset).
AVA trains for 101 epochs of 2,048 windows: ours makes all of them, theirs is timed over some and taken as steady.

Real recordings where SUBSONG_DATA has them, else noise; those of the mouse are repeated to five minutes.

``python -m benchmarks.window_feeding [NUM_TIMED]``: the ratios; asked are 10 (finch) and 15 (mouse).
``python -m benchmarks.window_feeding memory``: peak memory of preparing and drawing, for 1 and for 10 hours.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch
from scipy.io import wavfile
from scipy.signal import stft
from tests.sources.spectrograms.ava_reference import EPSILON, find_frequencies, interpolate, name_as_ava

from subsong.core.devices import prepare_process
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.windows.axes import PlainTimes
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.dataset import DrawnWindows
from subsong.datasets.windows.drawing import find_stretches
from subsong.datasets.windows.frames import load_frames
from subsong.datasets.windows.reading import WindowReading
from subsong.sources.spectrograms import SpectrogramConfig, get_window_preset

DATA = Path(os.environ.get("SUBSONG_DATA", "../shared/data"))
BATCH_SIZE, EPOCH_SIZE, NUM_EPOCHS = 64, 2048, 101
SHOULDER_S, LEAST_S = 0.05, 300.0


class Case(NamedTuple):
    folder: str
    preset: str
    sample_rate_hz: int
    asked: float


CASES = {
    "finch": Case("bengalese_finch_sober", "ava-finch", 32_000, 10.0),
    "mouse": Case("mouse_usv_amvoc", "ava-mouse", 250_000, 15.0),
}


class Times(NamedTuple):
    """Seconds until the first epoch is there, and until all are."""

    first_epoch_s: float
    all_s: float


def write_wavs(case: Case, folder: Path) -> float:
    """Write the recordings of a case as 16-bit wav files, repeated until there is enough; return their seconds."""
    recordings = list(read_recordings(case))
    total_s, number = 0.0, 0
    while number < len(recordings) or total_s < LEAST_S:
        samples = recordings[number % len(recordings)]
        soundfile.write(folder / f"{number:04d}.wav", samples, case.sample_rate_hz, "PCM_16")
        total_s += len(samples) / case.sample_rate_hz
        number += 1
    return total_s


def read_recordings(case: Case) -> Iterator[np.ndarray]:
    paths = sorted((DATA / case.folder).rglob("*.flac"))
    for path in paths:
        yield soundfile.read(path, dtype="int16")[0]
    if not paths:
        yield np.random.default_rng(0).normal(0.0, 300.0, 20 * case.sample_rate_hz).astype(np.int16)


def time_ours(folder: Path, out: Path, config: SpectrogramConfig) -> Times:
    start = time.perf_counter()
    build_windows(folder, out, WindowReading(regions="recordings", spectrogram=config), WritingOptions(num_workers=1))
    windows = draw_from(out, config)
    first_epoch_s = 0.0
    for epoch in range(NUM_EPOCHS):
        feed_epoch(windows, epoch)
        first_epoch_s = first_epoch_s or time.perf_counter() - start
    return Times(first_epoch_s, time.perf_counter() - start)


def draw_from(store: Path, config: SpectrogramConfig) -> DrawnWindows:
    frames = load_frames(store)
    axis = PlainTimes(frames.regions, config.max_duration_s, config.num_time_bins)
    return DrawnWindows(frames, axis, find_stretches(axis), EPOCH_SIZE, seed=0)


def feed_epoch(windows: DrawnWindows, epoch: int) -> None:
    windows.start_epoch(epoch)
    for first in range(0, EPOCH_SIZE, BATCH_SIZE):
        batch = windows.fetch(np.arange(first, first + BATCH_SIZE))
        assert batch.input.shape == (BATCH_SIZE, 128, 128)


def time_theirs(folder: Path, config: SpectrogramConfig, num_timed: int) -> Times:
    start = time.perf_counter()
    recordings = [wavfile.read(path) for path in sorted(folder.glob("*.wav"))]
    rate = recordings[0][0]
    audio = [samples for _, samples in recordings]
    duration_s = np.array([len(samples) / rate for samples in audio])
    read_s = time.perf_counter() - start
    p, generator = name_as_ava(config), np.random.default_rng(0)
    start = time.perf_counter()
    for _ in range(0, num_timed, BATCH_SIZE):
        images = [draw_one(audio, duration_s, rate, p, generator) for _ in range(BATCH_SIZE)]
        torch.stack([torch.from_numpy(image).to(torch.float32) for image in images])
    window_s = (time.perf_counter() - start) / num_timed
    return Times(read_s + EPOCH_SIZE * window_s, read_s + NUM_EPOCHS * EPOCH_SIZE * window_s)


def draw_one(
    audio: list[np.ndarray], duration_s: np.ndarray, rate: int, p: dict, generator: np.random.Generator
) -> np.ndarray:
    """Return one window as AVA's data set makes it; the whole of a recording is its region."""
    file = generator.choice(len(audio), p=duration_s / duration_s.sum())
    region_s = np.array([[0.0, duration_s[file]]])
    lengths_s = region_s[:, 1] - region_s[:, 0]
    region = generator.choice(len(region_s), p=lengths_s / lengths_s.sum())
    onset = region_s[region, 0] + (lengths_s[region] - p["max_dur"]) * generator.random()
    return compute_window(onset, onset + p["max_dur"], audio[file], p, rate)


def compute_window(onset: float, offset: float, audio: np.ndarray, p: dict, rate: int) -> np.ndarray:
    """Return the picture of a window, whose STFT looks 50 ms further on both sides."""
    t1, t2 = max(0.0, onset - SHOULDER_S), offset + SHOULDER_S
    sliced = audio[round(t1 * rate) : min(len(audio), round(t2 * rate))]
    f, t, spectrum = stft(sliced - np.mean(sliced), fs=rate, nperseg=p["nperseg"], noverlap=p["noverlap"])
    times = np.linspace(onset, offset, p["num_time_bins"])
    image = interpolate(t + t1, f, np.log(np.abs(spectrum) + EPSILON), times, find_frequencies(p))
    return np.clip((image - p["spec_min_val"]) / (p["spec_max_val"] - p["spec_min_val"]), 0.0, 1.0)


def compare(name: str, case: Case, num_timed: int) -> None:
    config = get_window_preset(case.preset)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "wavs"
        folder.mkdir()
        total_s = write_wavs(case, folder)
        theirs = time_theirs(folder, config, num_timed)
        ours = time_ours(folder, Path(scratch) / "store", config)
    print(f"{name}: {total_s / 60:.1f} min at {case.sample_rate_hz} Hz, windows of {config.max_duration_s:g} s")
    stages = (("first epoch", EPOCH_SIZE, 0), (f"{NUM_EPOCHS} epochs", NUM_EPOCHS * EPOCH_SIZE, 1))
    for stage, num_windows, place in stages:
        slow, fast = (num_windows / times[place] for times in (theirs, ours))
        asked = f" (asked: {case.asked:g})" if place else ""
        print(f"  {stage:<12} one by one {slow:5,.0f} /s   ours {fast:8,.0f} /s   {fast / slow:5.1f} times{asked}")


def compare_memory() -> None:
    """Print the peak resident memory of a process that prepares and draws, for one recording of 1 and of 10 hours."""
    for num_hours in (1, 10):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / f"{num_hours} h"
            folder.mkdir()
            write_long(CASES["finch"], folder / "long.wav", num_hours)
            subprocess.run([sys.executable, "-m", "benchmarks.window_feeding", "measure", str(folder)], check=True)


def write_long(case: Case, path: Path, num_hours: int) -> None:
    """Write one recording, piece by piece: the peak of this process would count as its child's."""
    missing = num_hours * 3600 * case.sample_rate_hz
    with soundfile.SoundFile(path, "w", case.sample_rate_hz, 1, "PCM_16") as file:
        while missing:
            for samples in read_recordings(case):
                file.write(samples[:missing])
                missing -= min(missing, len(samples))


def measure_memory(folder: Path) -> None:
    config = get_window_preset(CASES["finch"].preset)
    before = peak_mib()
    start = time.perf_counter()
    build_windows(
        folder, folder.parent / f"{folder.name} store", WindowReading(regions="recordings", spectrogram=config)
    )
    prepared, prepared_s = peak_mib(), time.perf_counter() - start
    windows = draw_from(folder.parent / f"{folder.name} store", config)
    for epoch in range(10):
        feed_epoch(windows, epoch)
    print(
        f"{folder.name}: prepared in {prepared_s:.0f} s; peak {before:.0f} MiB after imports, {prepared:.0f} after "
        f"preparing, {peak_mib():.0f} after {10 * EPOCH_SIZE:,} windows",
        flush=True,
    )


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["memory"]:
        compare_memory()
    elif arguments[:1] == ["measure"]:
        torch.set_num_threads(1)
        measure_memory(Path(arguments[1]))
    else:
        prepare_process()  # both get the allocator that a run of ours has
        torch.set_num_threads(1)
        for name, case in CASES.items():
            compare(name, case, int(arguments[0]) if arguments else EPOCH_SIZE)


if __name__ == "__main__":
    main()
