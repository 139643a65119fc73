"""TensorBoard of a model that sees several pictures: its graph, and pictures in the range their data state."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from subsong.datasets.poses.batch import PoseBatch
from subsong.datasets.types import Splits
from subsong.training.callbacks.tensorboard import TensorBoard
from subsong.training.validation import Validation

from .tiny import build_engine

accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


class Poses:
    """Two made-up pictures of poses."""

    value_range = (-1.0, 1.0)

    def __len__(self):
        return 2

    def fetch(self, index):
        pictures = torch.zeros(len(index), 3, 4, 4)
        return PoseBatch(torch.as_tensor(index), {"stickman": pictures, "appearance": pictures + 1}, pictures)


class Adds(nn.Module):
    """Sees both inputs by their names."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 1)

    def forward(self, batch, noise=None):
        return {"sum": self.layer(batch.input["stickman"]) - batch.input["appearance"], **batch.input}


def read_events(folder):
    events = accumulators.EventAccumulator(str(folder))
    events.Reload()
    return events


def test_the_graph_of_a_model_with_named_inputs_is_drawn(tmp_path, caplog):
    board = TensorBoard(tmp_path)
    engine = build_engine(model=Adds(), data=Splits(Poses(), Poses()))
    board.on_start(engine)
    board.on_end(engine)
    assert not caplog.records
    graph = read_events(tmp_path).Graph()
    assert sum(node.op == "IO Node" and node.name.startswith("input") for node in graph.node) == 2
    assert any("Conv" in node.op or "conv" in node.op for node in graph.node)


@pytest.mark.parametrize(("value", "byte"), [(-1.0, 0), (0.0, 127), (1.0, 255), (2.0, 255)])
def test_pictures_are_shown_in_the_range_of_their_data(tmp_path, value, byte):
    board = TensorBoard(tmp_path)
    engine = build_engine(model=Adds(), data=Splits(Poses(), Poses()))
    board.on_start(engine)
    pictures = np.full((2, 3, 4, 4), value, np.float32)
    position = SimpleNamespace(data=engine.data, position=engine.position)
    board.on_epoch(position, {}, Validation({}, {}, {"target": pictures, "reconstruction": pictures}))
    board.on_end(engine)
    image = read_events(tmp_path).Images("reconstruction")[0].encoded_image_string
    assert abs(int(np.asarray(Image.open(io.BytesIO(image)))[0, 0, 0]) - byte) <= 1
