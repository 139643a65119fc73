"""``checklist-vae``: checklists -> latent map of communities, "what else is here?"."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field, field_validator
from torch import nn

from subsong.core.config import ImportedPart
from subsong.datasets.checklist_reading import ChecklistReading, check_reading, find_reading, read_checklists
from subsong.datasets.checklist_splits import ChecklistSplitConfig, split_checklists
from subsong.datasets.checklist_store import write_checklists
from subsong.datasets.checklists import ChecklistDataset, take_lists
from subsong.datasets.covariates import fit_covariates
from subsong.datasets.types import Splits
from subsong.evaluation.species_baselines import count_cooccurrence, fit_prevalence
from subsong.evaluation.store import load_evaluation
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.evaluate_checklists import evaluate_checklists, score_likelihood
from subsong.inference.load import load_checklist_model
from subsong.inference.results import RESULTS_NAME, Results, read_results
from subsong.inference.scoring import EvaluationOptions
from subsong.inference.tables import check_suffix, write_table
from subsong.models.build import build_model
from subsong.models.checklist_vae import ChecklistVae, ChecklistVaeConfig
from subsong.models.likelihoods import BernoulliConfig
from subsong.models.portable import ModelDescription
from subsong.recipes.base import PredictOptions, Recipe, RunConfig
from subsong.reports.checklist_vae import add_checklist_figures
from subsong.reports.content import ReportContent
from subsong.reports.run_report import build_run_report
from subsong.sources.checklists import Checklists, set_covariates
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.training.config import EvaluationConfig
from subsong.training.run_folder import RunFolder

_UNIT = "nats per list"
_DEFAULTS = PredictOptions()
log = logging.getLogger(__name__)


class ChecklistDataConfig(ChecklistReading):
    """Which lists, and how they are divided."""

    kind: Literal["checklists"] = "checklists"
    path: Path | None = Field(
        None,
        description="Store made by 'subsong prepare checklists', eBird file (.txt, .gz, .zip, .tar), or table of sites "
        "by species (.csv, .tsv, .parquet); null: lists made up from known habitats.",
    )
    covariates: tuple[str, ...] = Field(
        (), description="Told to the decoder: duration_min, distance_km, num_observers, hour, day_of_year, ..."
    )
    split: ChecklistSplitConfig = Field(ChecklistSplitConfig(), description="Train, validation and test.")

    @field_validator("covariates")
    @classmethod
    def _named_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated is not None:
            raise ValueError(f"names {repeated!r} several times: name each covariate once")
        return names


class ChecklistEvaluationConfig(EvaluationConfig):
    """The evaluation of the validation split after each epoch, and the final one of the test split."""

    hidden_share: float = Field(0.2, gt=0, lt=1, description="Share of each list's species hidden for completion.")


class ChecklistConfig(RunConfig):
    """A run of ``checklist-vae``."""

    recipe: Literal["checklist-vae"] = Field("checklist-vae", description="Which family this is.")
    data: ChecklistDataConfig = Field(ChecklistDataConfig(), description="Which lists.")
    model: Annotated[ChecklistVaeConfig | ImportedPart, Field(discriminator="kind")] = Field(
        ChecklistVaeConfig(), description="The network."
    )
    evaluation: ChecklistEvaluationConfig = Field(ChecklistEvaluationConfig(), description="How it is scored.")


class ChecklistVaeRecipe(Recipe):
    """A denoising VAE of checklists."""

    name = "checklist-vae"
    summary = 'checklists -> latent map of communities, "what else is here?"'
    config_class = ChecklistConfig
    collapse_remedies = (
        "warm up losses.kl.weight from 0 or end it below 1, give losses.kl.free_bits, drop species from the input "
        "(training.corruption kind masking; Gaussian noise hides nothing of 0 and 1), and train longer"
    )

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return a run on some hundred lists, made up and prepared in `folder`."""
        made = make_checklists(ChecklistWorldOptions(num_lists=600, num_species=40, num_localities=60), seed=1)
        write_checklists(folder / "lists", made.checklists, overwrite=True)
        return {"data.path": str(folder / "lists"), "data.covariates": ["duration_min", "day_of_year"]}

    def build_data(self, config: ChecklistConfig) -> Splits:
        """Read the lists and divide them; covariates are encoded by those of the training lists."""
        lists = _read(config.data)
        items = split_checklists(lists, config.data.split, config.seed)
        lists = lists._replace(items=items)
        rows = {name: (items["split"] == name).arg_true().to_numpy() for name in ("train", "validation", "test")}
        parts = {name: take_lists(lists, rows[name]) for name in rows if len(rows[name])}
        encoders = fit_covariates(parts["train"].covariates, config.data.covariates)
        datasets = {name: ChecklistDataset(part, encoders) for name, part in parts.items()}
        return Splits(datasets["train"], datasets["validation"], datasets.get("test"))

    def build_model(self, config: ChecklistConfig, data: Splits) -> nn.Module:
        """Build the network for these species, its output starting at their prevalence."""
        train = _as_checklists(data.train)
        model = build_model(_complete_config(config, train), train.item_shape)
        if isinstance(model, ChecklistVae):
            model.start_at_prevalence(count_cooccurrence(train.presence(), train.unknown).mean_D)
        return model

    def describe_model(self, config: ChecklistConfig, data: Splits) -> ModelDescription:
        """Return the names of the species and the encoding of covariates."""
        train = _as_checklists(data.train)
        preprocessing = {
            "kind": "checklists",
            "item_shape": list(train.item_shape),
            "value_range": train.value_range,
            "species_names": train.species["name"].to_list(),
            "reading": find_reading(config.data.path, config.data).for_use().model_dump(mode="json"),
            "covariates": [encoder.model_dump(mode="json") for encoder in train.encoders],
        }
        model = _complete_config(config, train).model_dump(mode="json")
        return ModelDescription(self.name, model, preprocessing, train.species["key"].to_list())

    def describe_data(self, config: ChecklistConfig, data: Splits) -> dict[str, Any]:
        """Return counts and hashes, and what each step of reading left."""
        train = _as_checklists(data.train)
        more = {"num_species": train.item_shape[0], "attrition": train.attrition.to_dicts()}
        return {**super().describe_data(config, data), **more}

    def compute_baseline(self, config: ChecklistConfig, data: Splits) -> float | None:
        """Return what the validation lists cost under the prevalence of the training lists."""
        if not isinstance(config.model, ChecklistVaeConfig):
            return None
        train, validation = _as_checklists(data.train), _as_checklists(data.validation)
        prevalence = fit_prevalence(count_cooccurrence(train.presence(), train.unknown))
        presence_ND = validation.presence().toarray() > 0
        likelihood = config.model.likelihood
        return -float(
            score_likelihood(likelihood, prevalence.score(presence_ND), presence_ND, validation.known()).mean()
        )

    def read_data(self, path: Path, model: TrainedChecklistVae) -> ChecklistDataset:
        """Read lists for a trained model, their columns matched by name."""
        return model.as_dataset(path)

    def evaluate(self, config: ChecklistConfig, data: Splits, run: RunFolder, trust: bool) -> Path | None:
        """Score the test lists, or the validation lists where there are no others."""
        if not isinstance(config.model, ChecklistVaeConfig):
            return None
        evaluation = config.evaluation
        split = "validation" if data.test is None else "test"
        options = EvaluationOptions(split, config.seed, evaluation.batch_size, evaluation.num_importance_samples)
        scored = _as_checklists(data.validation if data.test is None else data.test)
        folder = run.evaluation_dir / "final"
        model = load_checklist_model(run.model_dir, trust=trust)
        evaluate_checklists(model, scored, folder, options, _as_checklists(data.train), evaluation.hidden_share)
        return folder

    def evaluate_model(
        self, model: TrainedChecklistVae, data: Any, folder: Path, options: EvaluationOptions
    ) -> Results:
        """Score a model on other lists; without the training lists there are no baselines."""
        return evaluate_checklists(model, data, folder, options)

    def predict(self, model: TrainedChecklistVae, data: Path | Sequence[str], options: PredictOptions) -> pl.DataFrame:
        """Complete lists: what else is likely to be there."""
        trained = model
        trained.check_covariates(options.covariates)
        if options.missed_share != _DEFAULTS.missed_share and not isinstance(trained.likelihood, BernoulliConfig):
            log.warning("--missed does nothing here: a multinomial model tells shares of a list, not probabilities")
        if isinstance(data, Path):
            lists = set_covariates(trained.read_lists(data), options.covariates)
        else:
            lists = trained.build_list(data, options.covariates)
        return trained.complete(lists, *options[:3], options.batch_size)

    def name_samples(self, model: TrainedChecklistVae) -> str:
        """Return the file `write_samples` writes to by default: lists, or shares where lists cannot be drawn."""
        return "samples.csv" if isinstance(model.likelihood, BernoulliConfig) else "samples.npy"

    def write_samples(self, model: TrainedChecklistVae, out: Path, num_samples: int, seed: int) -> None:
        """Write made-up lists (.csv, .parquet: 0 and 1, one column a species), or expected values (.npy)."""
        check_suffix(out, (".csv", ".parquet", ".npy"))
        if out.suffix.lower() == ".npy":
            super().write_samples(model, out, num_samples, seed)
        else:
            write_table(out, model.sample_lists(num_samples, seed))

    def report(self, config: ChecklistConfig, run: RunFolder, trust: bool) -> ReportContent:
        """Return curves, and maps, completions and calibration where the model was evaluated."""
        folder = run.evaluation_dir / "final"
        if not folder.is_dir():
            return build_run_report(run, _UNIT)
        results = read_results(folder / RESULTS_NAME)
        content = build_run_report(run, _UNIT, results)
        model = load_checklist_model(run.model_dir, trust=trust)
        return add_checklist_figures(content, model, load_evaluation(folder), results, run, config.seed)


def _read(config: ChecklistDataConfig) -> Checklists:
    if config.path is None:
        return make_checklists().checklists
    check_reading(config.path, config)
    return read_checklists(config.path, config)


def _complete_config(config: ChecklistConfig, train: ChecklistDataset) -> ChecklistVaeConfig | ImportedPart:
    """Return the model's configuration with the number of covariates the data turned out to have."""
    if isinstance(config.model, ImportedPart):
        return config.model
    return config.model.model_copy(update={"covariate_dim": train.num_covariates})


def _as_checklists(data: Any) -> ChecklistDataset:
    assert isinstance(data, ChecklistDataset)
    return data


RECIPE = ChecklistVaeRecipe()
