"""AVA's ``ava.models``: data sets of spectrograms and of windows of song, and the VAE."""

from __future__ import annotations

from subsong.interop.ava.models.losses import convert_printed_loss
from subsong.interop.ava.models.utils import (
    anchor_point_warp_parameter_search,
    cross_validation_warp_parameter_search,
)
from subsong.interop.ava.models.vae import VAE
from subsong.interop.ava.models.vae_dataset import (
    SyllableDataset,
    get_syllable_data_loaders,
    get_syllable_partition,
)
from subsong.interop.ava.models.window_vae_dataset import (
    FixedWindowDataset,
    WarpedWindowDataset,
    get_fixed_window_data_loaders,
    get_warped_window_data_loaders,
    get_window_partition,
)

__all__ = [
    "VAE",
    "FixedWindowDataset",
    "SyllableDataset",
    "WarpedWindowDataset",
    "anchor_point_warp_parameter_search",
    "convert_printed_loss",
    "cross_validation_warp_parameter_search",
    "get_fixed_window_data_loaders",
    "get_syllable_data_loaders",
    "get_syllable_partition",
    "get_warped_window_data_loaders",
    "get_window_partition",
]
