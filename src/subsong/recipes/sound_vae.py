"""What the VAEs of sound have in common: the network, how it is judged, and the figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from torch import nn

from subsong.datasets.syllables.dataset import SyllableDataset
from subsong.datasets.types import DrawnDataset, Splits
from subsong.datasets.windows.dataset import FixedWindows
from subsong.evaluation.baselines import fit_mean
from subsong.evaluation.store import load_evaluation
from subsong.inference.evaluate_pictures import evaluate_pictures
from subsong.inference.load import load_vae
from subsong.inference.model import TrainedVae
from subsong.inference.results import RESULTS_NAME, Results, read_results
from subsong.inference.scoring import EvaluationOptions
from subsong.inference.sound import TrainedSoundVae
from subsong.models.build import build_model
from subsong.models.likelihoods import Gaussian, GaussianConfig
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.recipes.base import Recipe
from subsong.reports.content import ReportContent
from subsong.reports.picture_vae import add_picture_figures
from subsong.reports.pictures import write_reconstruction_grid
from subsong.reports.run_report import build_run_report
from subsong.reports.sound_vae import look_at_spectrograms
from subsong.reports.spectrogram_figures import colour_spectrograms
from subsong.training.callbacks.figures import Plot
from subsong.training.engine import Engine
from subsong.training.run_folder import RunFolder
from subsong.training.validation import Validation

_NUM_BASELINE = 2000


class SoundVaeRecipe(Recipe):
    """A VAE of spectrograms; a family says where they come from.

    Attributes
    ----------
    item_name
        What one spectrogram shows, such as ``syllable``.
    """

    item_name: ClassVar[str]
    collapse_remedies = (
        "raise the contrast of the spectrograms (prepare again with spectrogram.log_low and log_high closer together), "
        "or raise the precision of the model (model.likelihood.precision, 10 by default, for example to 20)"
    )

    @property
    def unit(self) -> str:
        """The unit of the losses."""
        return f"nats per {self.item_name}"

    def build_model(self, config: Any, data: Splits) -> nn.Module:
        """Build the network for spectrograms of this size."""
        return build_model(config.model, _item_shape(data))

    def compute_baseline(self, config: Any, data: Splits) -> float | None:
        """Return the reconstruction loss of the mean training spectrogram on validation spectrograms."""
        precision = _find_precision(config)
        if precision is None:
            return None
        train, validation = (_fetch_some(part) for part in (data.train, data.validation))
        mean = train.new_tensor(fit_mean(train.flatten(1).numpy())).reshape(1, *train.shape[1:])
        return -float(Gaussian(mean.expand_as(validation), precision).log_prob(validation).mean())

    def compute_perfect_reconstruction(self, config: Any, data: Splits) -> float:
        """Return the constant of the normal density."""
        num_bins = math.prod(_item_shape(data))
        return 0.5 * num_bins * math.log(2 * math.pi / (_find_precision(config) or 1.0))

    def plots(self, config: Any, data: Splits) -> Sequence[Plot]:
        """Draw validation spectrograms above their reconstructions, one file an epoch."""
        return (_plot_reconstruction,)

    def evaluate(self, config: Any, data: Splits, run: RunFolder, trust: bool) -> Path | None:
        """Score the test spectrograms, or those of the validation split where there are no others."""
        if not isinstance(config.model, SyllableVaeConfig):
            return None
        if isinstance(data.train, DrawnDataset):
            data.train.start_epoch(0)  # baselines are fitted to the same examples however long the run was
        split = "validation" if data.test is None else "test"
        scored = data.validation if data.test is None else data.test
        evaluation = config.evaluation
        options = EvaluationOptions(split, config.seed, evaluation.batch_size, evaluation.num_importance_samples)
        folder = run.evaluation_dir / "final"
        evaluate_pictures(load_vae(run.model_dir, trust=trust), scored, folder, options, data.train, self.unit)
        return folder

    def read_data(self, path: Path, model: TrainedVae) -> SyllableDataset | FixedWindows:
        """Read a store, or recordings, whose spectrograms are made as the model needs them."""
        assert isinstance(model, TrainedSoundVae)
        return model.read_items(path)

    def evaluate_model(self, model: TrainedVae, data: Any, folder: Path, options: EvaluationOptions) -> Results:
        """Score a model on other spectrograms; without those it was trained on there are no baselines."""
        return evaluate_pictures(model, data, folder, options, unit=self.unit)

    def report(self, config: Any, run: RunFolder, trust: bool) -> ReportContent:
        """Return curves, and spectrograms and maps where the model was evaluated."""
        folder = run.evaluation_dir / "final"
        if not folder.is_dir():
            return build_run_report(run, self.unit)
        results = read_results(folder / RESULTS_NAME)
        content = build_run_report(run, self.unit, results)
        model, look = load_vae(run.model_dir, trust=trust), look_at_spectrograms(self.item_name)
        return add_picture_figures(content, model, load_evaluation(folder), results, run.figure_dir, config.seed, look)


def _item_shape(data: Splits) -> tuple[int, ...]:
    shape: tuple[int, ...] = data.train.item_shape  # type: ignore[attr-defined]  # of every dataset of pictures
    return shape


def _find_precision(config: Any) -> float | None:
    """Return the precision of the likelihood, or None where it is learned."""
    if isinstance(config.model, SyllableVaeConfig) and isinstance(config.model.likelihood, GaussianConfig):
        return config.model.likelihood.precision
    return None


def _fetch_some(part: Any) -> Any:
    rows = np.unique(np.linspace(0, len(part) - 1, min(_NUM_BASELINE, len(part))).astype(np.int64))
    return part.fetch(rows).target


def _plot_reconstruction(engine: Engine, validation: Validation) -> None:
    shown = validation.shown
    if engine.run is not None and "target" in shown and "reconstruction" in shown:
        path = engine.run.figure_dir / f"reconstruction_{engine.position.epoch}.png"
        target, reconstruction = (colour_spectrograms(shown[name]) for name in ("target", "reconstruction"))
        write_reconstruction_grid(path, target, reconstruction)
