"""What is exported: modules from arrays to arrays, without the objects a graph cannot return.

Legend: S = samples, K = frames, C = classes, P = kinds of sound with borders of their own, B = examples, L = latent
dimensions, ... = the shape of one example.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from subsong.inference.onnx.frames import GreyFrames, RawFrames
from subsong.models.segmenter import FrameNetwork, SegmenterOutput
from subsong.models.vae import Vae

_EXAMPLE_FRAMES, _EXAMPLE_ITEMS = 40, 2


class Graph(NamedTuple):
    """A module, and how it is called.

    Attributes
    ----------
    module
        What is exported.
    example
        An input; its first size may be another one at each call.
    input_name, output_names
        What input and outputs are called, the outputs in their order.
    input_axis, output_axis
        What their first axes count.
    """

    module: nn.Module
    example: Tensor
    input_name: str
    output_names: tuple[str, ...]
    input_axis: str = "examples"
    output_axis: str = "examples"


class SegmenterGraph(nn.Module):
    """Samples (S,) -> probabilities (K, C) and borders (K, 2 P) of the frames whose windows lie inside the samples."""

    def __init__(self, frames: GreyFrames | RawFrames, network: FrameNetwork) -> None:
        super().__init__()
        self.frames, self.network = frames, network

    def forward(self, samples_S: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the network says of each frame."""
        output: SegmenterOutput = self.network(self.frames(samples_S).unsqueeze(0))
        return output.compute_probabilities()[0].T, output.border_logits_BPK.sigmoid()[0].T


class EncoderGraph(nn.Module):
    """Examples (B, ...) -> mean and log-variance of the posterior, (B, L) each."""

    def __init__(self, vae: Vae) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the posterior of each example."""
        posterior = self.vae.encode(x)
        return posterior.mean_BL, posterior.log_variance_BL


class DecoderGraph(nn.Module):
    """Latent codes (B, L) -> expected data (B, ...)."""

    def __init__(self, vae: Vae) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, z_BL: Tensor) -> Tensor:
        """Return the expected data of each code."""
        return self.vae.decode(z_BL).mean


def build_segmenter_graph(frames: GreyFrames | RawFrames, network: FrameNetwork) -> Graph:
    """Return the graph of a segmenter, from samples on."""
    example_S = torch.zeros(frames.window_size + _EXAMPLE_FRAMES * frames.hop_size)
    module = SegmenterGraph(frames, network)
    return Graph(module, example_S, "samples", ("probabilities", "borders"), "samples", "frames")


def build_vae_graphs(vae: Vae, item_shape: tuple[int, ...]) -> dict[str, Graph]:
    """Return the graphs of a VAE by name: ``encoder`` and ``decoder``."""
    x, z_BL = torch.zeros(_EXAMPLE_ITEMS, *item_shape), torch.zeros(_EXAMPLE_ITEMS, vae.latent_dim)
    return {
        "encoder": Graph(EncoderGraph(vae), x, "x", ("mean", "log_variance")),
        "decoder": Graph(DecoderGraph(vae), z_BL, "z", ("mean",)),
    }
