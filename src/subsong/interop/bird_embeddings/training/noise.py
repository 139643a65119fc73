"""bird-embeddings' noise on the input: normal, clipped to the range of its values."""

from __future__ import annotations

import torch
from torch import Tensor


def add_noise(data: Tensor, noise_std: float = 0.1, clamp_min: float = 0.0, clamp_max: float = 1.0) -> Tensor:
    """Return `data` with normal noise of torch's own generator added, clipped.

    Notes
    -----
    A threshold recovers 0 and 1 from it, so that it hides nothing of a checklist, and clipped at 0 it adds 0.04 to
    every absence (std 0.1): `masking` in a configuration of ``checklist-vae`` is the better teacher.
    """
    return (data + noise_std * torch.randn_like(data)).clamp(clamp_min, clamp_max)
