"""A checkpoint of AVA's as a model folder of ours, which embeds, maps and starts new runs."""

from __future__ import annotations

from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.core.overrides import Overrides
from subsong.core.yaml_files import load_yaml
from subsong.interop.ava.models.checkpoints import load_ava_weights, read_ava_checkpoint
from subsong.interop.ava.stores import read_ava_reading
from subsong.models.ava import ITEM_SHAPE, AvaConfig
from subsong.models.likelihoods import GaussianConfig
from subsong.models.portable import ModelDescription, write_model
from subsong.models.syllable_vae import SyllableVaeConfig

_PRECISION = 10.0


def import_ava_checkpoint(
    source: str | Path,
    out: str | Path,
    parameters: str | Path,
    overrides: Overrides | None = None,
    overwrite: bool = False,
) -> ModelDescription:
    """Read a ``checkpoint_NNN.tar`` and write it as a model folder of ``syllable-vae``, whole or not at all.

    Parameters
    ----------
    source
        The checkpoint; nothing in it is executed.
    out
        The model folder.
    parameters, overrides
        How its spectrograms were made, see `read_ava_reading`. ``model_precision`` in the file is the model's, where
        the checkpoint does not say it, as AVA's do not; else it is 10, AVA's default.
    overwrite
        Replace the folder that is there.

    Raises
    ------
    SubsongError
        When the checkpoint is missing, damaged or of another network, or the parameters are of other pictures.
    """
    if Path(out).exists() and not overwrite:
        raise SubsongError(f"{out} is there: choose another folder, or say --overwrite")
    reading = read_ava_reading(parameters, overrides)
    shape = (reading.spectrogram.num_freq_bins, reading.spectrogram.num_time_bins)
    if shape != ITEM_SHAPE:
        raise SubsongError(
            f"{parameters} is of spectrograms of {' x '.join(map(str, shape))} (num_freq_bins, num_time_bins), AVA's "
            "network takes 128 x 128: give the parameters it was trained with"
        )
    content = read_ava_checkpoint(source)
    precision = content.get("model_precision") or load_yaml(parameters).values.get("model_precision") or _PRECISION
    config = SyllableVaeConfig(
        architecture=AvaConfig(),
        latent_dim=int(content["z_dim"]),
        likelihood=GaussianConfig(precision=float(precision)),
    )
    module = config.build(ITEM_SHAPE)
    load_ava_weights(source, content, module)
    preprocessing = {
        "kind": "syllables",
        "item_shape": list(ITEM_SHAPE),
        "value_range": (0.0, 1.0),
        "reading": reading.model_dump(mode="json"),
    }
    origin = {"imported_from": f"AVA, {Path(source).name}", "epochs": int(content["epoch"])}
    description = ModelDescription("syllable-vae", config.model_dump(mode="json"), preprocessing, None, origin)
    write_model(out, module.eval(), description)
    return description
