"""A small network, and frames that are there already."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from subsong.inference.annotating.streaming import FramePredictions
from subsong.models.segmenter import ClassLayout, Segmenter, SegmenterConfig
from subsong.models.segmenter_frontends import FrequencyFrontendConfig
from subsong.models.tcn import TcnConfig
from subsong.sources.spectrograms.recording_frames import FrameGrid

HOP_S = 0.01
SHARED = ClassLayout((0, 1), (2,), overlap=False)
OVERLAP = ClassLayout((0, 1), (2,), overlap=True)


class OneClass(NamedTuple):
    name: str
    kind: str


CLASSES = [OneClass("a", "segment"), OneClass("b", "segment"), OneClass("pulse", "event")]


class HeldFrames:
    """Frames in memory."""

    def __init__(self, grey_KF: Tensor) -> None:
        self.grey_KF, self.grid = grey_KF, build_grid(len(grey_KF))

    def read(self, first: int, stop: int) -> Tensor:
        return self.grey_KF[first:stop]


def build_grid(num_frames: int) -> FrameGrid:
    """Return a grid of frames of 10 ms, of which the last ends with the recording."""
    return FrameGrid(10, 1000, max(0, 10 * num_frames - 5))


def build_network(overlap: bool = False) -> Segmenter:
    """Return a network whose logits of random frames have mean -1 and deviation 3: now sound, now silence."""
    torch.manual_seed(0)
    config = SegmenterConfig(
        frontend=FrequencyFrontendConfig(channels=(4, 4), feature_dim=8),
        tcn=TcnConfig(channels=8, dilations=(1, 2), num_stacks=1),
        overlap=overlap,
    )
    module = config.build(12, CLASSES).eval()
    with torch.no_grad():
        features_CK = module.tcn(module.frontend(4.0 * torch.rand(1, 12, 2000) - 2.0))[0]
        raw_CK = module.head.weight[:, :, 0] @ features_CK
        module.head.weight *= (3.0 / raw_CK.std(dim=1))[:, None, None]
        module.head.bias.copy_(-1.0 - 3.0 * raw_CK.mean(dim=1) / raw_CK.std(dim=1))
    return module


def predict(probabilities_KC: np.ndarray, layout: ClassLayout = SHARED, first_frame: int = 0) -> FramePredictions:
    """Return predictions with these probabilities, in which no border was seen."""
    borders_KP = np.zeros((len(probabilities_KC), 2 * layout.num_borders), np.float32)
    return FramePredictions(first_frame, np.asarray(probabilities_KC, np.float32), borders_KP)


def draw_predictions(seed: int, layout: ClassLayout = SHARED, num_frames: int = 150) -> FramePredictions:
    """Return smooth random predictions, with silence in between."""
    rng = np.random.default_rng(seed)
    columns = 3 + 2 * layout.num_borders
    noise = rng.standard_normal((num_frames + 4, columns))
    smooth = sum(noise[shift : shift + num_frames] for shift in range(5))
    values = 1.0 / (1.0 + np.exp(1.5 - 1.2 * smooth))
    values[:, :3] *= np.repeat(rng.random(num_frames // 15) > 0.4, 15)[:, None]
    if not layout.overlap:
        values[:, :2] /= np.maximum(1.0, values[:, :2].sum(axis=1, keepdims=True))
    values = np.round(values, 4).astype(np.float32)
    return FramePredictions(0, values[:, :3], values[:, 3:])
