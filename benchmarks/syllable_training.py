"""Spectrograms trained on, and embedded, a second: the engine, a bare loop, and AVA's loop over HDF5 files.

Each runs in a process of its own, turn by turn, on the same spectrograms (128 x 128, batch 64): AVA's loop with AVA's
memory habits, ours with ours. The bare loop trains the same network with the same settings on tensors in memory, in a
process prepared as ours is. Validation, checkpoints and figures are outside the figures.

``python -m benchmarks.syllable_training [ROUNDS]``
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch.utils.data import DataLoader

from benchmarks.ava_loop import BATCH, AvaVae, Hdf5Dataset, embed, train_epoch, write_files
from subsong.core.devices import choose_precision, prepare_process
from subsong.core.noise import StepNoise
from subsong.datasets.store import StoredArray
from subsong.datasets.syllables.dataset import SyllableDataset
from subsong.datasets.types import Batch, Splits
from subsong.inference.model import TrainedVae
from subsong.models.portable import ModelDescription
from subsong.models.syllable_vae import SyllableVae
from subsong.recipes.configuring import resolve_config
from subsong.recipes.wiring import build_engine, build_module
from subsong.training.fabric import build_fabric
from subsong.training.run_folder import RunFolder

NUM_TRAINED, NUM_EMBEDDED, EPOCHS = 1920, 1280, 2
QUIET = {
    "training.num_epochs": EPOCHS,
    "training.batch_size": BATCH,
    "training.figure_epochs": None,
    "training.device": "cpu",
    "evaluation.num_importance_samples": 0,
}
AVA = {"model.architecture": {"kind": "ava"}, "training.gradient_clipping": None}
BF16 = {"training.precision": "bf16"}


def make_spectrograms(num: int) -> np.ndarray:
    """Return smooth blobs on black, float16, shape (num, 128, 128): speed does not depend on what they show."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.random((num, 1, 9, 9), dtype=np.float32) ** 4)
    return torch.nn.functional.interpolate(coarse, (128, 128), mode="bicubic").clamp(0, 1)[:, 0].half().numpy()


def build_data() -> Splits:
    images = make_spectrograms(NUM_TRAINED + BATCH)
    items = pl.DataFrame({"source": ["made"] * len(images)})
    parts = (np.arange(NUM_TRAINED), np.arange(NUM_TRAINED, len(images)))
    train, validation = (SyllableDataset(StoredArray([images]), items[rows], rows) for rows in parts)
    return Splits(train, validation)


def time_engine(**more: Any) -> float:
    """Return spectrograms a second of the training part of an epoch, the first left out."""
    recipe, config = resolve_config("syllable-vae", None, {**QUIET, **more})
    prepare_process()
    with tempfile.TemporaryDirectory() as folder:
        engine = build_engine(recipe, config, build_data(), build_fabric(config.training), RunFolder(Path(folder)))
        engine.fit()
        timings = [json.loads(line) for line in (Path(folder) / "timings.jsonl").read_text().splitlines()]
    return NUM_TRAINED / timings[-1]["train_s"]


def time_bare(**more: Any) -> float:
    """Return spectrograms a second of a loop over tensors in memory."""
    recipe, config = resolve_config("syllable-vae", None, {**QUIET, **more})
    prepare_process()
    data = build_data()
    model: Any = build_module(recipe, config, data)
    images = data.train.fetch(np.arange(NUM_TRAINED)).input
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    max_norm = config.training.gradient_clipping
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for step, rows in enumerate(torch.randperm(NUM_TRAINED).split(BATCH)):
            x = images[rows]
            output = model(Batch(rows, x, x), StepNoise(0, step, len(x)))
            loss = (output.posterior.compute_kl().sum(1) - output.likelihood.log_prob(x)).mean()
            optimizer.zero_grad()
            loss.backward()
            if max_norm is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm.max_norm)
            optimizer.step()
        elapsed_s = time.perf_counter() - start
    return NUM_TRAINED / elapsed_s


def time_ava_loop() -> float:
    """Return spectrograms a second of AVA's loop, the first epoch left out."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = Hdf5Dataset(write_files(Path(folder), make_spectrograms(NUM_TRAINED)))
        loader = DataLoader(dataset, batch_size=BATCH, shuffle=True)
        model = AvaVae()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=False)
        for _ in range(EPOCHS):
            start = time.perf_counter()
            num_items = train_epoch(model, loader, optimizer)
        return num_items / (time.perf_counter() - start)


def time_ava_embedding() -> float:
    with tempfile.TemporaryDirectory() as folder:
        dataset = Hdf5Dataset(write_files(Path(folder), make_spectrograms(NUM_EMBEDDED)))
        loader = DataLoader(dataset, batch_size=BATCH)
        model = AvaVae()
        embed(model, loader)
        start = time.perf_counter()
        embed(model, loader)
        return NUM_EMBEDDED / (time.perf_counter() - start)


def time_embedding(**more: Any) -> float:
    recipe, config = resolve_config("syllable-vae", None, {**QUIET, **more})
    prepare_process()
    module: Any = build_module(recipe, config, build_data())
    assert isinstance(module, SyllableVae)
    model = TrainedVae(module, ModelDescription("syllable-vae", {}, {"item_shape": [128, 128]}), torch.device("cpu"))
    images = make_spectrograms(NUM_EMBEDDED)
    dataset = SyllableDataset(
        StoredArray([images]), pl.DataFrame({"source": [""] * len(images)}), np.arange(len(images))
    )
    model.embed(dataset)
    start = time.perf_counter()
    model.embed(dataset)
    return NUM_EMBEDDED / (time.perf_counter() - start)


MEASURED: dict[str, Callable[[], float]] = {
    "AVA's loop": time_ava_loop,
    "architecture ava, engine": lambda: time_engine(**AVA),
    "architecture ava, engine, bf16": lambda: time_engine(**AVA, **BF16),
    "architecture ava, bare loop": lambda: time_bare(**AVA),
    "default, engine": time_engine,
    "default, bare loop": time_bare,
    "AVA's embedding": time_ava_embedding,
    "architecture ava, embedding": lambda: time_embedding(**AVA),
    "default, embedding": time_embedding,
}
ASKED = (
    ("architecture ava, bare loop", "architecture ava, engine", "at most 1.05"),
    ("default, bare loop", "default, engine", "at most 1.05"),
    ("architecture ava, engine", "AVA's loop", "at least 2"),
    ("architecture ava, engine, bf16", "AVA's loop", "at least 3.5"),
    ("default, engine", "AVA's loop", "at least 8"),
    ("architecture ava, embedding", "AVA's embedding", "at least 2.5"),
    ("default, embedding", "AVA's embedding", "at least 2.5"),
)


def measure(name: str) -> float:
    command = [sys.executable, "-m", "benchmarks.syllable_training", "--one", name]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(output.splitlines()[-1])


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        print(MEASURED[sys.argv[2]]())
        return
    names = [name for name in MEASURED if "bf16" not in name or choose_precision("auto", "cpu") == "bf16"]
    if len(names) < len(MEASURED):
        print("this processor has no AMX, on which alone bf16 pays: it is left out")
    rates: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
        for name in names:
            rates[name].append(measure(name))
            print(f"  {name:32s} {rates[name][-1]:8.1f} spectrograms/s", flush=True)
    for faster, slower, asked in ASKED:
        if not {faster, slower} <= set(names):
            continue
        ratio = statistics.median(rates[faster]) / statistics.median(rates[slower])
        print(f"{faster} / {slower}: {ratio:.3f} ({asked})")


if __name__ == "__main__":
    main()
