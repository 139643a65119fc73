"""Embeddings from a trained model's file.

Legend: N = checklists, D = species, L = latent dimensions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.core.noise import ItemNoise
from subsong.interop.bird_embeddings.checkpoint_files import check_keys, load_weights, read_tensors
from subsong.interop.bird_embeddings.frames import Frame, find_species, to_pandas
from subsong.interop.bird_embeddings.models import VariationalAutoencoder

log = logging.getLogger(__name__)

_ENCODER, _MEAN = "encoder_network.0.weight", "latent_mean_layer.weight"


class EmbeddingExtractor:
    """Embeds checklists with a trained model.

    Parameters
    ----------
    model_path
        A file of `save_model_for_inference`, a checkpoint of the trainer, the weights alone
        (``torch.save(model.state_dict(), ...)``), or, with `trust`, a pickled model.
    device
        Where to compute; None takes CUDA where it is, else the CPU.
    trust
        Whether a pickled model may be loaded, which can execute anything.

    Attributes
    ----------
    model
        In evaluation mode.
    species
        Names of the D species where the file holds them, else None.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SubsongError
        When it holds no model of ours; names what is missing.
    """

    def __init__(self, model_path: str | Path, device: str | torch.device | None = None, trust: bool = False) -> None:
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        content = read_tensors(model_path, trust)
        self.model = _build_model(model_path, content).to(self.device).eval()
        self.species = _read_species(content)

    def extract_embeddings(
        self, data: Frame, use_mean: bool = True, batch_size: int = 256, seed: int = 0
    ) -> np.ndarray:
        """Return the embedding of each checklist, float32, shape (N, L); the same for any batch size.

        Parameters
        ----------
        data
            A frame, an array or a tensor, N x D. A frame may hold ids and metadata besides. Where the file knows its
            species, a frame's columns are aligned by name.
        use_mean
            The posterior's mean; False draws from the posterior.
        batch_size
            Checklists at a time.
        seed
            Of the draws.

        Raises
        ------
        SubsongError
            When the checklists have another number of species than the model.
        """
        blocks = [z_BL for z_BL, _ in self._encode(data, use_mean, batch_size, seed)]
        return _to_numpy(blocks, self.model.latent_dimension)

    def extract_with_reconstruction(
        self, data: Frame, use_mean: bool = True, batch_size: int = 256, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return embeddings (N, L) and the probability of each species (N, D), both float32."""
        blocks = list(self._encode(data, use_mean, batch_size, seed))
        embeddings = _to_numpy([z_BL for z_BL, _ in blocks], self.model.latent_dimension)
        return embeddings, _to_numpy([x_BD for _, x_BD in blocks], self.model.input_dimension)

    def _encode(self, data: Frame, use_mean: bool, batch_size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield codes and probabilities of a batch after the other."""
        vectors_ND = self._read_vectors(data)
        with torch.inference_mode():
            for start in range(0, len(vectors_ND), batch_size):
                x_BD = vectors_ND[start : start + batch_size].to(self.device)
                mean_BL, log_variance_BL = self.model.encode(x_BD)
                noise = ItemNoise(seed, np.arange(start, start + len(x_BD)), "embedding")
                z_BL = mean_BL if use_mean else self.model.reparameterize(mean_BL, log_variance_BL, noise)
                yield z_BL, self.model.decode(z_BL)

    def _read_vectors(self, data: Frame) -> Tensor:
        if isinstance(data, Tensor):
            vectors = data.float()
        else:
            values = data if isinstance(data, np.ndarray) else self._align(to_pandas(data))
            vectors = torch.from_numpy(np.array(values, dtype=np.float32))
        if vectors.ndim != 2 or vectors.shape[1] != self.model.input_dimension:
            raise SubsongError(
                f"the checklists have shape {tuple(vectors.shape)}, expected (number, {self.model.input_dimension}): "
                "give one column for each species the model was trained on, in its order"
            )
        return vectors

    def _align(self, frame: Frame) -> Frame:
        """Return the columns of the model's species, in its order; one the frame lacks is 0."""
        found = find_species(frame)
        if self.species is None:
            return frame[found]
        missing, unknown = set(self.species) - set(found), set(found) - set(self.species)
        if len(missing) == len(self.species):
            raise SubsongError(f"none of the model's {len(missing)} species is a column of the data: check the names")
        for what, names in (("lack, taken as absent,", missing), ("hold, unknown to the model,", unknown)):
            if names:
                log.warning("the data %s %d species: %s", what, len(names), _list_some(names))
        return frame.reindex(columns=self.species, fill_value=0)


def _list_some(names: set[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def _build_model(path: str | Path, content: Any) -> VariationalAutoencoder:
    if isinstance(content, torch.nn.Module):
        weights: Mapping[str, Any] = content.state_dict()
    elif isinstance(content, Mapping) and _ENCODER in content:
        weights = content
    else:
        check_keys(path, content, ("model_state_dict",))
        weights = content["model_state_dict"]
    check_keys(path, weights, (_ENCODER, _MEAN))
    (hidden, inputs), latent = weights[_ENCODER].shape, len(weights[_MEAN])
    model = VariationalAutoencoder(inputs, latent, hidden)
    load_weights(path, model, weights)
    return model


def _read_species(content: Any) -> list[str] | None:
    metadata = content.get("metadata") if isinstance(content, Mapping) else None
    species: Sequence[str] | None = (metadata or {}).get("species")
    return None if species is None else list(species)


def _to_numpy(blocks: list[Tensor], width: int) -> np.ndarray:
    if not blocks:
        return np.zeros((0, width), np.float32)
    return torch.cat(blocks).cpu().numpy()


def load_and_extract(
    model_path: str | Path,
    data: Frame,
    use_mean: bool = True,
    batch_size: int = 256,
    device: str | torch.device | None = None,
) -> np.ndarray:
    """Return the embeddings of checklists by the model in a file; see `EmbeddingExtractor`."""
    return EmbeddingExtractor(model_path, device).extract_embeddings(data, use_mean, batch_size)
