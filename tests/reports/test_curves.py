"""Training curves."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.reports.curves import plot_step_curves, plot_training_curves
from subsong.reports.style import BLUE, VERMILLION, figure_to_svg

EPOCHS = np.arange(1, 6)
CURVES = {
    "loss": {"train": (EPOCHS, 100.0 / EPOCHS), "validation": (EPOCHS, 110.0 / EPOCHS)},
    "kl": {"train": (EPOCHS, EPOCHS * 2.0), "validation": (EPOCHS, EPOCHS * 2.1)},
}


def get_key(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("plot", [plot_training_curves, plot_step_curves])
def test_each_quantity_has_its_panel_with_units(plot) -> None:
    figure = plot(CURVES, units={"loss": "nats per picture", "kl": "nats"}, titles={"loss": "Negative ELBO"})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Negative ELBO", "kl"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["nats per picture", "nats"]
    assert get_key(figure) == ["train", "validation"]
    figure_to_svg(figure)


def test_a_split_has_one_colour_in_every_panel() -> None:
    figure = plot_training_curves({**CURVES, "more": {"test": (EPOCHS, EPOCHS), "train": (EPOCHS, EPOCHS)}})
    colours = {(line.get_label(), line.get_color()) for axes in figure.axes for line in axes.lines}
    assert {("train", BLUE), ("validation", VERMILLION)} < colours
    assert len(colours) == 3


def test_the_best_epoch_is_marked_with_its_value() -> None:
    figure = plot_training_curves(CURVES, best_epoch=5)
    assert get_key(figure)[-1] == "best epoch: 5 (validation 22.00)"
    rings = [line for axes in figure.axes for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert [ring.get_ydata()[0] for ring in rings] == pytest.approx([22.0, 10.5])


@pytest.mark.parametrize("series", [{"train": (EPOCHS, EPOCHS)}, {"validation": (EPOCHS, np.full(5, np.nan))}])
def test_a_best_epoch_without_a_validation_value_is_still_named(series) -> None:
    assert get_key(plot_training_curves({"loss": series}, best_epoch=2))[-1] == "best epoch: 2"


def test_a_value_that_is_not_finite_leaves_a_gap() -> None:
    figure = plot_training_curves({"loss": {"train": ([1, 2, 3], [1.0, np.inf, 2.0])}})
    assert np.isnan(figure.axes[0].lines[0].get_ydata()[1])
    figure_to_svg(figure)


def test_a_panel_without_finite_values_says_so() -> None:
    figure = plot_training_curves({"loss": {"train": ([1], [np.nan])}})
    assert [text.get_text() for text in figure.axes[0].texts] == ["no finite values"]
    figure_to_svg(figure)


@pytest.mark.parametrize("curves", [{}, {"loss": {}}])
def test_an_empty_history_is_refused(curves) -> None:
    with pytest.raises(SubsongError, match="no curves to draw"):
        plot_training_curves(curves)


@pytest.mark.parametrize("log_y", [False, True])
def test_steps_have_room_for_zero_and_plain_numbers(log_y) -> None:
    steps = np.array([0, 1, 2, 4, 8, 1000, 20000])
    figure = plot_step_curves({"loss": {"train": (steps, 500.0 / (1 + steps))}}, log_y=log_y)
    figure_to_svg(figure)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()][:5] == ["0", "1", "10", "100", "1,000"]
    assert not any("$" in label.get_text() for label in axes.get_yticklabels(which="both"))


def test_one_point_and_seven_panels_are_drawn() -> None:
    figure = plot_training_curves({f"term {number}": {"train": ([1], [1.0])} for number in range(7)})
    assert len(figure.axes) == 7
    figure_to_svg(figure)
