"""Syllables a second from wav files to a dataset, against an item-by-item SciPy pipeline after AVA's description.

The peer reads a wav, computes one spectrogram after the other with SciPy (see tests/sources/spectrograms), and writes
HDF5 files of 20 as float64. Ours makes the same images (AVA's settings, float32), then float16 as it does by default;
checking the recordings, hashing them and writing the manifest are counted, acoustic features are left out, which the
peer does not have. Real recordings where SUBSONG_DATA has them (finch: 32 kHz, mouse: 250 kHz), copied as wav.

``python -m benchmarks.syllable_preparing [ROUNDS]``
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import polars as pl
from scipy.io import wavfile
from tests.sources.spectrograms.ava_reference import compute_image, name_as_ava

from subsong.datasets.store import load_store
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.reading import SyllableReading
from subsong.sources.audio import read_audio, write_audio
from subsong.sources.spectrograms import SpectrogramConfig, get_preset

DATA = Path(os.environ.get("SUBSONG_DATA", "../shared/data"))
SYLLABLES_A_FILE = 20
CASES = {"finch": ("bengalese_finch_sober", "ava-finch", 24), "mouse": ("mouse_usv_amvoc", "ava-mouse", 5)}
COPIES = {"finch": 1, "mouse": 8}


class Corpus(NamedTuple):
    folder: Path
    segments: dict[str, np.ndarray]
    num_segments: int


def copy_corpus(case: str, folder: Path) -> Corpus:
    """Write recordings as wav, each several times where there are few, with their segments as AVA's text files."""
    source, _, num_recordings = CASES[case]
    table = pl.read_csv(DATA / source / "segments.csv", schema_overrides={"label": pl.String})
    segments: dict[str, np.ndarray] = {}
    for (name,), rows in table.group_by(["audio_file"], maintain_order=True):
        if len(segments) >= num_recordings * COPIES[case]:
            break
        audio = read_audio(DATA / source / str(name))
        times_s = rows.select("onset_s", "offset_s").to_numpy()
        times_s = times_s[times_s[:, 1] - times_s[:, 0] > 0.017]  # AVA makes no image of less than a window
        for copy in range(COPIES[case]):
            wav = folder / f"{len(segments):03d}_{copy}.wav"
            write_audio(wav, audio.samples, audio.sample_rate_hz)
            np.savetxt(wav.with_suffix(".txt"), times_s, fmt="%.5f", header=f"Onsets/offsets for {wav.name}")
            segments[wav.name] = np.loadtxt(wav.with_suffix(".txt"), ndmin=2)
    return Corpus(folder, segments, sum(len(times) for times in segments.values()))


def run_peer(corpus: Corpus, config: SpectrogramConfig, out: Path) -> float:
    """Return seconds of the item-by-item pipeline."""
    start = time.perf_counter()
    parameters = name_as_ava(config)
    pending: list[np.ndarray] = []
    num_files = 0
    out.mkdir()
    for name, times_s in corpus.segments.items():
        rate, samples = wavfile.read(corpus.folder / name)
        for onset_s, offset_s in times_s:
            pending.append(compute_image(onset_s, offset_s, samples, parameters, rate))
            if len(pending) == SYLLABLES_A_FILE:
                with h5py.File(out / f"syllables_{num_files:04d}.hdf5", "w") as file:
                    file["specs"] = np.array(pending)
                pending, num_files = [], num_files + 1
    return time.perf_counter() - start


def run_ours(corpus: Corpus, config: SpectrogramConfig, out: Path, stored_as: str) -> float:
    reading = SyllableReading.model_validate(
        {"spectrogram": config.model_dump(), "features": False, "stored_as": stored_as}
    )
    start = time.perf_counter()
    build_syllables(corpus.folder, out, reading)
    return time.perf_counter() - start


def find_difference(corpus: Corpus, config: SpectrogramConfig, store_path: Path) -> float:
    """Return the largest difference of any image from the peer's."""
    store, parameters = load_store(store_path), name_as_ava(config)
    worst = 0.0
    for number, row in enumerate(store.items.iter_rows(named=True)):
        rate, samples = wavfile.read(corpus.folder / row["source"])
        expected = compute_image(row["onset_s"], row["offset_s"], samples, parameters, rate)
        worst = max(worst, float(np.abs(store.arrays["x"].fetch(np.array([number]))[0] - expected).max()))
    return worst


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for case, (_, preset, _) in CASES.items():
        config = get_preset(preset)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "wavs").mkdir()
            corpus = copy_corpus(case, root / "wavs")
            seconds: dict[str, list[float]] = {"peer": [], "float32": [], "float16": []}
            for number in range(rounds):
                seconds["peer"].append(run_peer(corpus, config, root / f"peer{number}"))
                for kind in ("float32", "float16"):
                    seconds[kind].append(run_ours(corpus, config, root / f"{kind}{number}", kind))
            difference = find_difference(corpus, config, root / "float320")
            assert load_store(root / "float320").items.height == corpus.num_segments
        rates = {kind: corpus.num_segments / statistics.median(times) for kind, times in seconds.items()}
        print(f"{case}: {corpus.num_segments} syllables; the item-by-item pipeline {rates['peer']:.0f} a second")
        for kind in ("float32", "float16"):
            ratio = rates[kind] / rates["peer"]
            print(f"  ours, {kind}: {rates[kind]:.0f} a second, {ratio:.1f} times as many (asked: at least 4)")
        print(f"  largest difference of a float32 image: {difference:.1e} (asked: at most 1e-5)")


if __name__ == "__main__":
    main()
