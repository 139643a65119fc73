"""bird-embeddings' calls under their old names, on Subsong's engine.

In a script, ``from src.training import ...`` becomes ``from subsong.interop.bird_embeddings.training import ...``, and
``src.data``, ``src.models`` and ``src.inference`` likewise; everything can be imported from here as well. Needs pandas:
``pip install 'subsong[pandas]'``.
"""

from __future__ import annotations

from subsong.interop.bird_embeddings.data import (
    BirdChecklistDataset,
    EBirdPreprocessor,
    create_dataloaders,
    create_species_matrix,
    filter_columns,
    get_ebird_columns,
    get_full_tensor,
    get_species_statistics,
    load_ebird_data,
    split_train_val,
    validate_ebird_data,
)
from subsong.interop.bird_embeddings.inference import (
    EmbeddingExtractor,
    load_and_extract,
    load_embeddings,
    save_embeddings,
)
from subsong.interop.bird_embeddings.models import VariationalAutoencoder, variational_autoencoder_loss_function
from subsong.interop.bird_embeddings.training import (
    add_noise,
    count_parameters,
    get_device,
    load_checkpoint,
    print_model_summary,
    save_checkpoint,
    save_model_for_inference,
    set_seed,
    train_variational_autoencoder,
)

__all__ = [
    "BirdChecklistDataset",
    "EBirdPreprocessor",
    "EmbeddingExtractor",
    "VariationalAutoencoder",
    "add_noise",
    "count_parameters",
    "create_dataloaders",
    "create_species_matrix",
    "filter_columns",
    "get_device",
    "get_ebird_columns",
    "get_full_tensor",
    "get_species_statistics",
    "load_and_extract",
    "load_checkpoint",
    "load_ebird_data",
    "load_embeddings",
    "print_model_summary",
    "save_checkpoint",
    "save_embeddings",
    "save_model_for_inference",
    "set_seed",
    "split_train_val",
    "train_variational_autoencoder",
    "validate_ebird_data",
    "variational_autoencoder_loss_function",
]
