"""A graph in blocks is its network on the frames of the recording, whatever a frame is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tests.inference.annotating.tiny import CLASSES

from subsong.inference.onnx.frames import build_frames
from subsong.inference.onnx.graphs import SegmenterGraph
from subsong.inference.onnx.metadata import GraphFrames, OnnxMetadata
from subsong.inference.onnx.segmenter import GraphNetwork
from subsong.models.segmenter import SegmenterConfig
from subsong.models.segmenter_frontends import PlainFrontendConfig
from subsong.models.tcn import TcnConfig
from subsong.sources.spectrograms import (
    FrameSettings,
    SampleFrames,
    SampleFramesConfig,
    SpectrogramConfig,
    build_frame_opener,
    count_rows,
)

RATE_HZ = 20_000
GREY = {"num_freq_bins": 6, "log_low": 0.0, "log_high": 7.0, "remove_mean": False}
SAMPLES = (0.1 * np.random.default_rng(3).standard_normal(9000)).astype(np.float32)


def read(first: int, stop: int) -> np.ndarray:
    return SAMPLES[first:stop]


class Held:
    """A graph that PyTorch computes."""

    def __init__(self, module: SegmenterGraph, overlap: bool) -> None:
        self.module = module
        preprocessing = {"classes": [one._asdict() for one in CLASSES]}
        values = {"subsong": "0.1.0", "part": "segmenter", "recipe": "song-segmenter", "model": {}, "overlap": overlap}
        self.metadata = OnnxMetadata.model_validate({**values, "preprocessing": preprocessing})

    def run(self, samples_S: np.ndarray) -> list[np.ndarray]:
        return [values.numpy() for values in self.module(torch.from_numpy(samples_S))]


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        SpectrogramConfig(**GREY, window_size=64, hop_size=32),
        SpectrogramConfig(**GREY, window_size=101, hop_size=30),
        SpectrogramConfig(**GREY, window_size=75, hop_size=75),
        SampleFramesConfig(hop_size=25, level=0.1),
    ],
    ids=["half", "odd", "whole", "samples"],
)
def test_the_graph_in_blocks_is_the_network_on_frames(settings: FrameSettings, overlap: bool) -> None:
    torch.manual_seed(0)
    tcn = TcnConfig(channels=8, dilations=(1, 2), num_stacks=1)
    config = SegmenterConfig(frontend=PlainFrontendConfig(), tcn=tcn, overlap=overlap)
    network = config.build(count_rows(settings), CLASSES).eval()
    frames, reach = build_frames(settings, RATE_HZ), network.receptive_frames
    about = GraphFrames(
        sample_rate_hz=RATE_HZ,
        hop_size=frames.hop_size,
        window_size=frames.window_size,
        context_before=reach.left,
        context_after=reach.right,
    )
    held: Any = Held(SegmenterGraph(frames, network), overlap)
    graph = GraphNetwork(held, about)
    assert graph.layout == network.layout
    opened = build_frame_opener(settings, RATE_HZ)(len(SAMPLES), read)
    source = SampleFrames(SampleFramesConfig(hop_size=frames.hop_size), RATE_HZ, len(SAMPLES), read)
    num_frames, reach = source.grid.num_frames, graph.receptive_frames
    with torch.inference_mode():
        expected = network(opened.read(0, num_frames).T.unsqueeze(0))
        for first, stop in ((0, num_frames), (0, 40), (40, 80), (num_frames - 7, num_frames)):
            low, high = max(0, first - reach.left), min(num_frames, stop + reach.right)
            found = graph(source.read(low, high).T.unsqueeze(0))
            for one, other in (
                (found.compute_probabilities(), expected.compute_probabilities()),
                (found.border_logits_BPK, expected.border_logits_BPK),
            ):
                assert other.std() > 0.01
                part_BCK = one[..., first - low : stop - low]
                torch.testing.assert_close(part_BCK, other[..., first:stop], rtol=0.0, atol=2e-5)
