"""Completion of Breeding Bird Survey routes: 5 folds, routes held out, 20 % of each route's species hidden.

Our default configuration, the guide's network and loss ("parity": Bernoulli, 512 x 3, Gaussian noise 0.1, KL weight 1,
50 epochs), and the baselines, all scored on the same hidden species of the same routes. Baselines are fitted to all
routes outside the fold (EASE's penalty chosen within them); our models set a tenth of these aside for validation. Cells
that are empty in the file are unknown: in no loss, shown to nobody, never ranked.

Differences to EASE are paired by route; the standard error is over routes.

``SUBSONG_DATA=FOLDER python -m benchmarks.bbs_completion [FOLDS]``
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from subsong.datasets.checklists import ChecklistDataset
from subsong.evaluation.completion import CompletionScores, find_candidates, hide_species, score_completion
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.evaluate_checklists import fit_baselines
from subsong.inference.load import load_model
from subsong.recipes import run as recipes
from subsong.recipes.checklist_vae import RECIPE
from subsong.recipes.configuring import resolve_config

NUM_FOLDS, HIDDEN_SHARE = 5, 0.2
PARITY: dict[str, Any] = {
    "model.latent_dim": 16,
    "model.network.hidden": [512, 512, 512],
    "losses.kl.weight": 1.0,
    "training.corruption": [{"kind": "gaussian", "std": 0.1}],
    "training.rate_schedule": {"kind": "none"},
    "training.num_epochs": 50,
}
MODELS: dict[str, dict[str, Any]] = {"checklist-vae": {}, "parity": PARITY}


def find_data() -> Path:
    path = Path(os.environ.get("SUBSONG_DATA", "../shared/data")) / "bbs2011_mistnet" / "presence.csv.gz"
    if not path.is_file():
        sys.exit(f"no {path}: set SUBSONG_DATA to the folder that holds bbs2011_mistnet")
    return path


def score_fold(path: Path, fold: int) -> dict[str, CompletionScores]:
    """Return the metrics of each route of a fold, by method."""
    where = {"data.path": str(path), "data.split.num_folds": NUM_FOLDS, "data.split.fold": fold}
    quiet = {"training.figure_epochs": None, "training.device": "cpu"}
    _, config = resolve_config("checklist-vae", None, where)
    test: Any = RECIPE.build_data(config).test
    presence_ND = test.presence().toarray() > 0
    hidden_ND = hide_species(presence_ND, HIDDEN_SHARE, seed=fold)
    candidates_ND, shown_ND = find_candidates(presence_ND, hidden_ND, test.known()), presence_ND & ~hidden_ND
    scores = {}
    for name, settings in MODELS.items():
        with tempfile.TemporaryDirectory() as root:
            run = recipes.train("checklist-vae", overrides={**where, **quiet, **settings}, root=root)
            model = load_model(run.folder.model_dir, "cpu")
        assert isinstance(model, TrainedChecklistVae)
        scores[name] = model.score_missing(shown_ND, np.zeros((len(test), 0), np.float32), HIDDEN_SHARE)
    for baseline in fit_baselines(read_all_but(path, fold), model.latent_dim, seed=fold):
        scores[baseline.name] = baseline.score(shown_ND)
    return {name: score_completion(scores_ND, hidden_ND, candidates_ND) for name, scores_ND in scores.items()}


def read_all_but(path: Path, fold: int) -> ChecklistDataset:
    """Return all routes outside a fold as one dataset: what a baseline, which needs no validation, is fitted to."""
    from subsong.datasets.checklist_reading import read_checklists
    from subsong.datasets.checklist_splits import ChecklistSplitConfig, split_checklists
    from subsong.datasets.checklists import take_lists

    lists = read_checklists(path)
    items = split_checklists(lists, ChecklistSplitConfig(num_folds=NUM_FOLDS, fold=fold), seed=0)
    return ChecklistDataset(take_lists(lists, (items["split"] != "test").arg_true().to_numpy()))


def main() -> None:
    folds = range(int(sys.argv[1]) if len(sys.argv) > 1 else NUM_FOLDS)
    path = find_data()
    found: dict[str, list[CompletionScores]] = {}
    for fold in folds:
        for name, scores in score_fold(path, fold).items():
            found.setdefault(name, []).append(scores)
        print(f"  fold {fold + 1} of {NUM_FOLDS} done", flush=True)
    values = {
        name: {metric: np.concatenate([getattr(part, metric) for part in parts]) for metric in CompletionScores._fields}
        for name, parts in found.items()
    }
    ease = values["EASE"]
    print(f"{'':24} NDCG@100  Recall@20      AUC   NDCG@100 - EASE's   Recall@20 - EASE's")
    for name, metrics in values.items():
        means = [float(np.nanmean(metrics[metric])) for metric in CompletionScores._fields]
        gains = [describe(metrics[metric] - ease[metric]) for metric in ("ndcg", "recall")]
        print(f"{name:24} {means[0]:8.4f} {means[1]:10.4f} {means[2]:8.4f}   {gains[0]:>17}   {gains[1]:>18}")


def describe(differences_N: np.ndarray) -> str:
    known = differences_N[np.isfinite(differences_N)]
    return f"{known.mean():+.4f} ± {known.std(ddof=1) / np.sqrt(len(known)):.4f}"


if __name__ == "__main__":
    main()
