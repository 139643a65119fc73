"""The figure a run of poses draws at epochs: what the model makes of the first validation rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subsong.reports.poses.grids import PoseExamples, plot_examples
from subsong.reports.style import save_figure

if TYPE_CHECKING:
    from subsong.training.engine import Engine
    from subsong.training.validation import Validation

_OUTPUTS = ("appearance", "stickman", "target", "reconstruction")


def plot_pose_validation(engine: Engine, validation: Validation) -> None:
    """Draw appearance, pose, target and prediction of the first rows to ``figures/prediction_<epoch>.png``.

    A model that gives out other things, such as a user's own, is not drawn.
    """
    shown = validation.shown
    if engine.run is None or any(name not in shown for name in _OUTPUTS):
        return
    figure = plot_examples(PoseExamples(*(shown[name] for name in _OUTPUTS)))
    save_figure(figure, engine.run.figure_dir / f"prediction_{engine.position.epoch}.png")
