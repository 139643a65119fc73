"""A trained VAE in use: encode, decode, sample, walk, score.

Legend: N = examples, L = latent dimensions, K = draws, S = steps of a walk, ... = the shape of one example.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.core.noise import ItemNoise
from subsong.core.seeds import numpy_generator
from subsong.datasets.types import Batch, Dataset
from subsong.evaluation.latents import compute_importance_bound
from subsong.inference.trained import TrainedModel
from subsong.models.portable import ModelDescription
from subsong.models.posteriors import standard_normal_log_prob
from subsong.models.vae import Vae
from subsong.training.validation import move_batch


class TrainedVae(TrainedModel[Vae]):
    """A VAE with its weights, read from a model folder; see `TrainedModel`."""

    def __init__(self, module: Vae, description: ModelDescription, device: torch.device) -> None:
        super().__init__(module, description, device)
        self.latent_dim = module.latent_dim
        self.item_shape = tuple(description.preprocessing["item_shape"])

    def embed(self, data: Dataset | np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Return the posterior mean of each example, float32, shape (N, L); the same for any batch size.

        Parameters
        ----------
        data
            A dataset, or an array of examples (N, ...) in the value range the model was trained on.

        Raises
        ------
        SubsongError
            When the examples have another shape or range than the model was trained on.
        """
        return self.encode(data, batch_size)[0]

    def encode(self, data: Dataset | np.ndarray, batch_size: int = 500) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and log-variance of the posterior of each example, shape (N, L) each."""
        posteriors = [self.module.encode(batch.input) for batch in self._batches(data, batch_size)]
        if not posteriors:
            return np.zeros((0, self.latent_dim), np.float32), np.zeros((0, self.latent_dim), np.float32)
        means, log_variances = zip(*((p.mean_BL, p.log_variance_BL) for p in posteriors), strict=True)
        return _to_numpy(torch.cat(means)), _to_numpy(torch.cat(log_variances))

    def compute_covariance(self, data: Dataset | np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Return the covariance of the posterior of each example, float32, shape (N, L, L)."""
        batches = self._batches(data, batch_size)
        covariances = [_to_numpy(self.module.encode(batch.input).compute_covariance()) for batch in batches]
        return np.concatenate([np.zeros((0, self.latent_dim, self.latent_dim), np.float32), *covariances])

    def decode(self, z_NL: np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Return the expected data of latent codes (N, L), shape (N, ...)."""
        if z_NL.ndim != 2 or z_NL.shape[1] != self.latent_dim:
            raise SubsongError(f"latent codes have shape {z_NL.shape}, expected (number, {self.latent_dim})")
        blocks = torch.split(torch.from_numpy(np.ascontiguousarray(z_NL, dtype=np.float32)), batch_size)
        with torch.inference_mode():
            return np.concatenate([_to_numpy(self.module.decode(z_BL.to(self.device)).mean) for z_BL in blocks])

    def reconstruct(self, data: Dataset | np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Return each example as the model reads it: encoded to its posterior mean and decoded, shape (N, ...)."""
        return self.decode(self.embed(data, batch_size))

    def sample(self, num_samples: int, seed: int = 0) -> np.ndarray:
        """Return expected data of codes drawn from the prior, shape (N, ...)."""
        z_NL = numpy_generator(seed, "sample").standard_normal((num_samples, self.latent_dim), dtype=np.float32)
        return self.decode(z_NL)

    def interpolate(self, first: np.ndarray, second: np.ndarray, num_steps: int = 9) -> np.ndarray:
        """Return the way from each example of `first` to that of `second`, shape (N, S, ...).

        Codes are mixed spherically, so that those in between are as far from the origin as the prior's draws are.

        Raises
        ------
        SubsongError
            When `first` and `second` have different numbers of examples, or another shape or range than the model was
            trained on.
        """
        if len(first) != len(second):
            raise SubsongError(f"interpolation between {len(first)} and {len(second)} examples: give as many of both")
        z_first, z_second = self.embed(first), self.embed(second)
        z_SNL = np.stack([_mix_spherically(z_first, z_second, share) for share in np.linspace(0.0, 1.0, num_steps)])
        decoded = self.decode(z_SNL.reshape(-1, self.latent_dim))
        return decoded.reshape(num_steps, len(z_first), *self.item_shape).swapaxes(0, 1)

    def walk(self, dimensions: Sequence[int], values_S: np.ndarray, centre_L: np.ndarray | None = None) -> np.ndarray:
        """Return expected data along single dimensions, shape (dimensions, S, ...).

        Parameters
        ----------
        dimensions
            Which to walk along.
        values_S
            Values walked through, in standard deviations of the prior, shape (S,).
        centre_L
            Where the other dimensions stay, shape (L,); by default at zero, the prior's mean.

        Raises
        ------
        SubsongError
            When the model has no such dimension.
        """
        unknown = [dimension for dimension in dimensions if not 0 <= dimension < self.latent_dim]
        if unknown:
            raise SubsongError(f"no latent dimension {unknown[0]}: the model has 0 to {self.latent_dim - 1}")
        centre_L = np.zeros(self.latent_dim) if centre_L is None else centre_L
        z_DSL = np.tile(centre_L, (len(dimensions), len(values_S), 1)).astype(np.float32)
        for row, dimension in enumerate(dimensions):
            z_DSL[row, :, dimension] = values_S
        decoded = self.decode(z_DSL.reshape(-1, self.latent_dim))
        return decoded.reshape(len(dimensions), len(values_S), *self.item_shape)

    def score_importance(
        self, data: Dataset | np.ndarray, num_samples: int, seed: int = 0, batch_size: int = 500
    ) -> np.ndarray:
        """Return the importance-weighted bound on log p(x) of each example in nats, shape (N,).

        Draws are a function of the seed and the example's index: the same for any batch size. The bound rises towards
        log p(x) with `num_samples` (Burda, Grosse & Salakhutdinov 2016).
        """
        bounds = [np.zeros(0)]
        for batch in self._batches(data, batch_size):
            noise = ItemNoise(seed, batch.rows, "importance")
            posterior, condition = self.module.encode(batch.input), self.module.condition(batch)
            log_weights = []
            for _ in range(num_samples):
                z_BL = posterior.sample(noise)
                log_likelihood_B = self.module.decode(z_BL, condition).log_prob(batch.target, batch.mask)
                log_joint_B = log_likelihood_B + standard_normal_log_prob(z_BL)
                log_weights.append(_to_numpy(log_joint_B - posterior.log_prob(z_BL)).astype(np.float64))
            bounds.append(compute_importance_bound(np.stack(log_weights)))
        return np.concatenate(bounds)

    def _batches(self, data: Dataset | np.ndarray, batch_size: int) -> Iterator[Any]:
        """Yield the data in order as batches on the device, which have ``rows``, ``input``, ``target``, ``mask``."""
        if isinstance(data, np.ndarray):
            self._check_array(data)
        num_items = len(data)
        with torch.inference_mode():
            for start in range(0, num_items, batch_size):
                rows_B = np.arange(start, min(start + batch_size, num_items))
                if isinstance(data, np.ndarray):
                    values_B = torch.from_numpy(np.ascontiguousarray(data[rows_B], dtype=np.float32))
                    batch: Any = Batch(torch.from_numpy(rows_B), values_B, values_B)
                else:
                    batch = data.fetch(rows_B)
                    self._check_shape(tuple(batch.input.shape[1:]))
                yield move_batch(batch, self.device)

    def _check_array(self, data: np.ndarray) -> None:
        self._check_shape(data.shape[1:])
        value_range = self.description.preprocessing.get("value_range")
        if value_range is None or data.size == 0:
            return
        low, high = float(data.min()), float(data.max())
        if low < value_range[0] or high > value_range[1] or math.isnan(low):
            raise SubsongError(
                f"values lie in [{low:g}, {high:g}], the model was trained on values in "
                f"[{value_range[0]:g}, {value_range[1]:g}]: scale them alike (bytes: divide by 255)"
            )

    def _check_shape(self, found: tuple[int, ...]) -> None:
        if tuple(found) != self.item_shape:
            raise SubsongError(f"examples have shape {tuple(found)}, the model was trained on {self.item_shape}")


def _to_numpy(values: Tensor) -> np.ndarray:
    array: np.ndarray = values.float().cpu().numpy()
    return array


def _mix_spherically(first_NL: np.ndarray, second_NL: np.ndarray, share: float) -> np.ndarray:
    norms = np.linalg.norm(first_NL, axis=1) * np.linalg.norm(second_NL, axis=1)
    cosine_N = (first_NL * second_NL).sum(axis=1) / np.maximum(norms, 1e-12)
    angle_N1 = np.arccos(np.clip(cosine_N, -1.0, 1.0))[:, None]
    straight = (1 - share) * first_NL + share * second_NL
    with np.errstate(divide="ignore", invalid="ignore"):
        curved = (np.sin((1 - share) * angle_N1) * first_NL + np.sin(share * angle_N1) * second_NL) / np.sin(angle_N1)
    is_curved = (angle_N1 > 1e-4) & (angle_N1 < math.pi - 1e-4)
    return np.asarray(np.where(is_curved, curved, straight), dtype=np.float32)
