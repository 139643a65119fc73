"""Pictures of people trained on a second: the engine beside a bare loop over the same network, losses and precision.

The bare loop has its batches in memory before it starts and draws nothing; the engine draws pairs, logs, and counts.
Each runs in a process of its own, turn by turn. Also: the share of its time the engine waits for data, and bf16.

``python -m benchmarks.pose_training [ROUNDS]``
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from subsong.core.devices import prepare_process
from subsong.core.noise import StepNoise
from subsong.datasets.types import Splits
from subsong.objectives.objective import build_objective
from subsong.recipes.configuring import resolve_config
from subsong.recipes.wiring import build_engine, build_module
from subsong.synthesis.figures import FigureOptions, write_figures
from subsong.training.fabric import build_fabric
from subsong.training.run_folder import RunFolder

FIGURES = FigureOptions(num_figures=24, num_poses=32, size=(64, 64))
EPOCHS, BATCH, NUM_FEW = 2, 16, 5
QUIET = {
    "training.num_epochs": EPOCHS,
    "training.batch_size": BATCH,
    "training.figure_epochs": None,
    "training.device": "cpu",
    "training.drop_last": True,
}


def configure(path: Path, precision: str) -> tuple[Any, Any, Splits]:
    """Return recipe, configuration and data, drawn before anything is timed."""
    recipe, config = resolve_config("pose-vunet", path, {**QUIET, "training.precision": precision})
    prepare_process()
    return recipe, config, recipe.build_data(config)


def time_engine(path: Path, precision: str) -> tuple[float, float]:
    """Return pictures a second of the training part of the last epoch, and the share of it spent waiting for data."""
    recipe, config, data = configure(path, precision)
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder))
        engine = build_engine(recipe, config, data, build_fabric(config.training), run)
        engine.fit()
        timings = [json.loads(line) for line in (Path(folder) / "timings.jsonl").read_text().splitlines()]
    last = timings[-1]
    return len(data.train) // BATCH * BATCH / last["train_s"], last["wait_share"]


def time_bare(path: Path, precision: str, num_batches: int | None = None) -> tuple[float, float]:
    """Return pictures a second of a loop over batches in memory, or over the first few of them."""
    recipe, config, data = configure(path, precision)
    model = build_module(recipe, config, data)
    objective = build_objective(config.losses, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.optimizer.learning_rate, fused=True)
    rows = np.random.default_rng(0).permutation(len(data.train))[: len(data.train) // BATCH * BATCH]
    batches = [data.train.fetch(part) for part in np.split(rows, len(rows) // BATCH)][:num_batches]
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for step, batch in enumerate(batches):
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                output = model(batch, StepNoise(0, step, BATCH))
                loss = objective(output, batch, 1).total_B.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        elapsed_s = time.perf_counter() - start
    return len(batches) * BATCH / elapsed_s, 0.0


def time_few(path: Path, precision: str) -> tuple[float, float]:
    """Return pictures a second of the bare loop over a few batches: bf16 may be many times slower."""
    return time_bare(path, precision, NUM_FEW)


MEASURED = {"engine": time_engine, "bare loop": time_bare, "few batches": time_few}


def measure(name: str, path: Path, precision: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.pose_training", "--one", name, str(path), precision]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, share = json.loads(output.splitlines()[-1])
    return rate, share


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(MEASURED[sys.argv[2]](Path(sys.argv[3]), sys.argv[4])))
        return
    num_rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.npz"
        write_figures(path, FIGURES, seed=0)
        rates: dict[str, list[float]] = {}
        for _ in range(num_rounds):
            for name in ("engine", "bare loop"):
                rate, share = measure(name, path, "float32")
                rates.setdefault(name, []).append(rate)
                waits = f", waits {share:.1%} of its time for data (asked below 5 %)" if name == "engine" else ""
                print(f"  {name:10s} {rate:7.1f} pictures/s{waits}", flush=True)
        float32, bf16 = (measure("few batches", path, precision)[0] for precision in ("float32", "bf16"))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(f"step of the engine / of a bare loop: {medians['bare loop'] / medians['engine']:.3f} (asked at most 1.05)")
    print(f"bf16 / float32, bare loop of {NUM_FEW} batches: {bf16 / float32:.2f} times the speed")


if __name__ == "__main__":
    main()
