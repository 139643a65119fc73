"""bird-embeddings' ``src.data``: from an eBird file to loaders."""

from __future__ import annotations

from subsong.interop.bird_embeddings.data.dataset import (
    BirdChecklistDataset,
    create_dataloaders,
    get_full_tensor,
    split_train_val,
)
from subsong.interop.bird_embeddings.data.matrix import create_species_matrix, get_species_statistics
from subsong.interop.bird_embeddings.data.preprocessor import EBirdPreprocessor
from subsong.interop.bird_embeddings.data.reading import (
    filter_columns,
    get_ebird_columns,
    load_ebird_data,
    validate_ebird_data,
)

__all__ = [
    "BirdChecklistDataset",
    "EBirdPreprocessor",
    "create_dataloaders",
    "create_species_matrix",
    "filter_columns",
    "get_ebird_columns",
    "get_full_tensor",
    "get_species_statistics",
    "load_ebird_data",
    "split_train_val",
    "validate_ebird_data",
]
