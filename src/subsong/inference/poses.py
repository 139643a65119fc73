"""A trained VUNet in use: pictures from poses and appearances, codes of appearances, draws for a pose.

Everything is deterministic, and, but for rounding, the same for any batch size. Appearances and stickmen are given as
arrays of bytes (uint8) or of floats in [-1, 1]; pictures come back as float32 in [-1, 1].

Legend: N = examples, M = pictures to be made, A = appearances, P = poses, S = draws or steps, D = latent scales,
L = latent dimensions of all scales side by side, coarsest first, C, H, W = channels, height and width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.core.noise import ItemNoise
from subsong.datasets.poses.batch import PICTURE_RANGE, PoseShapes
from subsong.datasets.poses.dataset import PoseDataset
from subsong.inference.pose_inputs import as_tensor, check_pictures, check_shape
from subsong.inference.trained import TrainedModel
from subsong.models.likelihoods import Likelihood
from subsong.models.portable import ModelDescription
from subsong.models.vunet.encoder import Features
from subsong.models.vunet.network import Vunet
from subsong.training.validation import move_batch

BATCH_SIZE = 64
"""Pictures made at a time by default; changes no number."""


class TrainedVunet(TrainedModel[Vunet]):
    """A VUNet with its weights, read from a model folder; see `TrainedModel`.

    Attributes
    ----------
    item_shape
        Channels, height and width of the pictures it makes.
    stickman_shape, appearance_shape
        And of those it is shown.
    scale_dims
        Latent dimensions of each scale, coarsest first.
    latent_dim
        L, their sum.
    """

    def __init__(self, module: Vunet, description: ModelDescription, device: torch.device) -> None:
        super().__init__(module, description, device)
        shapes = read_shapes(description)
        self.item_shape, self.stickman_shape, self.appearance_shape = shapes.target, shapes.stickman, shapes.appearance
        self.scale_dims: tuple[int, ...] = tuple(math.prod(shape) for shape in module.latent_shapes)
        self.latent_dim = sum(self.scale_dims)

    def reconstruct(self, data: PoseDataset, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Return the picture of each row of a dataset, from its appearance and its pose, shape (N, C, H, W)."""
        pictures = []
        for batch in self.batches(data, batch_size):
            codes = self.module.encode(batch.input["appearance"])
            pictures.append(self._make(batch.input["stickman"], codes))
        return np.concatenate([np.zeros((0, *self.item_shape), np.float32), *pictures])

    def transfer(self, appearance: np.ndarray, stickman: np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Return the picture of each appearance in the pose of the same row, shape (N, C, H, W).

        Parameters
        ----------
        appearance
            Who is to be seen, shape (N, C, H, W).
        stickman
            In which pose, shape (N, C, H, W).

        Raises
        ------
        SubsongError
            When the two have different numbers of rows, or another shape or range than the model was trained on.
        """
        return self.decode(self.embed(appearance, batch_size), stickman, batch_size)

    def transfer_matrix(self, appearance: np.ndarray, stickman: np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Return the picture of every appearance in every pose, shape (A, P, C, H, W).

        Parameters
        ----------
        appearance
            Shape (A, C, H, W).
        stickman
            Shape (P, C, H, W).

        Raises
        ------
        SubsongError
            As for `transfer`, but for the numbers of rows, which may differ.
        """
        z_AL = self.embed(appearance, batch_size)
        self._check_stickmen(stickman)
        code_M, pose_M = (index.ravel() for index in np.indices((len(z_AL), len(stickman))))
        pictures = self._decode_rows(z_AL, code_M, stickman, pose_M, batch_size)
        return pictures.reshape(len(z_AL), len(stickman), *self.item_shape)

    def sample(self, stickman: np.ndarray, num_samples: int, seed: int = 0, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Return pictures of each pose with appearances drawn from the pose's prior, shape (N, S, C, H, W).

        Draw i of row n is a function of the seed, i and n alone: more draws, other rows or batches change none.

        Parameters
        ----------
        stickman
            Shape (N, C, H, W).
        num_samples
            S, draws for each pose.
        seed
            Of the draws.
        """
        self._check_stickmen(stickman)
        pose_M, draw_M = (index.ravel() for index in np.indices((len(stickman), num_samples)))
        pictures = []
        with torch.inference_mode():
            for rows in _blocks(len(pose_M), batch_size):
                noise = ItemNoise(seed, (draw_M[rows] << 32) + pose_M[rows], "sample")
                features = self._encode_poses(stickman, pose_M[rows])
                pictures.append(clip_pictures(self.module.sample(features, noise)))
        drawn = np.concatenate([np.zeros((0, *self.item_shape), np.float32), *pictures])
        return drawn.reshape(len(stickman), num_samples, *self.item_shape)

    def embed(self, data: PoseDataset | np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Return the posterior mean of each appearance, all scales side by side, float32, shape (N, L).

        Parameters
        ----------
        data
            Appearances (N, C, H, W), or a dataset, of which each row's own picture is embedded.
        batch_size
            Pictures at a time; changes no number.

        Raises
        ------
        SubsongError
            When the pictures have another shape or range than the model was trained on.
        """
        codes = [
            _flatten(self.module.encode(appearance_BCHW)) for appearance_BCHW in self._appearances(data, batch_size)
        ]
        return np.concatenate([np.zeros((0, self.latent_dim), np.float32), *codes])

    def compute_covariance(self, data: PoseDataset | np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Refuse to tell how sure it is of each code: the variance is 1, whatever it sees."""
        raise SubsongError("codes of a VUNet all have variance 1: leave out --covariance")

    def decode(self, z_NL: np.ndarray, stickman: np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Return the picture of each code, as `embed` gives them, in the pose of the same row, shape (N, C, H, W).

        Raises
        ------
        SubsongError
            When codes or stickmen have another shape than the model's, or their numbers differ.
        """
        self._check_codes(z_NL)
        self._check_stickmen(stickman)
        if len(z_NL) != len(stickman):
            raise SubsongError(
                f"{len(z_NL)} appearances and {len(stickman)} poses do not make pairs: give as many of both, or ask "
                "for every appearance in every pose (transfer_matrix)"
            )
        rows_N = np.arange(len(z_NL))
        return self._decode_rows(z_NL, rows_N, stickman, rows_N, batch_size)

    def interpolate(
        self, first: np.ndarray, second: np.ndarray, stickman: np.ndarray, num_steps: int = 9
    ) -> np.ndarray:
        """Return the way from each appearance of `first` to that of `second` in one pose, shape (N, S, C, H, W).

        Posterior means are mixed in equal steps along the straight line between them, ends included.

        Parameters
        ----------
        first, second
            Appearances, shape (N, C, H, W) each.
        stickman
            The pose of each row, shape (N, C, H, W).
        num_steps
            S.
        """
        z_first, z_second = self._embed_both(first, second)
        share_S11 = np.linspace(0.0, 1.0, num_steps, dtype=np.float32)[:, None, None]
        z_SNL = (1 - share_S11) * z_first + share_S11 * z_second
        return self._decode_each(z_SNL, stickman)

    def swap_scales(self, first: np.ndarray, second: np.ndarray, stickman: np.ndarray) -> np.ndarray:
        """Return pictures whose coarse codes are those of `first` and fine ones of `second`, (N, D + 1, C, H, W).

        Picture k has the k coarsest scales of `first` and the others of `second`: picture 0 shows `second`, the last
        one `first`, and what changes from one to the next is what a scale says.

        Parameters
        ----------
        first, second, stickman
            As for `interpolate`.
        """
        z_first, z_second = self._embed_both(first, second)
        ends = np.cumsum((0, *self.scale_dims))
        z_SNL = np.stack([np.concatenate([z_first[:, :end], z_second[:, end:]], axis=1) for end in ends])
        return self._decode_each(z_SNL, stickman)

    def split_scales(self, z_NL: np.ndarray) -> list[np.ndarray]:
        """Return the codes of each scale, coarsest first, shape (N, dimensions of the scale) each."""
        self._check_codes(z_NL)
        return np.split(z_NL, np.cumsum(self.scale_dims)[:-1], axis=1)

    def batches(self, data: PoseDataset, batch_size: int = BATCH_SIZE) -> Iterator[Any]:
        """Yield the rows of a dataset in order as batches on the device, without gradients.

        Raises
        ------
        SubsongError
            When its pictures have other shapes than the model was trained on.
        """
        with torch.inference_mode():
            for rows in _blocks(len(data), batch_size):
                batch = data.fetch(np.arange(rows.start, rows.stop))
                self._check_batch(batch)
                yield move_batch(batch, self.device)

    def _embed_both(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if len(first) != len(second):
            raise SubsongError(f"{len(first)} and {len(second)} appearances do not make pairs: give as many of both")
        return self.embed(first), self.embed(second)

    def _decode_each(self, z_SNL: np.ndarray, stickman: np.ndarray) -> np.ndarray:
        """Return the pictures of several codes for each pose, shape (N, S, C, H, W)."""
        num_codes, num_poses = z_SNL.shape[:2]
        self._check_stickmen(stickman)
        if num_poses != len(stickman):
            raise SubsongError(f"{num_poses} appearances and {len(stickman)} poses: give one pose for each")
        pose_M = np.repeat(np.arange(num_poses), num_codes)
        z_ML = z_SNL.swapaxes(0, 1).reshape(-1, self.latent_dim)
        pictures = self._decode_rows(z_ML, np.arange(len(z_ML)), stickman, pose_M, BATCH_SIZE)
        return pictures.reshape(num_poses, num_codes, *self.item_shape)

    def _decode_rows(
        self, z_NL: np.ndarray, code_M: np.ndarray, stickman: np.ndarray, pose_M: np.ndarray, batch_size: int
    ) -> np.ndarray:
        """Return the picture of code ``code_M[m]`` in pose ``pose_M[m]``, shape (M, C, H, W)."""
        pictures = [np.zeros((0, *self.item_shape), np.float32)]
        with torch.inference_mode():
            for rows in _blocks(len(code_M), batch_size):
                codes = self._unflatten(z_NL[code_M[rows]])
                pictures.append(self._make(self._to_tensor(stickman[pose_M[rows]]), codes))
        return np.concatenate(pictures)

    def _make(self, stickman_BCHW: Tensor, codes: tuple[Tensor, ...]) -> np.ndarray:
        return clip_pictures(self.module.decode(stickman_BCHW, codes))

    def _encode_poses(self, stickman: np.ndarray, pose_B: np.ndarray) -> Features:
        """Return the features of poses by number, each of which is encoded once."""
        number_P, place_B = np.unique(pose_B, return_inverse=True)
        features = self.module.encode_pose(self._to_tensor(stickman[number_P]))
        return [[values[torch.from_numpy(place_B).to(self.device)] for values in stage] for stage in features]

    def _appearances(self, data: PoseDataset | np.ndarray, batch_size: int) -> Iterator[Tensor]:
        if isinstance(data, np.ndarray):
            check_pictures(data, self.appearance_shape, "appearance")
        with torch.inference_mode():
            for rows in _blocks(len(data), batch_size):
                yield self._fetch_appearances(data, rows).to(self.device)

    def _fetch_appearances(self, data: PoseDataset | np.ndarray, rows: slice) -> Tensor:
        if isinstance(data, np.ndarray):
            return as_tensor(data[rows])
        appearance_BCHW = data.fetch_appearances(np.arange(rows.start, rows.stop))
        check_shape(appearance_BCHW, self.appearance_shape, "appearance")
        return appearance_BCHW

    def _to_tensor(self, pictures_BCHW: np.ndarray) -> Tensor:
        return as_tensor(pictures_BCHW).to(self.device)

    def _unflatten(self, z_BL: np.ndarray) -> tuple[Tensor, ...]:
        z = torch.from_numpy(np.ascontiguousarray(z_BL, dtype=np.float32)).to(self.device)
        parts = torch.split(z, list(self.scale_dims), dim=1)
        return tuple(part.reshape(-1, *shape) for part, shape in zip(parts, self.module.latent_shapes, strict=True))

    def _check_codes(self, z_NL: np.ndarray) -> None:
        if z_NL.ndim != 2 or z_NL.shape[1] != self.latent_dim:
            raise SubsongError(f"latent codes have shape {z_NL.shape}, expected (number, {self.latent_dim})")

    def _check_stickmen(self, stickman: np.ndarray) -> None:
        check_pictures(stickman, self.stickman_shape, "stickman")

    def _check_batch(self, batch: Any) -> None:
        shapes = {"stickman": self.stickman_shape, "appearance": self.appearance_shape}
        for name, shape in shapes.items():
            check_shape(batch.input[name], shape, name)


def read_shapes(description: ModelDescription) -> PoseShapes:
    """Return channels, height and width of what a model of poses is shown and makes."""
    said = description.preprocessing
    stickman, appearance, target = (
        (int(shape[0]), int(shape[1]), int(shape[2]))
        for shape in (said["input_shapes"]["stickman"], said["input_shapes"]["appearance"], said["item_shape"])
    )
    return PoseShapes(stickman, appearance, target)


def _flatten(codes: tuple[Tensor, ...]) -> np.ndarray:
    array: np.ndarray = torch.cat([code.float().flatten(1) for code in codes], dim=1).cpu().numpy()
    return array


def clip_pictures(likelihood: Likelihood) -> np.ndarray:
    """Return the expected pictures, cut off at the ends of their range, float32, shape (B, C, H, W)."""
    pictures: np.ndarray = likelihood.mean.float().clamp(*PICTURE_RANGE).cpu().numpy()
    return pictures


def _blocks(num_rows: int, batch_size: int) -> Iterator[slice]:
    for start in range(0, num_rows, batch_size):
        yield slice(start, min(start + batch_size, num_rows))
