"""Model files as DAS and Keras write them, with random weights, and what such a network says, by NumPy alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

FILTERS, TAPS, STACKS, DILATIONS = 4, 5, 2, (1, 2, 4)
TAGGED = """\
batch_size: 32
use_separable: !!python/tuple [%s, %s]
post_opt:
  gap_dur: !!python/object/apply:numpy.core.multiarray.scalar
  - &id001 !!python/object/apply:numpy.dtype
    args: [f8, false, true]
    state: !!python/tuple [3, <, null, null, null, -1, -1, 0]
  - !!binary |
    exSuR+F6hD8=
  min_len: 0.02
conf_mat: !!python/object/apply:os.system ["touch %s"]
"""


class Layer(NamedTuple):
    name: str
    weights: dict[str, np.ndarray]


def draw_layers(separable: tuple[bool, ...], num_channels: int, num_classes: int) -> list[Layer]:
    """Return the layers of a network in their order, those without weights too."""
    draw, counts = np.random.default_rng(0), dict[str, int]()

    def make(kind: str, **shapes: tuple[int, ...]) -> Layer:
        counts[kind] = counts.get(kind, -1) + 1
        name = kind if counts[kind] == 0 else f"{kind}_{counts[kind]}"
        return Layer(name, {key: draw.normal(0, 0.4, shape).astype(np.float32) for key, shape in shapes.items()})

    layers = [make("input_1"), make("conv1d", kernel=(1, num_channels, FILTERS), bias=(FILTERS,))]
    for is_separable in separable:
        for _ in DILATIONS:
            if is_separable:
                shapes = {"depthwise_kernel": (TAPS, FILTERS, 4), "pointwise_kernel": (1, 4 * FILTERS, FILTERS)}
                layers.append(make("separable_conv1d", **shapes, bias=(FILTERS,)))
            else:
                layers.append(make("conv1d", kernel=(TAPS, FILTERS, FILTERS), bias=(FILTERS,)))
            layers += [make("activation"), make("lambda"), make("spatial_dropout1d")]
            layers += [make("conv1d", kernel=(1, FILTERS, FILTERS), bias=(FILTERS,)), make("add")]
    return [*layers, make("dense", kernel=(FILTERS, num_classes), bias=(num_classes,))]


def write_model(folder: Path, layers: list[Layer], **changes: Any) -> Path:
    """Write ``old_model.h5`` and ``old_params.yaml``; return their stem."""
    with h5py.File(folder / "old_model.h5", "w") as file:
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = root.create_group(layer.name)
            names = [f"{layer.name}/{name}:0" for name in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, values in zip(names, layer.weights.values(), strict=True):
                group[name] = values
    separable = [any(layer.name.startswith("separable") for layer in layers), False]
    values = {
        "model_name": "tcn",
        "nb_filters": FILTERS,
        "kernel_size": TAPS,
        "nb_conv": STACKS,
        "dilations": list(DILATIONS),
        "nb_pre_conv": 0,
        "nb_freq": 2,
        "samplerate_x_Hz": 10000,
        "class_names": "[noise, a, b]",
        "class_types": "[segment, segment, segment]",
        **changes,
    }
    lines = [f"{name}: {value}" for name, value in values.items()]
    text = TAGGED % (*(str(one).lower() for one in separable), folder / "ran")
    (folder / "old_params.yaml").write_text("\n".join([*lines, text]))
    return folder / "old"


def compute_like_das(layers: list[Layer], samples_TR: np.ndarray) -> np.ndarray:
    """Return the probabilities of the classes, noise among them, in each sample, float64, shape (T, C)."""
    body = [list(layer.weights.values()) for layer in layers if layer.weights]
    entered = samples_TR @ body[0][0][0] + body[0][1]
    x, skips = entered, np.zeros_like(entered)
    for block, (long, mix) in enumerate(zip(body[1:-1:2], body[2:-1:2], strict=True)):
        dilation = DILATIONS[block % len(DILATIONS)]
        filtered = np.maximum(_filter(x, long, dilation), 0)
        filtered /= np.abs(filtered).max(axis=1, keepdims=True) + 1e-5
        added = filtered @ mix[0][0] + mix[1]
        x, skips = x + added, skips + added
    scores = np.maximum(skips, 0) @ body[-1][0] + body[-1][1]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _filter(x: np.ndarray, weights: list[np.ndarray], dilation: int) -> np.ndarray:
    """Return what a convolution with Keras's padding ``same`` gives."""
    span = (TAPS - 1) * dilation
    padded = np.pad(x, ((span // 2, span - span // 2), (0, 0)))
    taps = [padded[tap * dilation : tap * dilation + len(x)] for tap in range(TAPS)]
    if len(weights) == 2:
        return sum(part @ kernel for part, kernel in zip(taps, weights[0], strict=True)) + weights[1]
    each = sum(part[:, :, None] * kernel for part, kernel in zip(taps, weights[0], strict=True))
    return each.reshape(len(x), -1) @ weights[1][0] + weights[2]
