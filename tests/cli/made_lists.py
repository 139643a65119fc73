"""Made-up lists in every form they are handed out in, and a run of the command on them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.cli.main import run
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import MadeChecklists, make_checklists
from subsong.synthesis.ebird_files import write_ebird

WORLD = ChecklistWorldOptions(
    num_lists=240, num_species=24, num_localities=40, empty_share=0.03, rarity=1.0, shared_share=0.2
)
TINY = [
    "--set=training.num_epochs=3",
    "--set=training.device=cpu",
    "--set=training.figure_epochs=null",
    "--set=evaluation.num_importance_samples=3",
    "--set=model.latent_dim=4",
    "--set=model.network.hidden=[16]",
]


class Files(NamedTuple):
    """The same lists in every form."""

    made: MadeChecklists
    ebird: Path
    table: Path


class Trained(NamedTuple):
    """A run of the command and the store it was trained on."""

    path: Path
    store: Path


def make_files(folder: Path) -> Files:
    """Write an eBird file with its sampling file, and a table of the same lists with cells that are unknown."""
    made = make_checklists(WORLD, seed=5)
    ebird = write_ebird(folder, made).ebd
    lists = made.checklists
    cells = pl.DataFrame((lists.counts.toarray() != 0).astype(np.int64), schema=lists.species["key"].to_list())
    cells = cells.with_columns(pl.when(pl.int_range(pl.len()) % 10 != 0).then(cells.columns[0]).alias(cells.columns[0]))
    items = lists.items.select("list", pl.col("locality").alias("site"))
    effort = lists.covariates.select("duration_min", "hour")
    pl.concat([items, effort, cells], how="horizontal").write_csv(folder / "lists.csv")
    return Files(made, ebird, folder / "lists.csv")


def train_lists(files: Files, folder: Path) -> Trained:
    """Prepare, train with covariates and evaluate by the commands."""
    assert run(["prepare", "checklists", str(files.ebird), "--out", str(folder / "store")]) == 0
    arguments = ["train", "checklist-vae", "--data", str(folder / "store"), "--root", str(folder / "runs")]
    assert run([*arguments, "--set=data.covariates=[duration_min, hour]", *TINY]) == 0
    (path,) = (folder / "runs").iterdir()
    assert run(["evaluate", str(path)]) == 0
    return Trained(path, folder / "store")
