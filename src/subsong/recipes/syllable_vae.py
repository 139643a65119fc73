"""``syllable-vae``: recordings + segments -> spectrograms -> latent map of vocalisations."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field
from torch import nn

from subsong.core.config import ConfigBase, ImportedPart
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.dataset import (
    SyllableDataset,
    build_syllable_splits,
    load_syllables,
    read_reading,
)
from subsong.datasets.syllables.reading import SyllableReading
from subsong.datasets.types import Splits
from subsong.evaluation.baselines import fit_mean
from subsong.evaluation.store import load_evaluation
from subsong.inference.evaluate_pictures import evaluate_pictures
from subsong.inference.load import load_model
from subsong.inference.model import TrainedVae
from subsong.inference.results import RESULTS_NAME, Results, read_results
from subsong.inference.scoring import EvaluationOptions
from subsong.inference.syllables import TrainedSyllableVae, read_syllables
from subsong.models.build import build_model
from subsong.models.likelihoods import Gaussian, GaussianConfig
from subsong.models.portable import ModelDescription
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.recipes.base import Recipe, RunConfig
from subsong.reports.content import ReportContent
from subsong.reports.pictures import write_reconstruction_grid
from subsong.reports.run_report import build_run_report
from subsong.reports.spectrogram_figures import colour_spectrograms
from subsong.reports.syllable_vae import add_syllable_figures
from subsong.synthesis.song import SongOptions, write_songs
from subsong.training.callbacks.figures import Plot
from subsong.training.engine import Engine
from subsong.training.run_folder import RunFolder
from subsong.training.validation import Validation

UNIT = "nats per syllable"
_NUM_BASELINE = 2000


class SyllableDataConfig(ConfigBase):
    """Which syllables, and how they are divided."""

    kind: Literal["syllables"] = "syllables"
    path: Path | None = Field(
        None, description="Store made by 'subsong prepare syllables'; null: song made up of known syllables."
    )
    split_by: str = Field(
        "auto",
        description="What stays together: recording, or a column such as individual, session; syllable: nothing; "
        "auto: by recording where there are enough.",
    )
    validation: float = Field(0.1, gt=0, lt=1, description="Share of the syllables that every epoch is judged by.")
    test: float = Field(0.1, ge=0, lt=1, description="Share for the final evaluation; 0: validation is scored.")


class SyllableConfig(RunConfig):
    """A run of ``syllable-vae``."""

    recipe: Literal["syllable-vae"] = Field("syllable-vae", description="Which family this is.")
    data: SyllableDataConfig = Field(SyllableDataConfig(), description="Which syllables.")
    model: Annotated[SyllableVaeConfig | ImportedPart, Field(discriminator="kind")] = Field(
        SyllableVaeConfig(), description="The network."
    )


class SyllableVaeRecipe(Recipe):
    """A VAE of spectrograms of syllables."""

    name = "syllable-vae"
    summary = "recordings + segments -> spectrograms -> latent map of vocalisations"
    config_class = SyllableConfig
    collapse_remedies = (
        "raise the contrast of the spectrograms (prepare again with spectrogram.log_low and log_high closer together), "
        "or raise the precision of the model (model.likelihood.precision, 10 by default, for example to 20)"
    )

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return a run on some dozen syllables, made up and prepared in `folder`, by a small network."""
        options = SongOptions(num_birds=1, num_days=1, num_songs=8, num_motifs=(1, 1), reverberation_s=0.0)
        write_songs(folder / "songs", options, seed=1)
        spectrogram = {"num_freq_bins": 16, "num_time_bins": 16}
        reading = SyllableReading.model_validate({"spectrogram": spectrogram, "features": False})
        build_syllables(folder / "songs", folder / "syllables", reading, overwrite=True)
        network = {"kind": "residual", "channels": [4, 8], "num_blocks": [0, 1], "feature_dim": 16}
        return {
            "data.path": str(folder / "syllables"),
            "model.architecture": network,
            "model.latent_dim": 8,
            "training.batch_size": 8,
        }

    def build_data(self, config: SyllableConfig) -> Splits:
        """Open the store and divide it."""
        data = config.data
        dataset = _make_song() if data.path is None else load_syllables(data.path)
        fractions = {"train": 1 - data.validation - data.test, "validation": data.validation, "test": data.test}
        return build_syllable_splits(dataset, data.split_by, {k: v for k, v in fractions.items() if v}, config.seed)

    def build_model(self, config: SyllableConfig, data: Splits) -> nn.Module:
        """Build the network for spectrograms of this size."""
        return build_model(config.model, _as_syllables(data.train).item_shape)

    def describe_model(self, config: SyllableConfig, data: Splits) -> ModelDescription:
        """Return how spectrograms are made, so that other recordings can be read alike."""
        train = _as_syllables(data.train)
        reading = SyllableReading() if config.data.path is None else read_reading(config.data.path)
        # Where the training data lay says nothing about other data.
        general = reading.model_copy(update={"annotations": None, "annotation_format": None, "leave_out": None})
        preprocessing = {
            "kind": "syllables",
            "item_shape": list(train.item_shape),
            "value_range": train.value_range,
            "reading": general.model_dump(mode="json"),
        }
        return ModelDescription(self.name, config.model.model_dump(mode="json"), preprocessing)

    def compute_baseline(self, config: SyllableConfig, data: Splits) -> float | None:
        """Return the reconstruction loss of the mean training spectrogram on validation spectrograms."""
        if _find_precision(config) is None:
            return None
        train, validation = (_fetch_some(part) for part in (data.train, data.validation))
        mean = train.new_tensor(fit_mean(train.flatten(1).numpy())).reshape(1, *train.shape[1:])
        return -float(Gaussian(mean.expand_as(validation), _find_precision(config) or 1.0).log_prob(validation).mean())

    def compute_perfect_reconstruction(self, config: SyllableConfig, data: Splits) -> float:
        """Return the constant of the normal density."""
        num_bins = math.prod(_as_syllables(data.train).item_shape)
        return 0.5 * num_bins * math.log(2 * math.pi / (_find_precision(config) or 1.0))

    def plots(self, config: SyllableConfig, data: Splits) -> Sequence[Plot]:
        """Draw validation spectrograms above their reconstructions, one file an epoch."""
        return (_plot_reconstruction,)

    def evaluate(self, config: SyllableConfig, data: Splits, run: RunFolder, trust: bool) -> Path | None:
        """Score the test syllables, or the validation syllables where there are no others."""
        if not isinstance(config.model, SyllableVaeConfig):
            return None
        split = "validation" if data.test is None else "test"
        scored = data.validation if data.test is None else data.test
        evaluation = config.evaluation
        options = EvaluationOptions(split, config.seed, evaluation.batch_size, evaluation.num_importance_samples)
        folder = run.evaluation_dir / "final"
        evaluate_pictures(load_model(run.model_dir, trust=trust), scored, folder, options, data.train, UNIT)
        return folder

    def read_data(self, path: Path, model: TrainedVae) -> SyllableDataset:
        """Read a store, or recordings, whose spectrograms are made as the model needs them."""
        assert isinstance(model, TrainedSyllableVae)
        return model.read_syllables(path)

    def evaluate_model(self, model: TrainedVae, data: Any, folder: Path, options: EvaluationOptions) -> Results:
        """Score a model on other syllables; without the training syllables there are no baselines."""
        return evaluate_pictures(model, data, folder, options, unit=UNIT)

    def report(self, config: SyllableConfig, run: RunFolder, trust: bool) -> ReportContent:
        """Return curves, and spectrograms and maps where the model was evaluated."""
        folder = run.evaluation_dir / "final"
        if not folder.is_dir():
            return build_run_report(run, UNIT)
        results = read_results(folder / RESULTS_NAME)
        content = build_run_report(run, UNIT, results)
        model = load_model(run.model_dir, trust=trust)
        return add_syllable_figures(content, model, load_evaluation(folder), results, run.figure_dir, config.seed)


