"""Figures of spectrograms and of conditions: they show the data they were given."""

from __future__ import annotations

from itertools import pairwise

import matplotlib
import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.evaluation.mmd import MmdMatrix, compute_mmd_matrix
from subsong.evaluation.neighbours import score_two_way
from subsong.evaluation.variability import compare_variability
from subsong.reports.comparison_figures import order_conditions, plot_mmd_matrix, plot_two_way, plot_variability
from subsong.reports.pictures import plot_interpolation, plot_reconstructions
from subsong.reports.spectrogram_figures import choose_examples, colour_spectrograms, plot_contact_sheet
from subsong.reports.style import figure_to_svg

RNG = np.random.default_rng(0)


def test_low_frequencies_are_drawn_at_the_bottom() -> None:
    image = np.zeros((1, 4, 3))
    image[0, 0] = 1.0
    drawn = colour_spectrograms(image)
    loud = np.array(matplotlib.colormaps["magma"](1.0)[:3])
    assert drawn.shape == (1, 3, 4, 3)
    assert np.allclose(drawn[0, :, 3].T, loud)


def test_coloured_spectrograms_fit_the_figures_of_pictures() -> None:
    drawn = colour_spectrograms(RNG.random((2, 3, 8, 8)))
    assert plot_interpolation(drawn).axes
    assert plot_reconstructions(drawn[0], drawn[1]).axes


def test_every_label_has_its_row_and_only_its_items() -> None:
    labels = np.array(["10", "9", "b"])[RNG.integers(3, size=60)]
    examples = choose_examples(60, labels, num_columns=5)
    assert examples["label"].unique(maintain_order=True).to_list() == ["9", "10", "b"]
    assert (labels[examples["item"].to_numpy()] == examples["label"].to_numpy()).all()
    assert len(examples) == 15
    assert examples.equals(choose_examples(60, labels, num_columns=5))
    assert not examples.equals(choose_examples(60, labels, num_columns=5, seed=1))


def test_a_sheet_without_labels_is_one_sample_without_repeats() -> None:
    examples = choose_examples(100, num_columns=4, num_rows=3)
    assert examples["item"].n_unique() == len(examples) == 12
    assert len(choose_examples(5)) == 5


def test_a_contact_sheet_shows_the_chosen_items_where_the_table_says() -> None:
    images = np.broadcast_to(np.linspace(0, 1, 20)[:, None, None], (20, 24, 24))
    examples = choose_examples(20, num_columns=3, num_rows=2)
    for source in (images, lambda rows: images[rows]):
        axes = plot_contact_sheet(source, examples, "title").axes[0]
        sheet = np.asarray(axes.images[0].get_array())
        for item, row, column, _ in examples.iter_rows():
            wanted = np.array(matplotlib.colormaps["magma"](np.float32(images[item, 0, 0]))[:3]) * 255
            assert sheet[25 * row + 12, 25 * column + 12] == pytest.approx(wanted, abs=1)


def test_rows_are_named_and_a_short_row_leaves_white() -> None:
    examples = choose_examples(5, ["a", "a", "a", "b", "c"], num_columns=3)
    axes = plot_contact_sheet(np.zeros((5, 24, 24)), examples).axes[0]
    assert [text.get_text() for text in axes.texts] == ["a", "b", "c"]
    assert (np.asarray(axes.images[0].get_array())[25 + 12, 2 * 25 + 12] == 255).all()


def test_like_conditions_stand_together() -> None:
    places = np.array([0.0, 10.0, 0.1, 10.1, 20.0, 0.2, 20.1])
    mmd2 = (places[:, None] - places) ** 2
    nothing = np.full(mmd2.shape, np.nan)
    matrix = MmdMatrix(list("abcdefg"), mmd2, nothing, nothing, 1.0)
    groups = [int(places[number] // 5) for number in order_conditions(matrix)]
    assert sum(one != other for one, other in pairwise(groups)) == 2
    axes = plot_mmd_matrix(matrix).axes[0]
    shown = [label.get_text() for label in axes.get_xticklabels()]
    assert sorted(shown) == list("abcdefg")
    drawn = np.asarray(axes.images[0].get_array())
    first, last = (matrix.names.index(name) for name in (shown[0], shown[-1]))
    assert drawn[0, -1] == pytest.approx(np.sqrt(mmd2[first, last]))


def test_only_pairs_that_differ_are_marked() -> None:
    latents = RNG.normal(size=(90, 2))
    latents[60:] += 3
    matrix = compute_mmd_matrix(latents, np.repeat(["a", "b", "c"], 30), num_permutations=99)
    texts = [text.get_text() for text in plot_mmd_matrix(matrix).axes[0].texts]
    assert sum("•" in text for text in texts) == 4


def test_many_conditions_are_drawn_without_names() -> None:
    mmd2 = np.abs(RNG.normal(size=(70, 70)))
    nothing = np.full(mmd2.shape, np.nan)
    figure = plot_mmd_matrix(MmdMatrix([f"n{k}" for k in range(70)], mmd2 + mmd2.T, nothing, nothing, 1.0))
    assert figure.axes[0].get_xlabel() == "70 conditions, like ones together"


def test_bars_of_variability_are_as_long_as_the_table_says() -> None:
    table = compare_variability(
        RNG.normal(size=(90, 2)) * np.repeat([1, 3, 2], 30)[:, None], np.repeat(["a", "b", "c"], 30)
    )
    axes = plot_variability(table).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b (30)", "c (30)", "a (30)"]
    assert [bar.get_width() for bar in axes.patches] == sorted(table["variability"], reverse=True)


def test_both_ways_are_drawn_and_a_constant_feature_says_so() -> None:
    latents = RNG.normal(size=(100, 3))
    features = pl.DataFrame({"pitch": latents[:, 0], "constant": np.ones(100)})
    figure = plot_two_way(score_two_way(latents, features), "both ways")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["pitch", "constant"]
    assert "constant" in [text.get_text() for text in figure.axes[0].texts]
    assert "<svg" in figure_to_svg(figure)


def test_figures_of_nothing_are_refused() -> None:
    with pytest.raises(SubsongError, match="at least 1 item"):
        plot_contact_sheet(np.zeros((0, 4, 4)), choose_examples(0))
    with pytest.raises(SubsongError, match="at least 2 conditions"):
        plot_mmd_matrix(MmdMatrix(["a"], np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), 1.0))
    with pytest.raises(SubsongError, match="as many labels"):
        choose_examples(3, ["a"])
