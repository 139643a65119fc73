"""What the engine costs: seconds per epoch of digits-vae against a bare loop over the same network and optimizer.

Both in one process, turn by turn, at batch 128 on 60,000 pictures of 28 x 28 (MNIST where SUBSONG_DATA has it, else
random ones of the same shape). The bare loop holds float32 tensors in memory, draws its own order, uses the same fused
Adam, and scores the validation split once an epoch. The engine does all it does for a user: log schedule, metrics,
watch, per-example store, checkpoint; figures are off.

``python -m benchmarks.engine_overhead [ROUNDS]``
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from subsong.datasets.pictures import PictureDataset, build_picture_splits
from subsong.datasets.types import Splits
from subsong.recipes.configuring import resolve_config
from subsong.recipes.wiring import build_engine, build_module
from subsong.sources.pictures import read_pictures
from subsong.sources.types import picture_items
from subsong.training.fabric import build_fabric
from subsong.training.run_folder import RunFolder

BATCH, EPOCHS = 128, 2


def load_data() -> Splits:
    root = Path(os.environ.get("SUBSONG_DATA", "../shared/data")) / "mnist"
    if root.is_dir():
        return build_picture_splits(read_pictures(root))
    images = np.random.default_rng(0).integers(0, 256, (70_000, 1, 28, 28), dtype=np.uint8)
    items = picture_items(["random"] * len(images), range(len(images)))
    return Splits(PictureDataset(images[:60_000], items[:60_000]), PictureDataset(images[60_000:], items[60_000:]))


def build_digits_engine(data: Splits, folder: Path):
    recipe, config = resolve_config(
        "digits-vae", None, {"training.num_epochs": EPOCHS, "training.figure_epochs": None, "training.device": "cpu"}
    )
    return build_engine(recipe, config, data, build_fabric(config.training), RunFolder(folder))


def time_engine(data: Splits) -> list[tuple[float, float, float]]:
    """Return training seconds, seconds of the whole epoch and the share of waiting for each epoch."""
    with tempfile.TemporaryDirectory() as folder:
        engine = build_digits_engine(data, Path(folder))
        start = time.perf_counter()
        engine.fit()
        whole_s = (time.perf_counter() - start) / EPOCHS
        records = [json.loads(line) for line in (Path(folder) / "timings.jsonl").read_text().splitlines()]
    return [(record["train_s"], whole_s, record["wait_share"]) for record in records]


def compute_loss(model: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    posterior = model.encoder(x)
    mean, log_variance = posterior
    z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
    reconstruction = functional.binary_cross_entropy_with_logits(model.decoder(z), x, reduction="sum")
    kl = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1.0).sum()
    return (reconstruction + kl) / len(x)


def time_bare(model: torch.nn.Module, train: torch.Tensor, validation: torch.Tensor) -> list[tuple[float, float]]:
    """Return training seconds and seconds with one validation pass, for each epoch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    times = []
    for _ in range(EPOCHS):
        start, total = time.perf_counter(), 0.0
        for rows in torch.randperm(len(train)).split(BATCH):
            loss = compute_loss(model, train[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        trained = time.perf_counter()
        with torch.inference_mode():
            total += sum(compute_loss(model, x).item() for x in validation.split(500))
        times.append((trained - start, time.perf_counter() - start))
    return times


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    data = load_data()
    tensors = [part.fetch(np.arange(len(part))).input for part in (data.train, data.validation)]
    recipe, config = resolve_config("digits-vae")
    build_fabric(config.training)  # prepares the process as for the engine: both get the same allocator and denormals
    ratios_train, ratios_whole, waits, seconds = [], [], [], []
    for _ in range(rounds):
        bare = time_bare(build_module(recipe, config, data), *tensors)
        engine = time_engine(data)
        train = [statistics.mean(epoch[0] for epoch in epochs) for epochs in (engine, bare)]
        whole = [statistics.mean(epoch[1] for epoch in epochs) for epochs in (engine, bare)]
        ratios_train.append(train[0] / train[1])
        ratios_whole.append(whole[0] / whole[1])
        waits.append(statistics.mean(epoch[2] for epoch in engine))
        seconds.append((*train, *whole))
        print(
            f"  round: training {train[0]:.2f} / {train[1]:.2f} s, whole epoch {whole[0]:.2f} / {whole[1]:.2f} s",
            flush=True,
        )
    medians = [statistics.median(column) for column in zip(*seconds, strict=True)]
    print(
        f"engine / bare loop, training part of an epoch: {statistics.median(ratios_train):.3f}"
        f"  ({medians[0]:.2f} s / {medians[1]:.2f} s, {1000 * medians[1] * BATCH / len(data.train):.2f} ms a bare step)"
    )
    print(
        f"engine / bare loop, whole epoch (engine: store, checkpoint, model folder, metrics): "
        f"{statistics.median(ratios_whole):.3f}  ({medians[2]:.2f} s / {medians[3]:.2f} s)"
    )
    print(f"share of training time waiting for data: {statistics.median(waits):.1%}")


if __name__ == "__main__":
    main()
