"""The network of AVA: norm, convolution, ReLU, seven times over, and four dense layers either way.

After the description of Goffinet et al. (2021, doi:10.7554/eLife.67855); names of layers are those of its checkpoints.
17,426,323 parameters with 32 latent dimensions, 96 % of them in two dense layers.

Legend: B = examples, L = latent dimensions, F, T = bins of frequency and time (128 each).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.models.correlated_posteriors import LowRankGaussian
from subsong.models.heads import bound_log_variance
from subsong.models.posteriors import Posterior

ITEM_SHAPE = (128, 128)
_CHANNELS = (1, 8, 8, 16, 16, 24, 24, 32)
_STRIDES = (1, 2, 1, 2, 1, 2, 1)
_COARSE_SHAPE = (32, 16, 16)
_FLAT_DIM = 32 * 16 * 16


class AvaConfig(ConfigBase):
    """AVA's own network, for parity: pictures of 128 x 128, a posterior of rank 1."""

    kind: Literal["ava"] = "ava"

    def build(self, item_shape: Sequence[int], latent_dim: int) -> tuple[AvaEncoder, AvaDecoder]:
        """Return encoder and decoder.

        Raises
        ------
        SubsongError
            When the pictures are not 128 x 128.
        """
        if tuple(item_shape) != ITEM_SHAPE:
            raise SubsongError(
                f"architecture ava takes spectrograms of 128 x 128, these are {' x '.join(map(str, item_shape))}: "
                "prepare them again with 128 bins each way, or use architecture residual, which takes any size"
            )
        return AvaEncoder(latent_dim), AvaDecoder(latent_dim)


class AvaEncoder(nn.Module):
    """Spectrograms (B, F, T) -> `LowRankGaussian` of rank 1 over (B, L)."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        for number, (before, after, stride) in enumerate(_convolutions(), start=1):
            setattr(self, f"conv{number}", nn.Conv2d(before, after, 3, stride=stride, padding=1))
        for number, before in enumerate(_CHANNELS[:-1], start=1):
            setattr(self, f"bn{number}", nn.BatchNorm2d(before))
        self.fc1, self.fc2 = nn.Linear(_FLAT_DIM, 1024), nn.Linear(1024, 256)
        self.fc31, self.fc32, self.fc33 = (nn.Linear(256, 64) for _ in range(3))
        self.fc41, self.fc42, self.fc43 = (nn.Linear(64, latent_dim) for _ in range(3))

    def forward(self, spec_BFT: Tensor) -> Posterior:
        """Return the posterior of spectrograms."""
        x = spec_BFT.unsqueeze(1)
        for number in range(1, len(_STRIDES) + 1):
            x = torch.relu(getattr(self, f"conv{number}")(getattr(self, f"bn{number}")(x)))
        hidden = torch.relu(self.fc2(torch.relu(self.fc1(x.flatten(1)))))
        mean_BL = self.fc41(torch.relu(self.fc31(hidden)))
        factor_BL = self.fc42(torch.relu(self.fc32(hidden)))
        log_diagonal_BL = self.fc43(torch.relu(self.fc33(hidden)))
        return LowRankGaussian(mean_BL, factor_BL[..., None], bound_log_variance(log_diagonal_BL))


class AvaDecoder(nn.Module):
    """Latent codes (B, L) -> expected spectrograms (B, F, T)."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.fc5, self.fc6 = nn.Linear(latent_dim, 64), nn.Linear(64, 256)
        self.fc7, self.fc8 = nn.Linear(256, 1024), nn.Linear(1024, _FLAT_DIM)
        for number, (after, before, stride) in enumerate(reversed(_convolutions()), start=1):
            layer = nn.ConvTranspose2d(before, after, 3, stride=stride, padding=1, output_padding=stride - 1)
            setattr(self, f"convt{number}", layer)
        for number, before in enumerate(reversed(_CHANNELS[1:]), start=8):
            setattr(self, f"bn{number}", nn.BatchNorm2d(before))

    def forward(self, z_BL: Tensor) -> Tensor:
        """Return expected spectrograms; the last layer is linear."""
        x = z_BL
        for number in range(5, 9):
            x = torch.relu(getattr(self, f"fc{number}")(x))
        x = x.reshape(-1, *_COARSE_SHAPE)
        for number in range(1, len(_STRIDES) + 1):
            x = getattr(self, f"convt{number}")(getattr(self, f"bn{number + 7}")(x))
            x = torch.relu(x) if number < len(_STRIDES) else x
        return x.squeeze(1)


def _convolutions() -> list[tuple[int, int, int]]:
    """Return channels before, channels after and stride of each convolution of the encoder."""
    return list(zip(_CHANNELS[:-1], _CHANNELS[1:], _STRIDES, strict=True))
