"""An exported segmenter in use: what `TrainedSegmenter` does, computed by onnxruntime.

The graph takes samples. Here they come in frames of one hop each, as for networks on raw sound, so that a recording is
gone through, and its annotations decoded, exactly as with any other segmenter.

Legend: B = 1 example, F = samples of a hop, K = frames, C = classes, P = kinds of sound with borders of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from subsong.core.errors import SubsongError
from subsong.inference.onnx.metadata import GraphFrames
from subsong.inference.onnx.session import OpenGraph, open_graph
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.segmenter import FrameNetwork, find_layout
from subsong.models.tcn import Reach
from subsong.sources.spectrograms import FrameSource, SampleFrames, SampleFramesConfig
from subsong.sources.spectrograms.frame_settings import ReadSamples


class GraphOutput(NamedTuple):
    """What a graph says of each frame, in the place of `SegmenterOutput`.

    Attributes
    ----------
    probabilities_BCK
        Of each class.
    borders_BPK
        How near a border is, shape (B, 2 P, K): the onsets, then the offsets.
    """

    probabilities_BCK: Tensor
    borders_BPK: Tensor

    def compute_probabilities(self) -> Tensor:
        """Return the probability of each class in each frame, shape (B, C, K)."""
        return self.probabilities_BCK

    @property
    def border_logits_BPK(self) -> Tensor:
        """The logits of the borders, shape (B, 2 P, K)."""
        return self.borders_BPK.logit()


class GraphNetwork(FrameNetwork):
    """A graph as a network: samples in frames (B, F, K) -> `GraphOutput`, for any K.

    Parameters
    ----------
    graph
        Of one segmenter.
    frames
        Which frames it returns.
    """

    def __init__(self, graph: OpenGraph, frames: GraphFrames) -> None:
        super().__init__()
        self._graph = graph
        # Whoever asks where inputs are wanted looks at the parameters.
        self.place = nn.Parameter(torch.empty(0), requires_grad=False)
        self.layout = find_layout(graph.metadata.describe().classes, graph.metadata.overlap)
        # A window sticks out of its hop on both sides: by how many samples, and how many hops these take.
        before = frames.window_size // 2 - frames.hop_size // 2
        self._beyond = before, frames.window_size - frames.hop_size - before
        hops_before, hops_after = (-(-beyond // frames.hop_size) for beyond in self._beyond)
        self.receptive_frames = Reach(frames.context_before + hops_before, frames.context_after + hops_after)

    def forward(self, samples_BFK: Tensor) -> GraphOutput:
        """Return what the graph says of every frame; beyond the first and the last lies silence."""
        samples_S = np.pad(samples_BFK[0].T.flatten().numpy(), self._beyond)
        return GraphOutput(*(torch.from_numpy(values_KC).T.unsqueeze(0) for values_KC in self._graph.run(samples_S)))


class OnnxSegmenter(TrainedSegmenter):
    """A segmenter read from an ONNX file.

    Parameters
    ----------
    path
        What 'subsong export' wrote.
    num_threads
        How many threads compute; None: as many as PyTorch would take.

    Raises
    ------
    SubsongError
        When onnxruntime is not installed, or the file is damaged or none of ours.
    """

    def __init__(self, path: str | Path, num_threads: int | None = None) -> None:
        graph = open_graph(Path(path), num_threads or torch.get_num_threads())
        frames = graph.metadata.frames
        if frames is None:
            raise SubsongError(
                f"{path} is the {graph.metadata.part} of a VAE, which is run with onnxruntime itself: give the model "
                "folder it was made of"
            )
        self._hop = SampleFramesConfig(hop_size=frames.hop_size)
        super().__init__(GraphNetwork(graph, frames), graph.metadata.describe(), torch.device("cpu"))

    def open_frames(self, num_samples: int, read_samples: ReadSamples) -> FrameSource:
        """Return sound at the model's rate, in frames of samples, as the graph takes it."""
        return SampleFrames(self._hop, self.sample_rate_hz, num_samples, read_samples)
