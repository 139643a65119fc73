"""Small engines on made-up pictures, for the tests of this folder."""

from __future__ import annotations

import json

import polars as pl
import torch

from subsong.core.seeds import set_seed
from subsong.datasets.corruption import build_corruption
from subsong.datasets.pictures import PictureDataset
from subsong.datasets.types import Splits
from subsong.models.mlp import MlpConfig
from subsong.models.vae import VaeConfig
from subsong.objectives.objective import build_objective
from subsong.objectives.terms import KlTerm, ReconstructionTerm
from subsong.synthesis.pictures import make_pictures
from subsong.training.callbacks.base import Callback
from subsong.training.config import AdamConfig, EvaluationConfig, TrainingConfig
from subsong.training.engine import Engine, EngineSettings
from subsong.training.fabric import build_fabric
from subsong.training.task import ModelTask

IMAGES = make_pictures(60, size=6).images
MODEL = VaeConfig(latent_dim=2, network=MlpConfig(hidden=(12,)))
LOSSES = {"reconstruction": ReconstructionTerm(), "kl": KlTerm()}


def make_dataset(images, source="made.npy"):
    return PictureDataset(images, pl.DataFrame({"source": [source] * len(images), "row": range(len(images))}))


def make_data(num_train=40):
    return Splits(make_dataset(IMAGES[:num_train]), make_dataset(IMAGES[40:]))


def build_engine(run=None, data=None, callbacks=(), model=MODEL, optimizer=None, seed=0, evaluation=None, **training):
    """Return an engine; what is not named here is a setting of the training."""
    config = TrainingConfig(**{"num_epochs": 2, "batch_size": 16, "device": "cpu", **training})
    data = make_data() if data is None else data
    set_seed(seed)
    module = model if isinstance(model, torch.nn.Module) else model.build(IMAGES.shape[1:])
    corrupt = build_corruption(config.corruption, (0.0, 1.0)) if config.corruption else None
    task = ModelTask(module, build_objective(LOSSES, config.num_epochs * 3), corrupt)
    settings = EngineSettings(
        config, optimizer or AdamConfig(learning_rate=1e-2), evaluation or EvaluationConfig(batch_size=8), seed
    )
    return Engine(task, data, settings, build_fabric(config), run, callbacks)


def fit(**settings):
    """Return an engine that was fitted."""
    engine = build_engine(**settings)
    engine.fit()
    return engine


def weights(engine):
    """Return all weights as one vector."""
    return torch.cat([parameter.detach().flatten() for parameter in engine.task.module.parameters()])


def read_lines(path):
    """Return the records of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


class Recorder(Callback):
    """Keeps what the events tell."""

    def __init__(self):
        self.rates, self.gradients, self.logged = [], [], []

    def on_gradient(self, engine):
        self.gradients.append(torch.cat([p.grad.flatten() for p in engine.task.module.parameters()]))

    def on_step(self, engine):
        self.rates.append(engine.updater.learning_rate)

    def on_log(self, engine, record):
        self.logged.append(record)
