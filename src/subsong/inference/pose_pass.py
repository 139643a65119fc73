"""One pass of a trained VUNet over data: what is kept of every example for its evaluation.

All pictures are made at the means of the codes.

Legend: N = examples, B = examples of a batch, L = latent dimensions, C, H, W = channels, height and width.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from torch import Tensor

from subsong.core.seeds import numpy_generator
from subsong.datasets.poses.dataset import PoseDataset
from subsong.evaluation.pictures import compute_ssim
from subsong.evaluation.poses.baselines import PoseMeans
from subsong.evaluation.poses.scores import scale_to_unit
from subsong.evaluation.poses.usage import sum_scales
from subsong.inference.poses import TrainedVunet, clip_pictures

TRANSFER_OUTPUT, POSE_MEAN_OUTPUT = "transfer", "pose_mean"


class PassedBatch(NamedTuple):
    """What came of a batch: name -> (B, ...), and the divergence of each dimension, nats, shape (B, L)."""

    rows_B: np.ndarray
    losses: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    kl_BL: np.ndarray


class PosePass:
    """Runs a trained VUNet over data.

    Parameters
    ----------
    model
        A trained VUNet.
    data
        What it is shown, and what is true.
    seed
        Of the choice of poses for the transfer.
    means
        The training pictures' means, kept beside what is made; None: none are.

    Attributes
    ----------
    output_names
        What is kept: ``reconstruction``, ``target``, ``appearance``, ``stickman``, ``latent_mean``; ``transfer`` where
        poses are drawn from more than one identity, NaN where another has not this pose; ``pose_mean``.
    """

    def __init__(self, model: TrainedVunet, data: PoseDataset, seed: int, means: PoseMeans | None) -> None:
        self._model, self._data, self._means = model, data, means
        self._other_N = draw_others(data.items, seed)
        names = ["reconstruction", "target", "appearance", "stickman", "latent_mean"]
        names += [TRANSFER_OUTPUT] if (self._other_N >= 0).any() else []
        self.output_names = [*names, POSE_MEAN_OUTPUT] if means else names

    def run(self, batch_size: int) -> Iterator[PassedBatch]:
        """Yield what came of each batch, in the order of the data."""
        for batch in self._model.batches(self._data, batch_size):
            output = self._model.module(batch)
            rows_B = batch.rows.cpu().numpy()
            kl_BL = output.posterior.compute_kl().cpu().numpy()
            made = {
                "reconstruction": clip_pictures(output.likelihood),
                "target": batch.target.cpu().numpy(),
                "appearance": batch.input["appearance"].cpu().numpy(),
                "stickman": batch.input["stickman"].cpu().numpy(),
                "latent_mean": output.posterior.mean_BL.float().cpu().numpy(),
            }
            if TRANSFER_OUTPUT in self.output_names:
                made[TRANSFER_OUTPUT] = self._transfer(rows_B, output.codes, made)
            if self._means is not None:
                made[POSE_MEAN_OUTPUT] = self._means.predict(self._data, rows_B)
            losses = self._measure(batch, output, kl_BL)
            yield PassedBatch(rows_B, losses | self._replace_scales(batch, output.codes), made, kl_BL)

    def _measure(self, batch: Any, output: Any, kl_BL: np.ndarray) -> dict[str, np.ndarray]:
        """Return reconstruction and divergence of each example in nats, as of a VAE."""
        reconstruction_B = -output.likelihood.log_prob(batch.target).cpu().numpy().astype(np.float64)
        scales = sum_scales(kl_BL, self._model.scale_dims)
        kl_B = np.sum(scales, axis=0)
        losses = {"loss": reconstruction_B + kl_B, "reconstruction": reconstruction_B, "kl": kl_B}
        return losses | {f"kl_scale_{number}": kl_of_scale_B for number, kl_of_scale_B in enumerate(scales)}

    def _replace_scales(self, batch: Any, codes: tuple[Tensor, ...]) -> dict[str, np.ndarray]:
        """Return the likeness of pictures made with one scale's code replaced by the mean of the pose's prior.

        That is the prior that knows nothing of the appearance: finer scales follow its own coarser ones.
        """
        stickman_BCHW, target = batch.input["stickman"], scale_to_unit(batch.target.cpu().numpy())
        prior = self._model.module.draw_prior(stickman_BCHW, None)
        likeness = {}
        for number, mean_BCHW in enumerate(prior):
            replaced = (*codes[:number], mean_BCHW, *codes[number + 1 :])
            made_BCHW = clip_pictures(self._model.module.decode(stickman_BCHW, replaced))
            likeness[f"ssim_without_scale_{number}"] = compute_ssim(target, scale_to_unit(made_BCHW))
        return likeness

    def _transfer(self, rows_B: np.ndarray, codes: tuple[Tensor, ...], made: dict[str, np.ndarray]) -> np.ndarray:
        """Return the pictures with the pose drawn from another identity's picture in that pose."""
        other_B = self._other_N[rows_B]
        pictures_BCHW = np.full_like(made["reconstruction"], np.nan)
        has_other = np.flatnonzero(other_B >= 0)
        if len(has_other) == 0:
            return pictures_BCHW
        stickmen = self._data.fetch(other_B[has_other]).input["stickman"]
        # A pose that identities share was decoded already.
        is_same = (stickmen.numpy() == made["stickman"][has_other]).all(axis=(1, 2, 3))
        pictures_BCHW[has_other[is_same]] = made["reconstruction"][has_other[is_same]]
        new = has_other[~is_same]
        if len(new):
            z_BL = made["latent_mean"][new]
            pictures_BCHW[new] = self._model.decode(z_BL, stickmen.numpy()[~is_same])
        return pictures_BCHW


def draw_others(items: pl.DataFrame, seed: int) -> np.ndarray:
    """Return for every row a row that shows the same pose of another identity, -1 where there is none, shape (N,).

    Parameters
    ----------
    items
        One row a picture, with ``identity`` and ``pose``.
    seed
        Of the choice.
    """
    share_N = numpy_generator(seed, "pose of another").random(items.height)
    other_N = np.full(items.height, -1, np.int64)
    named = items.select("identity", "pose").with_row_index("at").drop_nulls()
    for _, group in named.group_by("pose", maintain_order=True):
        at, identity = group["at"].to_numpy().astype(np.int64), group["identity"].to_numpy()
        for row, own in zip(at, identity, strict=True):
            others = at[identity != own]
            if len(others):
                other_N[row] = others[int(share_N[row] * len(others))]
    return other_N
