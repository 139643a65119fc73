"""What a map of syllables knows without having been told: labels of new recordings, and how tight its bound is.

For each bird: the default network is trained on 70 % of the recordings, without labels; then every syllable of the
other recordings gets the label most of its 10 nearest neighbours in the latent space have, among the training
syllables; the same on pixels of the spectrograms, and once more each recording by all others. For the Sober birds
again with whole days held out. Unclear labels and the one song nobody labelled (all "0") are left out of the accuracy.
Then AVA's network is trained on one bird for the same wall-clock time, by the same engine and settings, and the bounds
on the likelihood of held-out syllables are compared.

``python -m benchmarks.syllable_quality [EPOCHS]``; needs SUBSONG_DATA.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from subsong.datasets.syllables.dataset import SyllableDataset, load_syllables
from subsong.datasets.types import Splits
from subsong.evaluation.baselines import compute_neighbour_accuracy
from subsong.evaluation.neighbours import score_held_out_neighbours
from subsong.inference.load import load_model
from subsong.recipes import run as recipes
from subsong.recipes.configuring import resolve_config
from subsong.recipes.prepare import prepare_syllables

DATA = Path(os.environ.get("SUBSONG_DATA", "../shared/data"))
BIRDS = {
    "gy6or6": ("bengalese_finch_sober/gy6or6", 0.97),
    "bl26lb16": ("bengalese_finch_sober/bl26lb16", 0.99),
    "Bird0": ("bengalese_finch_koumura", 0.99),
}
UNCLEAR = {"gy6or6": ("0", "-", "x"), "bl26lb16": ("0", "-", "x", "s", "z"), "Bird0": ()}
EQUAL_TIME_BIRD = "gy6or6"


class Trained(NamedTuple):
    accuracy: float
    pixel_accuracy: float
    one_out_accuracy: float
    negative_elbo: float
    importance_weighted: float
    train_s: float
    num_epochs: int


def link_recordings(source: Path, folder: Path) -> None:
    """Lay the recordings of a bird and their annotations into a folder of their own, without the raw samples."""
    folder.mkdir()
    for path in source.rglob("*"):
        if path.is_file() and not path.parent.name.startswith("raw_"):
            link = folder / path.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())


def read_codes(model: Any, part: SyllableDataset, bird: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return latent means, flat pixels and labels of the syllables whose label is clear."""
    rows = np.flatnonzero(~part.items["label"].is_in(UNCLEAR[bird]).to_numpy())
    clear = part.select(rows)
    pixels = clear.fetch(np.arange(len(clear))).input.flatten(1).numpy()
    return model.embed(clear), pixels, clear.items["label"].to_numpy()


def train(bird: str, store: Path, folder: Path, num_epochs: int, **more: Any) -> Trained:
    overrides = {
        "data.path": str(store),
        "data.split_by": "recording",
        "data.validation": 0.3,
        "data.test": 0.0,
        "training.num_epochs": num_epochs,
        "training.figure_epochs": None,
        "evaluation.every_epochs": num_epochs,
        "evaluation.num_importance_samples": 20,
        **more,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        run = recipes.train("syllable-vae", overrides=overrides, root=folder)
        results = recipes.evaluate(run.path)
    assert results is not None
    recipe, config = resolve_config("syllable-vae", None, overrides)
    data: Splits = recipe.build_data(config)
    model = load_model(run.path)
    (known, known_pixels, known_labels), (new, new_pixels, labels) = (
        read_codes(model, part, bird)  # type: ignore[arg-type]
        for part in (data.train, data.validation)
    )
    everything = load_syllables(store)
    codes, _, all_labels = read_codes(model, everything, bird)
    recordings = everything.items.filter(~everything.items["label"].is_in(UNCLEAR[bird]))["source"].to_numpy()
    timings = [json.loads(line) for line in (Path(run.path) / "timings.jsonl").read_text().splitlines()]
    return Trained(
        compute_neighbour_accuracy(known, known_labels, new, labels),
        compute_neighbour_accuracy(known_pixels, known_labels, new_pixels, labels),
        score_held_out_neighbours(codes, all_labels, recordings).accuracy,
        results.metrics["negative_elbo"].value,
        results.metrics["importance_weighted"].value,
        sum(record["train_s"] for record in timings),
        num_epochs,
    )


def compare_networks(store: Path, folder: Path, ours: Trained) -> None:
    """Train AVA's network as long as ours took, and print both bounds."""
    ava = {"model.architecture": {"kind": "ava"}}
    once = train(EQUAL_TIME_BIRD, store, folder, 1, **ava)
    num_epochs = max(1, round(ours.train_s / once.train_s))
    theirs = train(EQUAL_TIME_BIRD, store, folder, num_epochs, **ava)
    for name, trained in (("default", ours), ("architecture ava", theirs)):
        print(
            f"{EQUAL_TIME_BIRD}, {name}: {trained.num_epochs} epochs in {trained.train_s:.0f} s; nats per held-out "
            f"syllable: negative ELBO {trained.negative_elbo:.1f}, importance-weighted "
            f"{trained.importance_weighted:.1f}; labels {trained.accuracy:.4f}",
            flush=True,
        )
    print("(asked: the default's at least as good; lower is better)")


def main() -> None:
    num_epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for bird, (source, asked) in BIRDS.items():
            link_recordings(DATA / source, root / f"{bird}_songs")
            store = root / bird
            prepare_syllables(root / f"{bird}_songs", store, overrides={"features": False})
            ours = train(bird, store, root / "runs", num_epochs)
            print(
                f"{bird}: labels of held-out recordings {ours.accuracy:.4f} (asked: {asked}; pixels "
                f"{ours.pixel_accuracy:.4f}); each recording by all others {ours.one_out_accuracy:.4f}",
                flush=True,
            )
            if "sober" in source:
                days = train(bird, store, root / "runs", num_epochs, **{"data.split_by": "folder"})
                print(f"{bird}: across days {days.accuracy:.4f} (pixels {days.pixel_accuracy:.4f})", flush=True)
            if bird == EQUAL_TIME_BIRD:
                compare_networks(store, root / "runs", ours)


if __name__ == "__main__":
    main()
