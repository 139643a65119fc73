"""AVA's ``ava.models``: data sets of spectrograms, and the VAE."""

from __future__ import annotations

from subsong.interop.ava.models.losses import convert_printed_loss
from subsong.interop.ava.models.vae import VAE
from subsong.interop.ava.models.vae_dataset import (
    SyllableDataset,
    get_syllable_data_loaders,
    get_syllable_partition,
)

__all__ = ["VAE", "SyllableDataset", "convert_printed_loss", "get_syllable_data_loaders", "get_syllable_partition"]
