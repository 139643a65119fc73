"""Seconds of training an epoch of the guide's network of checklists, against a bare loop and the guide's own loop.

All three train the same network (467 species, 16 latents, 512 hidden units: 1,554,931 parameters) at batch 128 with
Gaussian noise of 0.1, in one process, turn by turn. The bare loop slices tensors in memory and uses the same fused Adam
as the engine. The guide's loop is written after its description: a DataLoader that fetches item by item, sigmoid and
cross-entropy summed over the batch, plain Adam, three ``.item()`` a step. The last line says what bf16 costs and gives.

``python -m benchmarks.checklist_training [ROUNDS]``
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from subsong.datasets.checklists import ChecklistDataset, take_lists
from subsong.datasets.types import Splits
from subsong.models.summary import count_parameters
from subsong.recipes.configuring import resolve_config
from subsong.recipes.wiring import build_engine, build_module
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.training.fabric import build_fabric
from subsong.training.run_folder import RunFolder

BATCH, EPOCHS, NOISE_STD = 128, 2, 0.1
NUM_LISTS, NUM_SPECIES = 24_000, 467
OVERRIDES = {
    "model.latent_dim": 16,
    "model.network.hidden": [512, 512, 512],
    "model.network.activation": "relu",
    "model.network.layer_norm": False,
    "model.network.dropout": 0.0,
    "model.normalize_input": False,
    "losses.kl.weight": 1.0,
    "optimizer.learning_rate": 1e-3,
    "training.batch_size": BATCH,
    "training.num_epochs": EPOCHS,
    "training.corruption": [{"kind": "gaussian", "std": NOISE_STD}],
    "training.early_stopping": None,
    "training.figure_epochs": None,
    "training.device": "cpu",
}


def make_data() -> Splits:
    lists = make_checklists(ChecklistWorldOptions(num_lists=NUM_LISTS, num_species=NUM_SPECIES), seed=0).checklists
    first = NUM_LISTS - 4000
    parts = (np.arange(first), np.arange(first, NUM_LISTS))
    train, validation = (ChecklistDataset(take_lists(lists, rows)) for rows in parts)
    return Splits(train, validation)


def train_engine(data: Splits, **more: Any) -> tuple[float, float]:
    """Return seconds of training an epoch, and the validation loss at the end."""
    recipe, config = resolve_config("checklist-vae", None, {**OVERRIDES, **more})
    with tempfile.TemporaryDirectory() as folder:
        fabric = build_fabric(config.training)
        engine = build_engine(recipe, config, data, fabric, RunFolder(Path(folder)))
        engine.fit()
        timings = [json.loads(line) for line in (Path(folder) / "timings.jsonl").read_text().splitlines()]
        return statistics.mean(record["train_s"] for record in timings), engine.best_loss


def add_noise(x: Tensor) -> Tensor:
    return (x + NOISE_STD * torch.randn_like(x)).clamp_(0, 1)


def time_bare(data: Splits, lists: Tensor) -> float:
    """Return seconds an epoch of a loop over tensor slices, the same network and the same fused Adam."""
    recipe, config = resolve_config("checklist-vae", None, OVERRIDES)
    model: Any = build_module(recipe, config, data)
    assert count_parameters(model)[0] == 1_554_931
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    start = time.perf_counter()
    for _ in range(EPOCHS):
        total = 0.0
        for rows in torch.randperm(len(lists)).split(BATCH):
            x = lists[rows]
            mean, log_variance = model.encoder(add_noise(x))
            z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            loss = functional.binary_cross_entropy_with_logits(model.decoder(z), x, reduction="sum")
            loss = (loss + 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum()) / len(x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
    return (time.perf_counter() - start) / EPOCHS


class GuideDataset(Dataset[Tensor]):
    """One list at a time."""

    def __init__(self, lists: Tensor) -> None:
        self.lists = lists

    def __len__(self) -> int:
        return len(self.lists)

    def __getitem__(self, index: int) -> Tensor:
        return self.lists[index]


def build_hidden(size_in: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for width in (size_in, 512, 512):
        layers += [nn.Linear(width, 512), nn.ReLU()]
    return layers


class GuideVae(nn.Module):
    """The guide's network, whose decoder ends in a sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(*build_hidden(NUM_SPECIES))
        self.mean, self.log_variance = nn.Linear(512, 16), nn.Linear(512, 16)
        self.decoder = nn.Sequential(*build_hidden(16), nn.Linear(512, NUM_SPECIES), nn.Sigmoid())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self.encoder(x)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.decoder(z), mean, log_variance


def time_guide(lists: Tensor) -> float:
    """Return seconds an epoch of the guide's loop."""
    model = GuideVae()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=False)
    loader = DataLoader(GuideDataset(lists), BATCH, shuffle=True)
    start = time.perf_counter()
    for _ in range(EPOCHS):
        totals = [0.0, 0.0, 0.0]
        for x in loader:
            noisy = torch.clamp(x + torch.randn_like(x) * NOISE_STD, 0, 1)
            reconstruction, mean, log_variance = model(noisy)
            loss = functional.binary_cross_entropy(reconstruction, x, reduction="sum")
            kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
            optimizer.zero_grad()
            (loss + kl).backward()
            optimizer.step()
            totals = [total + part.item() for total, part in zip(totals, (loss + kl, loss, kl), strict=True)]
    return (time.perf_counter() - start) / EPOCHS


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    data = make_data()
    _, config = resolve_config("checklist-vae", None, OVERRIDES)
    build_fabric(config.training)  # prepares the process: all get the same allocator and denormals
    lists = data.train.fetch(np.arange(len(data.train))).target
    seconds = []
    for _ in range(rounds):
        seconds.append((train_engine(data)[0], time_bare(data, lists), time_guide(lists)))
        print(
            "  round: engine {:.2f} s, bare loop {:.2f} s, guide's loop {:.2f} s an epoch".format(*seconds[-1]),
            flush=True,
        )
    to_bare = statistics.median(engine / bare for engine, bare, _ in seconds)
    to_guide = statistics.median(engine / guide for engine, _, guide in seconds)
    print(f"engine / bare loop, training seconds an epoch: {to_bare:.3f} (asked: at most 1.05)")
    print(f"engine / the guide's loop, training seconds an epoch: {to_guide:.3f} (asked: at most 0.85)")
    (float_s, float_loss), (bf16_s, bf16_loss) = (
        train_engine(data),
        train_engine(data, **{"training.precision": "bf16"}),
    )
    print(
        f"bf16 / float32: {bf16_s / float_s:.2f} of the seconds, validation loss {bf16_loss:.3f} instead of "
        f"{float_loss:.3f} nats per list after {EPOCHS} epochs"
    )


if __name__ == "__main__":
    main()
