"""A model of DAS (``NAME_model.h5`` and ``NAME_params.yaml``) as a segmenter of ours, without Keras.

What can be taken over exactly is the network on raw sound. The one behind a spectrogram (``nb_pre_conv`` above 0)
cannot: there the loudest value of a chunk is taken from all its values, so that the same second looks different in
another chunk, and no fixed frontend gives its numbers.

Legend: J = taps, I, O = channels in and out, C = classes of DAS, the first of which is noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.inference.annotating.options import DecodingOptions
from subsong.interop.das.keras_files import KerasLayer, read_keras_layers
from subsong.interop.das.parameters import read_parameters
from subsong.models.das_tcn import DasTcn, DasTcnConfig
from subsong.models.portable import ModelDescription, write_model
from subsong.sources.song_class import SongClass
from subsong.sources.spectrograms import SampleFramesConfig, describe_frames, find_value_range

MODEL_END, PARAMETERS_END = "_model.h5", "_params.yaml"
_DILATIONS = (1, 2, 4, 8, 16)
_DROPPED = {
    "trainable_stft": "a spectrogram in front",
    "bidirectional": "an LSTM behind",
    "resnet": "a ResNet in front",
}


class DasModel(NamedTuple):
    """A model that was read: the network with its weights, and what there is to say of it."""

    network: DasTcn
    description: ModelDescription


def find_das_model(path: str | Path) -> tuple[Path, Path] | None:
    """Return the two files of the model that `path` means: either of them, or their common stem; None: it is none."""
    path = Path(path).expanduser()
    end = next((end for end in (MODEL_END, PARAMETERS_END) if path.name.endswith(end)), "")
    stem = path.name.removesuffix(end)
    files = path.with_name(stem + MODEL_END), path.with_name(stem + PARAMETERS_END)
    return files if end or files[0].is_file() else None


def read_das_model(path: str | Path) -> DasModel:
    """Read a model of DAS: `path` is one of its two files, or their common stem.

    Raises
    ------
    SubsongError
        When a file is missing or damaged, they do not belong together, or the network has a part that ours does not
        have: says which.

    Notes
    -----
    There, classes and noise share a probability of 1 in each sample; here so do segments, and each class of events
    stands by itself. The output is the same where all classes are segments, or there is one class, of events.
    Where sound is numbers of another scale than wav files (``.npz``), DAS learned that scale; a model read here takes
    samples from -1 to 1.
    """
    found = find_das_model(path)
    if found is None:
        raise SubsongError(f"{path} is no model of DAS: expected NAME{MODEL_END}, with NAME{PARAMETERS_END} beside it")
    model_path, parameters_path = found
    parameters, layers = read_parameters(parameters_path), read_keras_layers(model_path)
    _check_kind(model_path, parameters, layers)
    classes = _read_classes(parameters_path, parameters)
    num_channels = int(_require(parameters_path, parameters, "nb_freq"))
    config = _build_config(parameters_path, parameters)
    network = config.build(num_channels, classes)
    _load(model_path, network, config, [layer for layer in layers if layer.weights], len(classes))
    rate = _require(parameters_path, parameters, "samplerate_x_Hz")
    return DasModel(network.eval(), _describe(config, classes, int(rate), num_channels, parameters, model_path.name))


def import_das_model(path: str | Path, out: str | Path, overwrite: bool = False) -> DasModel:
    """Read a model of DAS and write it as a model folder of ours, whole or not at all.

    Raises
    ------
    SubsongError
        As `read_das_model`, and when `out` is there and `overwrite` is False.
    """
    if Path(out).exists() and not overwrite:
        raise SubsongError(f"{out} is there: choose another folder, or say --overwrite")
    model = read_das_model(path)
    write_model(out, *model)
    return model


def _require(path: Path, parameters: Mapping[str, Any], name: str) -> Any:
    if parameters.get(name) is None:
        raise SubsongError(f"{path} does not say {name}: copy the file that DAS wrote with the model")
    return parameters[name]


def _check_kind(path: Path, parameters: Mapping[str, Any], layers: Sequence[KerasLayer]) -> None:
    """Refuse networks with parts that ours does not have."""
    names = [layer.name for layer in layers]
    parts = [what for start, what in _DROPPED.items() if any(name.startswith(start) for name in names)]
    if parts:
        raise SubsongError(
            f"{path} has {' and '.join(parts)}, and its numbers cannot be had without DAS: import its dataset "
            "(NAME.npy) and train song-segmenter on it, with model.kind=das-tcn for the same network"
        )
    if parameters.get("model_name", "tcn") not in ("tcn", "tcn_stft", "tcn_seq", "tcn_multi"):
        raise SubsongError(
            f"{path} is a network {parameters['model_name']!r}: models that are read are tcn and tcn_stft"
        )
    num_blocks = int(parameters.get("nb_conv") or 1) * len(_read_dilations(parameters))
    if sum("lambda" in name for name in names) < num_blocks:
        raise SubsongError(f"{path} does not divide by the largest channel in each block, as the networks we read do")


def _read_dilations(parameters: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(one) for one in parameters.get("dilations") or _DILATIONS)


def _read_classes(path: Path, parameters: Mapping[str, Any]) -> list[SongClass]:
    names, kinds = (_require(path, parameters, name) for name in ("class_names", "class_types"))
    if not isinstance(names, list) or not isinstance(kinds, list) or len(names) != len(kinds) or len(names) < 2:
        raise SubsongError(f"{path} has class_names {names} and class_types {kinds}: expected one kind a name")
    return [
        SongClass(str(name), "event" if kind == "event" else "segment")
        for name, kind in zip(names[1:], kinds[1:], strict=True)
    ]


def _build_config(path: Path, parameters: Mapping[str, Any]) -> DasTcnConfig:
    filters, taps, stacks = (int(_require(path, parameters, name)) for name in ("nb_filters", "kernel_size", "nb_conv"))
    separable = parameters.get("use_separable") or False
    per_stack = [bool(one) for one in separable] if isinstance(separable, list) else [bool(separable)]
    # DAS goes on with the last one where too few are given.
    filled = [*per_stack, *[per_stack[-1]] * stacks][:stacks] if len(per_stack) > 1 else per_stack
    return DasTcnConfig(
        channels=filters,
        kernel_size=taps,
        num_stacks=stacks,
        dilations=_read_dilations(parameters),
        separable=tuple(filled),
    )


def _load(path: Path, network: DasTcn, config: DasTcnConfig, layers: Sequence[KerasLayer], num_classes: int) -> None:
    """Put the weights of Keras's layers, in their order, into a network."""
    *body, last = layers or [KerasLayer("nothing", ())]
    names = [
        "enter",
        *(f"blocks.{number}.{part}" for number in range(len(network.blocks)) for part in ("filter", "mix")),
    ]
    if len(body) != len(names) or len(last.weights) != 2 or last.weights[0].shape[-1] != num_classes + 1:
        raise SubsongError(
            f"{path} has {len(layers)} layers with weights, and its parameters ask for {len(names) + 1} with "
            f"{num_classes + 1} outputs: the two files do not belong together"
        )
    weights = dict(pair for name, layer in zip(names, body, strict=True) for pair in _convert_layer(name, layer))
    weights |= _convert_last(network, *last.weights)
    ours = network.state_dict()
    for name in ours.keys() | weights.keys():
        theirs = weights.get(name)
        if theirs is None or name not in ours or theirs.shape != ours[name].shape:
            raise SubsongError(
                f"{path}: {name} has shape {None if theirs is None else tuple(theirs.shape)}, its parameters ask for "
                f"{tuple(ours[name].shape) if name in ours else None}: the two files do not belong together"
            )
    network.load_state_dict(weights)