def _find_precision(config: SyllableConfig) -> float | None:
    """Return the precision of the likelihood, or None where it is learned."""
    if isinstance(config.model, SyllableVaeConfig) and isinstance(config.model.likelihood, GaussianConfig):
        return config.model.likelihood.precision
    return None


def _make_song() -> SyllableDataset:
    with tempfile.TemporaryDirectory() as folder:
        write_songs(Path(folder), SongOptions(), seed=0)
        return read_syllables(folder, SyllableReading())


def _as_syllables(data: Any) -> SyllableDataset:
    assert isinstance(data, SyllableDataset)
    return data


def _fetch_some(part: Any) -> Any:
    rows = np.unique(np.linspace(0, len(part) - 1, min(_NUM_BASELINE, len(part))).astype(np.int64))
    return part.fetch(rows).target


def _plot_reconstruction(engine: Engine, validation: Validation) -> None:
    shown = validation.shown
    if engine.run is not None and "target" in shown and "reconstruction" in shown:
        path = engine.run.figure_dir / f"reconstruction_{engine.position.epoch}.png"
        target, reconstruction = (colour_spectrograms(shown[name]) for name in ("target", "reconstruction"))
        write_reconstruction_grid(path, target, reconstruction)


RECIPE = SyllableVaeRecipe()
