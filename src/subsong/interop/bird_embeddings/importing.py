"""A model file of bird-embeddings as a model folder of ours, whose species have names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.core.files import read_json
from subsong.datasets.checklist_reading import ChecklistReading
from subsong.interop.bird_embeddings.checkpoint_files import load_weights
from subsong.interop.bird_embeddings.inference.extractor import EmbeddingExtractor
from subsong.interop.bird_embeddings.models import VariationalAutoencoder
from subsong.models.checklist_vae import ChecklistVaeConfig
from subsong.models.mlp import MlpConfig
from subsong.models.portable import ModelDescription, write_model
from subsong.sources.ebird import EbirdOptions
from subsong.sources.reading import read_errors

_NUM_HIDDEN = 3
_TABLE_SUFFIXES = (".csv", ".tsv")


def read_species_names(path: str | Path) -> list[str]:
    """Return names of species in the order of a model's columns.

    Parameters
    ----------
    path
        ``.json``: a list, or a dict with ``species``; ``.csv`` or ``.tsv``: the first column; else one name a line.

    Raises
    ------
    SubsongError
        When the file is missing, holds no names, or a name twice.
    """
    path = Path(path).expanduser()
    names = _read_names(path)
    repeated = next((name for name in names if names.count(name) > 1), None)
    if not names or repeated is not None:
        found = "none" if repeated is None else f"{repeated!r} twice"
        raise SubsongError(f"{path}: expected the names of species, each once, in the order of training; found {found}")
    return names


def _read_names(path: Path) -> list[str]:
    suffix = path.suffix.lower()
    if suffix == ".json":
        content = read_json(path)
        listed = content.get("species") if isinstance(content, dict) else content
        return [str(name) for name in listed] if isinstance(listed, list) else []
    if suffix in _TABLE_SUFFIXES:
        try:
            table = pl.read_csv(path, separator="\t" if suffix == ".tsv" else ",", infer_schema=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise SubsongError(
                f"{path} is missing or no table: expected names of species in its first column"
            ) from error
        return table.to_series(0).drop_nulls().to_list() if table.width else []
    with read_errors(path):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.strip() for line in lines if line.strip()]


def import_bird_embeddings(
    source: str | Path,
    out: str | Path,
    species_path: str | Path | None = None,
    trust: bool = False,
    overwrite: bool = False,
) -> ModelDescription:
    """Read a model of bird-embeddings and write it as a model folder of ``checklist-vae``, whole or not at all.

    Parameters
    ----------
    source
        What `EmbeddingExtractor` reads: a checkpoint, a file for inference, or weights alone.
    out
        The model folder.
    species_path
        Names of the species, see `read_species_names`; None: the file itself says them, as those written here do.
    trust
        Whether a pickled model may be loaded, which can execute anything.
    overwrite
        Replace the folder that is there.

    Raises
    ------
    SubsongError
        When the file is missing, damaged or no such model, or the names are not as many as its species.
    """
    if Path(out).exists() and not overwrite:
        raise SubsongError(f"{out} is there: choose another folder, or say --overwrite")
    extractor = EmbeddingExtractor(source, "cpu", trust)
    theirs = extractor.model
    names = extractor.species if species_path is None else read_species_names(species_path)
    if names is None:
        raise SubsongError(
            f"{source} does not name its {theirs.input_dimension} species, and columns are matched by name: give "
            "--species FILE, one name a line in the order of training (the list that create_species_matrix returned)"
        )
    if len(names) != theirs.input_dimension:
        raise SubsongError(
            f"{species_path or source} names {len(names)} species, the model has {theirs.input_dimension}: give the "
            "list it was trained with"
        )
    network = MlpConfig(hidden=(theirs.hidden_dimension,) * _NUM_HIDDEN)
    config = ChecklistVaeConfig(latent_dim=theirs.latent_dimension, network=network)
    module = config.build((theirs.input_dimension,))
    load_weights(source, module, _rename(theirs))
    description = _describe(Path(source), config, names)
    write_model(out, module.eval(), description)
    return description


def _rename(theirs: VariationalAutoencoder) -> dict[str, Tensor]:
    """Return the weights under our names."""
    ours = {
        "encoder_network": "encoder.layers",
        "latent_mean_layer": "encoder.mean",
        "latent_log_variance_layer": "encoder.log_variance",
        "decoder_network": "decoder.layers",
    }
    last = f"decoder_network.{2 * _NUM_HIDDEN}."
    renamed = {}
    for name, value in theirs.state_dict().items():
        part, _, rest = name.partition(".")
        is_last = name.startswith(last)
        renamed[f"decoder.parameters_out.{name.removeprefix(last)}" if is_last else f"{ours[part]}.{rest}"] = value
    return renamed


def _describe(source: Path, config: ChecklistVaeConfig, names: Sequence[str]) -> ModelDescription:
    # bird-embeddings knows species by their common names, and leaves subspecies out.
    reading = ChecklistReading(ebird=EbirdOptions(species_key="common", taxa="species"))
    preprocessing: dict[str, Any] = {
        "kind": "checklists",
        "item_shape": [len(names)],
        "value_range": (0.0, 1.0),
        "species_names": list(names),
        "reading": reading.for_use().model_dump(mode="json"),
        "covariates": [],
    }
    origin = {"imported_from": f"bird-embeddings, {source.name}"}
    return ModelDescription("checklist-vae", config.model_dump(mode="json"), preprocessing, list(names), origin)
