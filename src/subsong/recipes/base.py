"""What a recipe is: a configuration class, and how its parts are built.

A family subclasses `Recipe` and says what differs; everything here has a sensible answer for any model. Where a trained
model is taken, it is of the class that `load_model` gives this family's models; a family names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import polars as pl
from pydantic import Field, model_validator
from torch import nn

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, disk_errors
from subsong.datasets.types import NamedDataset, Splits
from subsong.inference.results import Results
from subsong.inference.scoring import EvaluationOptions
from subsong.inference.tables import check_suffix
from subsong.models.portable import ModelDescription
from subsong.models.transfer import AlignedWeights, Weights, check_same_input
from subsong.objectives.terms import LossConfig
from subsong.reports.content import ReportContent
from subsong.reports.run_report import NATS, build_run_report
from subsong.training.callbacks.collapse import REMEDIES
from subsong.training.callbacks.figures import Plot
from subsong.training.config import AdamConfig, EvaluationConfig, OptimizerConfig, TrainingConfig
from subsong.training.run_folder import RunFolder


class RunConfig(ConfigBase):
    """One run. A recipe's own class says what its ``data`` and ``model`` may be."""

    recipe: str = Field(description="Which family this is.")
    seed: int = Field(0, ge=0, description="Of everything random in the run.")
    start_from: Path | None = Field(
        None, description="Trained model, or its run, whose weights a new run begins with; null: drawn from the seed."
    )
    losses: dict[str, LossConfig] = Field(
        description="Terms of the loss by name: kind (when it differs from the name), weight, settings."
    )
    optimizer: OptimizerConfig = Field(AdamConfig(), description="How weights are updated.")
    training: TrainingConfig = Field(TrainingConfig(), description="How long and on what the model trains.")
    evaluation: EvaluationConfig = Field(EvaluationConfig(), description="How the validation split is scored.")

    @model_validator(mode="before")
    @classmethod
    def _name_is_kind(cls, values: Any) -> Any:
        """Let a term be called by its kind alone: ``kl: {weight: 2}``."""
        losses = values.get("losses") if isinstance(values, Mapping) else None
        if not isinstance(losses, Mapping):
            return values
        named = {
            name: {"kind": name, **term} if isinstance(term, Mapping) and "kind" not in term else term
            for name, term in losses.items()
        }
        return {**values, "losses": named}


class PredictOptions(NamedTuple):
    """How to predict.

    Attributes
    ----------
    num_top
        The most probable answers for each example; None for all.
    include_shown
        Whether what the example holds already is among them.
    missed_share
        Share of what is there that the examples do not hold yet.
    covariates
        Values that hold for all examples, in place of those of the data.
    batch_size
        Examples at a time; changes no number.
    """

    num_top: int | None = 20
    include_shown: bool = False
    missed_share: float = 0.2
    covariates: Mapping[str, float] = {}
    batch_size: int = 500


class Recipe:
    """A family: what it is called, what configures it, and how its parts are built.

    Attributes
    ----------
    name
        As in ``recipe:`` and of its preset.
    summary
        One line for lists.
    config_class
        Checks its configuration.
    collapse_remedies
        What its users can do when the posterior collapses.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    config_class: ClassVar[type[RunConfig]]
    collapse_remedies: ClassVar[str] = REMEDIES

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return settings for a run of seconds on data that need no download, which may be made in `folder`.

        The contract tests train every recipe with them: killed, resumed, reloaded.
        """
        return {}

    def build_data(self, config: Any) -> Splits:
        """Read the data and divide them."""
        raise TypeError(f"recipe {self.name} must say how its data are built")

    def build_model(self, config: Any, data: Splits) -> nn.Module:
        """Build the untrained model."""
        raise TypeError(f"recipe {self.name} must say how its model is built")

    def describe_model(self, config: Any, data: Splits) -> ModelDescription:
        """Return what the portable folder says besides the weights."""
        model = config.model.model_dump(mode="json")
        return ModelDescription(self.name, model, {"item_shape": [], "value_range": self.value_range(data)})

    def adopt_preprocessing(self, config: Any, start: ModelDescription) -> Any:
        """Return the configuration with what a run must share with the trained model it starts from.

        Raises
        ------
        SubsongError
            When the configuration says otherwise.
        """
        return config

    def align_weights(
        self, weights: Weights, module: nn.Module, start: ModelDescription, ours: ModelDescription
    ) -> AlignedWeights:
        """Return a trained model's weights in the order of the classes or columns that `module` is to tell.

        Raises
        ------
        SubsongError
            When the two are shown, or tell, different things.
        """
        check_same_input(start, ours)
        return AlignedWeights(weights, ())

    def describe_data(self, config: Any, data: Splits) -> dict[str, Any]:
        """Return what the run's environment says of the data: configuration, counts, hashes where there are any."""
        sizes = {f"num_{name}": len(part) for name, part in data._asdict().items() if part is not None}
        hashes = {
            f"hash_{name}": part.hash()
            for name, part in data._asdict().items()
            if part is not None and hasattr(part, "hash")
        }
        return {"config": config.data.model_dump(mode="json"), **sizes, **hashes}

    def value_range(self, data: Splits) -> tuple[float, float] | None:
        """Return the range of the input's values, to which noise is clipped, or None where it has none."""
        found: tuple[float, float] | None = getattr(data.train, "value_range", None)
        return found

    def compute_baseline(self, config: Any, data: Splits) -> float | None:
        """Return the reconstruction loss of the mean example on the validation split, in nats, or None."""
        return None

    def compute_perfect_reconstruction(self, config: Any, data: Splits) -> float:
        """Return the reconstruction loss of a perfect reconstruction, in nats: 0 but for densities."""
        return 0.0

    def loss_units(self, config: Any) -> str | Mapping[str, str]:
        """Return the unit of the losses, for figures: one for all, or by name; those not named have none."""
        return NATS

    def plots(self, config: Any, data: Splits) -> Sequence[Plot]:
        """Return what is drawn at epochs."""
        return ()

    def finish(self, config: Any, data: Splits, run: RunFolder) -> None:
        """Do what is to be done with the model of a run that is over, before anybody uses it."""

    def evaluate(self, config: Any, data: Splits, run: RunFolder, trust: bool) -> Path | None:
        """Score the trained model of a run and return the evaluation's folder, or None where nothing is scored."""
        return None

    def read_data(self, path: Path, model: Any) -> NamedDataset:
        """Read data for a trained model, in the shape it was trained on."""
        raise SubsongError(f"{self.name} reads no files: call its model from Python, with arrays or a dataset")

    def evaluate_model(self, model: Any, data: Any, folder: Path, options: EvaluationOptions) -> Results:
        """Score a trained model on data that `read_data` read, into the store `folder`."""
        raise SubsongError(f"{self.name} has no evaluation of its own: score its model from Python")

    def predict(self, model: Any, data: Path | Sequence[str], options: PredictOptions) -> pl.DataFrame:
        """Return what the model finds in data, as a table."""
        raise SubsongError(f"{self.name} predicts nothing: use embed, sample or evaluate")

    def name_samples(self, model: Any) -> str:
        """Return the file `write_samples` writes to by default."""
        return "samples.npy"

    def write_samples(self, model: Any, out: Path, num_samples: int, seed: int) -> None:
        """Write draws from a trained model: values (.npy)."""
        check_suffix(out, (".npy",))
        with disk_errors(out), atomic_file(out) as file:
            np.save(file, model.sample(num_samples, seed))

    def report(self, config: Any, run: RunFolder, trust: bool) -> ReportContent:
        """Return the contents of the run's page; the training data are not needed."""
        return build_run_report(run)
