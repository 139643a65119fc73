"""bird-embeddings' ``src.training``: the trainer, its checkpoints and its helpers."""

from __future__ import annotations

from subsong.core.seeds import set_seed
from subsong.interop.bird_embeddings.training.checkpoints import (
    load_checkpoint,
    save_checkpoint,
    save_model_for_inference,
)
from subsong.interop.bird_embeddings.training.device import get_device
from subsong.interop.bird_embeddings.training.noise import add_noise
from subsong.interop.bird_embeddings.training.summary import print_model_summary
from subsong.interop.bird_embeddings.training.trainer import train_variational_autoencoder
from subsong.models.summary import count_parameters

__all__ = [
    "add_noise",
    "count_parameters",
    "get_device",
    "load_checkpoint",
    "print_model_summary",
    "save_checkpoint",
    "save_model_for_inference",
    "set_seed",
    "train_variational_autoencoder",
]
