"""``pose-vunet``: (pose, appearance) -> picture, with losses from the configuration and stored evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from torch import nn

from subsong.core.config import ImportedPart
from subsong.datasets.poses.config import PoseDataConfig, build_pose_splits
from subsong.datasets.poses.dataset import PoseDataset
from subsong.datasets.types import Splits
from subsong.evaluation.store import load_evaluation
from subsong.inference.evaluate_poses import evaluate_poses
from subsong.inference.load import load_vunet
from subsong.inference.pose_description import describe_poses
from subsong.inference.pose_reading import read_poses
from subsong.inference.results import RESULTS_NAME, Results, read_results
from subsong.inference.scoring import EvaluationOptions
from subsong.models.build import build_model
from subsong.models.portable import ModelDescription
from subsong.models.vunet.config import VunetConfig
from subsong.objectives.terms import KlTerm, ReconstructionTerm
from subsong.recipes.base import Recipe, RunConfig
from subsong.reports.content import ReportContent
from subsong.reports.poses import add_pose_figures, plot_pose_validation
from subsong.reports.run_report import NATS, build_run_report
from subsong.synthesis.figures import FigureOptions, write_figures
from subsong.training.callbacks.figures import Plot
from subsong.training.run_folder import RunFolder

_IN_NATS = (KlTerm, ReconstructionTerm)


class PoseVunetConfig(RunConfig):
    """A run of ``pose-vunet``."""

    recipe: Literal["pose-vunet"] = Field("pose-vunet", description="Which family this is.")
    data: PoseDataConfig = Field(PoseDataConfig(), description="Which pictures, and how poses are drawn.")
    model: Annotated[VunetConfig | ImportedPart, Field(discriminator="kind")] = Field(
        VunetConfig(), description="The network."
    )

    @model_validator(mode="after")
    def _no_corruption(self) -> PoseVunetConfig:
        if self.training.corruption:
            raise ValueError(
                "training.corruption: pose-vunet sees two pictures and adds no noise to either: leave it out"
            )
        return self


class PoseVunet(Recipe):
    """A conditional VAE of pictures: a U-Net of the pose, codes of the appearance."""

    name = "pose-vunet"
    summary = "(pose, appearance) -> picture, with losses from the configuration"
    config_class = PoseVunetConfig

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return a run on some dozen figures of 16 x 16 pixels, made up in `folder`, by a small network."""
        options = FigureOptions(num_figures=12, num_poses=12, size=(16, 16))
        write_figures(folder / "figures.npz", options, seed=1)
        return {
            "data.path": str(folder / "figures.npz"),
            "model.pose_channels": [8, 16],
            "model.appearance_channels": [8, 16],
            "model.patch_size": 2,
            "model.num_blocks": 1,
            "training.batch_size": 16,
        }

    def build_data(self, config: PoseVunetConfig) -> Splits:
        """Read or open the pictures, draw their poses, pair and divide them."""
        return build_pose_splits(config.data, config.seed)

    def build_model(self, config: PoseVunetConfig, data: Splits) -> nn.Module:
        """Build the network for pictures of this size."""
        shapes = _train_part(data).shapes
        inputs = {"stickman": shapes.stickman, "appearance": shapes.appearance}
        return build_model(config.model, shapes.target, inputs=inputs)

    def describe_model(self, config: PoseVunetConfig, data: Splits) -> ModelDescription:
        """Return sizes, how poses are drawn, and what the losses compare, so that other pictures are read alike."""
        preprocessing = describe_poses(config.data, _train_part(data))
        notes = [term.describe() for term in config.losses.values() if hasattr(term, "describe")]
        training = {"losses": "; ".join(notes)} if notes else None
        return ModelDescription(self.name, config.model.model_dump(mode="json"), preprocessing, training=training)

    def loss_units(self, config: PoseVunetConfig) -> dict[str, str]:
        """Return the unit of the terms that have one; the others are means over a picture."""
        return {name: NATS for name, term in config.losses.items() if isinstance(term, _IN_NATS)}

    def plots(self, config: PoseVunetConfig, data: Splits) -> Sequence[Plot]:
        """Draw appearance, pose, target and prediction of the first validation rows."""
        return (plot_pose_validation,)

    def evaluate(self, config: PoseVunetConfig, data: Splits, run: RunFolder, trust: bool) -> Path | None:
        """Score the test pictures, or the validation pictures where there is no test, beside two baselines."""
        if not isinstance(config.model, VunetConfig):
            return None
        split = "validation" if data.test is None else "test"
        options = EvaluationOptions(split, config.seed, config.evaluation.batch_size)
        scored = data.validation if data.test is None else data.test
        assert isinstance(scored, PoseDataset)
        folder = run.evaluation_dir / "final"
        evaluate_poses(load_vunet(run.model_dir), scored, folder, options, _train_part(data))
        return folder

    def read_data(self, path: Path, model: Any) -> PoseDataset:
        """Read pictures and draw their poses as in training."""
        return read_poses(path, model.description)

    def evaluate_model(self, model: Any, data: Any, folder: Path, options: EvaluationOptions) -> Results:
        """Score a trained model on other pictures; without the training pictures the pose's mean is no baseline."""
        return evaluate_poses(model, data, folder, options)

    def report(self, config: PoseVunetConfig, run: RunFolder, trust: bool) -> ReportContent:
        """Return curves, and pictures where the model was evaluated."""
        folder = run.evaluation_dir / "final"
        if not folder.is_dir():
            return build_run_report(run, self.loss_units(config))
        results = read_results(folder / RESULTS_NAME)
        content = build_run_report(run, self.loss_units(config), results)
        model = load_vunet(run.model_dir)
        return add_pose_figures(content, model, load_evaluation(folder), results, run.figure_dir, config.seed)


def _train_part(data: Splits) -> PoseDataset:
    assert isinstance(data.train, PoseDataset)
    return data.train


RECIPE = PoseVunet()
