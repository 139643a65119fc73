"""How fast the song segmenter is at its default size, on two cores where there are two, and how much memory it takes.

- From file to annotations, as ``subsong predict`` does it: times real time, for a wav file of 32 kHz (asked: 200).
- Training: chunks a second of the engine, with chunks drawn, augmented and made into frames as it goes, against a bare
  loop over the same network with its batches in memory (asked: 0.9).
- Peak memory of a file of an hour and of a longer one (asked: within 10 %).

``python -m benchmarks.segmenting.speed [HOURS]``: the longer file; 3 by default, 24 takes ten minutes.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import torch

from subsong.core.devices import prepare_process
from subsong.datasets.song.building import build_song
from subsong.inference.load import load_model
from subsong.inference.segmenter import TrainedSegmenter
from subsong.objectives.objective import build_objective
from subsong.recipes import run as recipes
from subsong.recipes.catalogue import load_recipe
from subsong.recipes.wiring import build_module
from subsong.synthesis.song import SongOptions, write_songs

RATE_HZ, NUM_ROUNDS, NUM_EPOCHS = 32_000, 3, 4


def write_long(songs: Path, path: Path, duration_s: float) -> None:
    """Write a file of songs that follow each other again and again."""
    samples = [soundfile.read(song, dtype="int16")[0] for song in sorted(songs.rglob("*.wav"))]
    left = int(duration_s * RATE_HZ)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, "PCM_16") as file:
        while left > 0:
            for song_S in samples:
                file.write(song_S[:left])
                left = max(0, left - len(song_S))


def annotate(model: Path, path: Path) -> None:
    """Annotate a file in this process; print the seconds of each of some rounds and the peak memory in MiB."""
    trained = load_model(model)
    assert isinstance(trained, TrainedSegmenter)
    times = []
    for _ in range(NUM_ROUNDS if path.suffix == ".wav" else 1):
        start_s = time.perf_counter()
        found = trained.annotate(path)
        times.append(time.perf_counter() - start_s)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"times_s": times, "peak_mib": peak_mib, "num_found": found.height}))


def annotate_apart(model: Path, path: Path) -> dict[str, object]:
    """Return what `annotate` prints in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.segmenting.speed", "annotate", str(model), str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def train(store: Path, root: Path) -> Path:
    """Train by the engine, and print its chunks a second against a bare loop's; return the run."""
    overrides = {
        "training.num_epochs": NUM_EPOCHS,
        "training.figure_epochs": None,
        "results_at_end": False,
        "decoding_search": None,
    }
    run = recipes.train("song-segmenter", store, overrides, root=root)
    lines = [json.loads(line) for line in run.folder.timings_path.read_text().splitlines()]
    engine = max(line["examples_per_s"] for line in lines if line["event"] == "epoch")
    bare = measure_bare(run.config)
    print(f"training: {engine:.1f} chunks/s, bare loop {bare:.1f}: ratio {engine / bare:.3f} (asked: 0.9)")
    return run.path


def measure_bare(config: object) -> float:
    """Return the chunks a second of a loop over batches in memory: the best of some passes."""
    recipe = load_recipe("song-segmenter")
    data = recipe.build_data(config)
    module = build_module(recipe, config, data)
    objective = build_objective(config.losses, 1000)  # type: ignore[attr-defined]
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3, fused=True)
    size, rates = config.training.batch_size, []  # type: ignore[attr-defined]
    batches = [data.train.fetch(np.arange(first, first + size)) for first in range(0, len(data.train) - size + 1, size)]
    for _ in range(NUM_EPOCHS):
        start_s = time.perf_counter()
        for batch in batches:
            optimizer.zero_grad()
            loss = objective(module(batch.input), batch, 0)
            loss.total_B.mean().backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), 200.0)
            optimizer.step()
        rates.append(len(batches) * size / (time.perf_counter() - start_s))
    return max(rates)


def main() -> None:
    logging.disable(logging.WARNING)
    prepare_process()
    if sys.argv[1:2] == ["annotate"]:
        annotate(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        write_songs(root / "songs", SongOptions(num_birds=1), seed=0)
        build_song(root / "songs", root / "store")
        model = train(root / "store", root / "runs")
        write_long(root / "songs", root / "short.wav", 600.0)
        found = annotate_apart(model, root / "short.wav")
        fastest_s = min(found["times_s"])  # type: ignore[call-overload]
        print(f"file to annotations: {600.0 / fastest_s:.0f} times real time (asked: 200)")
        peaks = {}
        for duration in (1.0, hours):
            write_long(root / "songs", root / "long.flac", 3600.0 * duration)
            peaks[duration] = annotate_apart(model, root / "long.flac")["peak_mib"]
            print(f"peak memory of {duration:g} h: {peaks[duration]:.0f} MiB", flush=True)
        print(f"ratio {peaks[hours] / peaks[1.0]:.3f} (asked: at most 1.1)")  # type: ignore[operator]


if __name__ == "__main__":
    main()
