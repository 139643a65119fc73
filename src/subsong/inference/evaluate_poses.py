"""Score a trained VUNet: losses and pictures of every example into a store, and a table with simple methods beside it.

The table (``scores.csv`` of the store) has one row for each scope (known and new identities), metric and method.
Distances of pictures are computed from what is stored alone, and `rescore_poses` computes them again without the model.

Legend: N = examples, L = latent dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import disk_errors
from subsong.datasets.poses.dataset import PoseDataset
from subsong.evaluation.latents import compute_active_units
from subsong.evaluation.poses.baselines import CopiedAppearances, PoseMeans
from subsong.evaluation.poses.identity import score_identity, take_true_pictures
from subsong.evaluation.poses.scores import PICTURE_METRICS, Pictures, iterate_blocks, score_pictures
from subsong.evaluation.poses.summary import NEW, find_scopes, summarise_scores
from subsong.evaluation.poses.usage import compute_active_shares
from subsong.evaluation.store import EvaluationWriter, load_evaluation, open_writer
from subsong.inference.evaluate_checklists import name_column
from subsong.inference.pose_pass import POSE_MEAN_OUTPUT, TRANSFER_OUTPUT, PosePass
from subsong.inference.pose_results import (
    CHANCE,
    COPIED,
    IDENTITY,
    MODEL,
    POSE_MEAN,
    TRANSFER,
    build_metrics,
)
from subsong.inference.poses import BATCH_SIZE, TrainedVunet
from subsong.inference.results import RESULTS_NAME, Results, write_results
from subsong.inference.scoring import EvaluationOptions

SCORES_NAME = "scores.csv"
_ITEM = "item_"
_Scores = dict[tuple[str, str], np.ndarray]


def evaluate_poses(
    model: TrainedVunet, data: PoseDataset, folder: Path, options: EvaluationOptions, train: PoseDataset | None = None
) -> Results:
    """Score a VUNet and write the evaluation store, with ``results.json`` and ``scores.csv``, to `folder`.

    Parameters
    ----------
    model
        A trained VUNet.
    data
        What is scored, at least one example. Where ``items`` has ``is_known``, known and new identities are told apart.
    folder
        Of the store; replaced when the new one is whole.
    options
        See `EvaluationOptions`; nothing is drawn but which picture a transferred pose comes from, and the resamples of
        intervals.
    train
        The training examples, of which means of poses are taken, and among whose pictures an identity is looked for;
        without them there is no mean.

    Returns
    -------
    Results
        ``ssim_known``, ``ssim_new``, ... with the baselines beside the model's value; ``transfer_...`` with the pose as
        another identity takes it; ``identity_...``; the use of each latent scale.

    Notes
    -----
    All codes are the means of their posteriors, so ``loss`` (reconstruction and divergence in nats) of the store is
    that at the mean, no bound on the likelihood.
    """
    if len(data) == 0:
        raise SubsongError(f"the {options.split} split is empty: there is nothing to evaluate")
    items = data.items
    with open_writer(folder, len(data), {"split": options.split, "seed": options.seed}) as writer:
        plan = PosePass(model, data, options.seed, None if train is None else PoseMeans(train))
        losses, kl_L = _write_pass(plan, writer, min(options.batch_size, BATCH_SIZE))
        made = _list_methods(writer.output, plan.output_names, items)
        scores = _score_methods(writer.output("target"), made)
        scores |= _score_identities(made, data, train)
        writer.add_losses({name_column(*key): values_N for key, values_N in scores.items()})
        scores |= _score_scales(losses, scores, len(model.scale_dims))
        mean_NL = writer.output("latent_mean")
        shares = _tabulate_active(mean_NL, model.scale_dims, items)
        table = pl.concat([summarise_scores(scores, items, options.seed), shares], how="diagonal")
        active_L = compute_active_units(mean_NL)
        results = Results(options.split, len(data), build_metrics(table), kl_L.tolist(), active_L.tolist())
        write_results(writer.partial_path / RESULTS_NAME, results)
        with disk_errors(folder):
            (writer.partial_path / SCORES_NAME).write_text(table.write_csv(), encoding="utf-8")
        writer.close(items, results.values())
    return results


def rescore_poses(folder: str | Path) -> pl.DataFrame:
    """Return the distances of pictures in an evaluation store of poses, computed again without the model.

    Returns
    -------
    polars.DataFrame
        The rows of ``scores.csv`` about L1, PSNR, SSIM and MS-SSIM; see `summarise_scores`.

    Raises
    ------
    SubsongError
        When the folder is no whole evaluation, or one of something else.
    """
    evaluation = load_evaluation(folder)
    missing = {"target", "reconstruction", "stickman"} - set(evaluation.output_names)
    if missing:
        raise SubsongError(f"{folder} is no evaluation of pictures of poses: it has no output {sorted(missing)[0]!r}")
    stored = [name for name in evaluation.losses.columns if name.startswith(_ITEM)]
    items = evaluation.losses.select(stored).rename(lambda name: name.removeprefix(_ITEM))
    made = _list_methods(evaluation.output, evaluation.output_names, items)
    scores = _score_methods(evaluation.output("target"), made)
    return summarise_scores(scores, items, evaluation.manifest["seed"])


def _write_pass(plan: PosePass, writer: EvaluationWriter, batch_size: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Write what the pass yields; return its losses, shape (N,) each, and the mean divergence of each dimension."""
    blocks: list[dict[str, np.ndarray]] = []
    kl_sums: list[np.ndarray] = []
    for batch in plan.run(batch_size):
        writer.add(batch.rows_B, batch.losses, batch.outputs)
        blocks.append(batch.losses)
        kl_sums.append(batch.kl_BL.sum(axis=0, dtype=np.float64))
    losses = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return losses, np.sum(kl_sums, axis=0) / writer.num_items