def _convert_layer(name: str, layer: KerasLayer) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights of a convolution under our names; three arrays are those of a separable one."""
    if len(layer.weights) == 3:
        each_JIM, mix_1IO, bias_O = layer.weights
        num_taps = len(each_JIM)
        yield f"{name}.each.weight", torch.from_numpy(each_JIM.transpose(1, 2, 0).reshape(-1, 1, 1, num_taps).copy())
        yield f"{name}.mix.weight", _turn(mix_1IO)
        yield f"{name}.mix.bias", torch.from_numpy(bias_O)
    elif len(layer.weights) == 2:
        yield f"{name}.weight", _turn(layer.weights[0])
        yield f"{name}.bias", torch.from_numpy(layer.weights[1])


def _turn(kernel_JIO: np.ndarray) -> Tensor:
    """Return a kernel of Keras as torch's, (O, I, 1, J)."""
    return torch.from_numpy(kernel_JIO.transpose(2, 1, 0)[:, :, None].copy())


def _convert_last(network: DasTcn, kernel_IC: np.ndarray, bias_C: np.ndarray) -> dict[str, Tensor]:
    """Return the head's weights: logits against noise; borders, which DAS does not tell, stay those of a new head."""
    kernel_IC = kernel_IC.reshape(-1, kernel_IC.shape[-1])
    bias = network.head.bias.detach().clone()  # type: ignore[union-attr]
    bias[: len(bias_C) - 1] = torch.from_numpy(bias_C[1:] - bias_C[0])
    logits_CI = torch.from_numpy((kernel_IC[:, 1:] - kernel_IC[:, :1]).T)
    borders_PI = logits_CI.new_zeros(len(bias) - len(logits_CI), logits_CI.shape[1])
    return {"head.weight": torch.cat([logits_CI, borders_PI]).unsqueeze(2), "head.bias": bias}


def _describe(
    config: DasTcnConfig,
    classes: Sequence[SongClass],
    rate: int,
    num_channels: int,
    parameters: Mapping[str, Any],
    name: str,
) -> ModelDescription:
    frames = SampleFramesConfig(hop_size=1, num_channels=num_channels, level=1.0)
    optimised = parameters.get("post_opt")
    optimised = optimised if isinstance(optimised, dict) else {}
    # DAS decides sample by sample: no evidence is asked for a change of label, and no borders are known.
    decoding = DecodingOptions(
        fill_gap_s=float(optimised.get("gap_dur") or 0.0),
        min_duration_s=float(optimised.get("min_len") or 0.0),
        switch_nats=0.0,
        refine_borders=False,
    )
    preprocessing = {
        "kind": "song",
        "item_shape": [num_channels],
        "value_range": find_value_range(frames),
        "sample_rate_hz": rate,
        **describe_frames(frames),
        "classes": [one._asdict() for one in classes],
        "decoding": decoding.model_dump(mode="json"),
    }
    labels = [one.name for one in classes]
    return ModelDescription(
        "song-segmenter", config.model_dump(mode="json"), preprocessing, labels, {"imported_from": f"DAS, {name}"}
    )
