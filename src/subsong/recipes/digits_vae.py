"""``digits-vae``: pictures -> the textbook VAE (Kingma & Welling 2014), and the place where anyone starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field
from torch import nn

from subsong.core.config import ConfigBase, ImportedPart
from subsong.datasets.pictures import PictureDataset, build_picture_splits
from subsong.datasets.types import Splits
from subsong.evaluation.baselines import compute_cross_entropy, fit_mean
from subsong.evaluation.store import load_evaluation
from subsong.inference.evaluate_pictures import evaluate_pictures
from subsong.inference.load import load_vae
from subsong.inference.model import TrainedVae
from subsong.inference.results import RESULTS_NAME, Results, read_results
from subsong.inference.scoring import EvaluationOptions
from subsong.inference.tables import check_suffix
from subsong.models.build import build_model
from subsong.models.likelihoods import BernoulliConfig
from subsong.models.portable import ModelDescription
from subsong.models.vae import VaeConfig
from subsong.recipes.base import Recipe, RunConfig
from subsong.reports.content import ReportContent
from subsong.reports.picture_vae import add_picture_figures
from subsong.reports.pictures import write_picture_grid, write_reconstruction_grid
from subsong.reports.run_report import build_run_report
from subsong.sources.pictures import read_pictures
from subsong.training.callbacks.figures import Plot
from subsong.training.engine import Engine
from subsong.training.run_folder import RunFolder
from subsong.training.validation import Validation

_NUM_BASELINE = 5000


class PictureDataConfig(ConfigBase):
    """Equal-sized pictures."""

    kind: Literal["pictures"] = "pictures"
    path: Path | None = Field(
        None,
        description="Folder of idx files (MNIST) or pictures; an idx, .npy or .npz file; null: scikit-learn's digits.",
    )
    validation: float | Literal["test"] = Field(
        "test", description="Share of the training pictures set aside for validation; test: validate on the test part."
    )


class DigitsConfig(RunConfig):
    """A run of ``digits-vae``."""

    recipe: Literal["digits-vae"] = Field("digits-vae", description="Which family this is.")
    data: Annotated[PictureDataConfig | ImportedPart, Field(discriminator="kind")] = Field(
        PictureDataConfig(), description="Where the pictures are."
    )
    model: Annotated[VaeConfig | ImportedPart, Field(discriminator="kind")] = Field(
        VaeConfig(), description="The network."
    )


class DigitsVae(Recipe):
    """The textbook VAE on pictures; a picture is its own label."""

    name = "digits-vae"
    summary = "pictures -> the textbook VAE, and the place where anyone starts"
    config_class = DigitsConfig

    def build_data(self, config: DigitsConfig) -> Splits:
        """Read the pictures and divide them."""
        if isinstance(config.data, ImportedPart):
            splits: Splits = config.data.load()(**config.data.arguments)
            return splits
        return build_picture_splits(read_pictures(config.data.path), config.data.validation, config.seed)

    def build_model(self, config: DigitsConfig, data: Splits) -> nn.Module:
        """Build the network for pictures of this size."""
        return build_model(config.model, _item_shape(data))

    def describe_model(self, config: DigitsConfig, data: Splits) -> ModelDescription:
        """Return size and range of the pictures."""
        preprocessing = {
            "kind": "pictures",
            "item_shape": list(_item_shape(data)),
            "value_range": self.value_range(data),
        }
        return ModelDescription(self.name, config.model.model_dump(mode="json"), preprocessing)

    def compute_baseline(self, config: DigitsConfig, data: Splits) -> float | None:
        """Return the Bernoulli cross-entropy of the mean training picture on validation pictures."""
        if not isinstance(config.model, VaeConfig) or not isinstance(config.model.likelihood, BernoulliConfig):
            return None
        train_ND, validation_ND = (_fetch_flat(part) for part in (data.train, data.validation))
        mean_ND = np.broadcast_to(fit_mean(train_ND), validation_ND.shape)
        return float(compute_cross_entropy(validation_ND, mean_ND).mean())

    def plots(self, config: DigitsConfig, data: Splits) -> Sequence[Plot]:
        """Draw the first validation pictures above their reconstructions, one file an epoch."""
        return (_plot_reconstruction,)

    def evaluate(self, config: DigitsConfig, data: Splits, run: RunFolder, trust: bool) -> Path | None:
        """Score the test pictures, or the validation pictures where these are the test."""
        if not isinstance(config.model, VaeConfig):
            return None
        split = "validation" if data.test is None else "test"
        options = EvaluationOptions(
            split, config.seed, config.evaluation.batch_size, config.evaluation.num_importance_samples
        )
        scored = data.validation if data.test is None else data.test
        folder = run.evaluation_dir / "final"
        evaluate_pictures(load_vae(run.model_dir, trust=trust), scored, folder, options, data.train)
        return folder

    def read_data(self, path: Path, model: TrainedVae) -> PictureDataset:
        """Read pictures."""
        return PictureDataset(*read_pictures(path))

    def evaluate_model(self, model: TrainedVae, data: Any, folder: Path, options: EvaluationOptions) -> Results:
        """Score a model on other pictures; without the training pictures there are no baselines."""
        return evaluate_pictures(model, data, folder, options)

    def name_samples(self, model: TrainedVae) -> str:
        """Return the file `write_samples` writes to by default: a grid of pictures."""
        return "samples.png"

    def write_samples(self, model: TrainedVae, out: Path, num_samples: int, seed: int) -> None:
        """Write draws from a model as a grid of pictures (.png), or as values (.npy)."""
        check_suffix(out, (".png", ".npy"))
        if out.suffix.lower() == ".png":
            write_picture_grid(out, model.sample(num_samples, seed))
        else:
            super().write_samples(model, out, num_samples, seed)

    def report(self, config: DigitsConfig, run: RunFolder, trust: bool) -> ReportContent:
        """Return curves, and pictures and maps where the model was evaluated."""
        folder = run.evaluation_dir / "final"
        if not folder.is_dir():
            return build_run_report(run, "nats per picture")
        results = read_results(folder / RESULTS_NAME)
        content = build_run_report(run, "nats per picture", results)
        model = load_vae(run.model_dir, trust=trust)
        return add_picture_figures(content, model, load_evaluation(folder), results, run.figure_dir, config.seed)


def _item_shape(data: Splits) -> tuple[int, ...]:
    shape = getattr(data.train, "item_shape", None)
    return tuple(shape) if shape is not None else tuple(data.train.fetch(np.arange(1)).input.shape[1:])


def _fetch_flat(part: Any) -> np.ndarray:
    rows = np.arange(min(_NUM_BASELINE, len(part)))
    pictures: np.ndarray = part.fetch(rows).target.numpy()
    return pictures.reshape(len(rows), -1)


def _plot_reconstruction(engine: Engine, validation: Validation) -> None:
    shown = validation.shown
    if engine.run is not None and shown.get("target", np.zeros(0)).ndim == 4 and "reconstruction" in shown:
        path = engine.run.figure_dir / f"reconstruction_{engine.position.epoch}.png"
        write_reconstruction_grid(path, shown["target"], shown["reconstruction"])


RECIPE = DigitsVae()