def _list_methods(
    read: Callable[[str], np.ndarray], names: Collection[str], items: pl.DataFrame
) -> dict[str, Pictures]:
    """Return the pictures of each method, from stored outputs."""
    copied = CopiedAppearances(read("target"), items["appearance_row"].to_numpy())
    methods: dict[str, Pictures] = {MODEL: read("reconstruction"), COPIED: copied}
    outputs = {TRANSFER: TRANSFER_OUTPUT, POSE_MEAN: POSE_MEAN_OUTPUT}
    return methods | {method: read(name) for method, name in outputs.items() if name in names}


def _score_methods(target_NCHW: np.ndarray, made: dict[str, Pictures]) -> _Scores:
    by_method = {
        method: score_pictures(target_NCHW, pictures) for method, pictures in made.items() if method != TRANSFER
    }
    if TRANSFER in made:
        # Where identities share the drawn poses, a transfer is what the model makes anyway.
        is_same = _are_equal(made[MODEL], made[TRANSFER], len(target_NCHW))
        by_method[TRANSFER] = by_method[MODEL] if is_same else score_pictures(target_NCHW, made[TRANSFER])
    return {(metric, method): by_method[method][metric] for metric in PICTURE_METRICS for method in made}


def _are_equal(first: Pictures, second: Pictures, num_pictures: int) -> bool:
    return all(np.array_equal(first[rows], second[rows]) for rows in iterate_blocks(num_pictures))


def _score_identities(made: dict[str, Pictures], data: PoseDataset, train: PoseDataset | None) -> _Scores:
    """Return how often the right identity was met, among true pictures of known or of new ones; {} if nowhere."""
    items = data.items
    scores = {(IDENTITY, method): np.full(len(data), np.nan) for method in (*made, CHANCE)}
    for scope, rows_N in find_scopes(items).items():
        truths = [take_true_pictures(data, rows_N)]
        if train is not None and scope != NEW:
            truths.append(take_true_pictures(train))
        found = score_identity(made, items, rows_N, truths)
        for method, is_right_N in found.is_right.items():
            scores[IDENTITY, method][rows_N] = is_right_N
        scores[IDENTITY, CHANCE][rows_N] = found.chance_N
    return scores if np.isfinite(scores[IDENTITY, CHANCE]).any() else {}


def _score_scales(losses: dict[str, np.ndarray], scores: _Scores, num_scales: int) -> _Scores:
    """Return what each latent scale costs and what is lost without it."""
    costs: _Scores = {("kl", MODEL): losses["kl"]}
    costs |= {(f"kl_scale_{number}", MODEL): losses[f"kl_scale_{number}"] for number in range(num_scales)}
    ssim_N = scores["ssim", MODEL]
    return costs | {
        (f"ssim_lost_scale_{number}", MODEL): ssim_N - losses[f"ssim_without_scale_{number}"]
        for number in range(num_scales)
    }


def _tabulate_active(mean_NL: np.ndarray, scale_dims: tuple[int, ...], items: pl.DataFrame) -> pl.DataFrame:
    """Return rows of the table: the share of each scale's dimensions that vary."""
    records = [
        {"scope": scope, "metric": f"active_scale_{number}", "method": MODEL, "num_pictures": len(rows), "mean": share}
        for scope, rows in find_scopes(items).items()
        for number, share in enumerate(compute_active_shares(mean_NL[rows], scale_dims))
    ]
    return pl.DataFrame(records)
