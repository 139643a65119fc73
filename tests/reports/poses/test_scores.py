"""Figures of scores and of the use of scales."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.reports.poses.scores import ScaleUsage, ScorePanel, plot_scores, plot_usage

METHODS = {"model": np.array([0.9, 0.7, 0.8, np.nan]), "pose mean": np.array([0.5, 0.6, np.inf, 0.4])}


def test_a_line_says_which_share_stays_below_a_score() -> None:
    axes = plot_scores([ScorePanel("Known", "SSIM", METHODS)]).axes[0]
    line = next(line for line in axes.get_lines() if line.get_label() == "model")
    assert line.get_xdata().tolist() == [0.7, 0.7, 0.8, 0.9]
    np.testing.assert_allclose(line.get_ydata(), [0, 1 / 3, 2 / 3, 1])


def test_medians_leave_out_what_is_not_finite() -> None:
    axes = plot_scores([ScorePanel("Known", "SSIM", METHODS)]).axes[0]
    medians = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "o"]
    assert medians == [0.8, 0.5]


def test_panels_of_one_score_share_their_axis_and_one_key_names_each_method_once() -> None:
    panels = [ScorePanel(name, label, METHODS) for name in ("Known", "New") for label in ("SSIM", "PSNR (dB)")]
    figure = plot_scores(panels)
    assert figure.axes[0].get_xlim() == figure.axes[2].get_xlim()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["model", "pose mean"]


def test_one_far_score_does_not_squeeze_the_others() -> None:
    values = np.concatenate([np.linspace(15, 20, 400), [90.0]])
    low, high = plot_scores([ScorePanel("Known", "PSNR (dB)", {"model": values})]).axes[0].get_xlim()
    assert low < 15.1
    assert 19.9 < high < 21


def test_no_score_at_all_is_refused() -> None:
    with pytest.raises(SubsongError, match="no scores to draw"):
        plot_scores([ScorePanel("Known", "SSIM", {"model": np.array([np.nan])})])


def test_bars_of_scales_begin_with_the_coarsest() -> None:
    left, right = plot_usage([ScaleUsage("scale 0", 12.0, 3, 4), ScaleUsage("scale 1", 30.0, 8, 32)]).axes
    assert [bar.get_width() for bar in left.patches] == [12.0, 30.0]
    assert [bar.get_width() for bar in right.patches] == [0.75, 0.25]
    assert left.yaxis_inverted()
    assert "8 of 32" in [text.get_text() for text in right.texts]


def test_a_model_without_scales_is_refused() -> None:
    with pytest.raises(SubsongError, match="no scales to draw"):
        plot_usage([])
