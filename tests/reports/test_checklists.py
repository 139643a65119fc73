"""Figures of checklists: what stands on them, and odd input."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.evaluation.calibration import compute_calibration_curve
from subsong.evaluation.community import compute_effort_correlation
from subsong.reports.checklist_examples import build_completion_examples, plot_completion_examples
from subsong.reports.checklist_maps import merge_rare_labels, plot_class_map, plot_value_map
from subsong.reports.checklist_survey import plot_attrition, plot_effort_correlation
from subsong.reports.checklists import SplitScores, plot_calibration, plot_completion_scores, plot_species_scores
from subsong.reports.species_map import place_names, plot_species_map
from subsong.reports.style import figure_to_svg

RNG = np.random.default_rng(0)


def find_texts(figure):
    """Return every text an axes of the figure holds beside its points and bars."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def get_key(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def get_labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_calibration_draws_a_curve_a_method_and_where_the_predictions_lie():
    probability = RNG.random((50, 20)) ** 4
    outcome = RNG.random((50, 20)) < probability
    curve = compute_calibration_curve(probability, outcome, bins="square_root")
    figure = plot_calibration({"model": curve, "prevalence": curve}, probability)
    upper, lower = figure.axes
    assert [text.get_text() for text in upper.get_legend().get_texts()] == [
        "perfectly calibrated",
        "model",
        "prevalence",
    ]
    assert upper.lines[1].get_xdata() == pytest.approx(curve["predicted"].to_numpy())
    assert lower.patches[0].get_data().values.sum() == 1000
    svg = figure_to_svg(figure)
    assert "mathdefault" not in svg


def test_each_species_is_drawn_where_it_has_a_score():
    prevalence = np.array([0.5, 0.1, 0.0, 0.01])
    figure = plot_species_scores(prevalence, {"model": np.array([0.9, np.nan, 0.8, 0.7]), "EASE": np.full(4, 0.6)})
    first, second = (points.get_offsets() for points in figure.axes[0].collections)
    assert len(first) == 3  # the baseline, below the model
    assert second.tolist() == [[50.0, 0.9], [1.0, 0.7]]
    assert get_key(figure) == ["model", "EASE"]
    figure_to_svg(figure)


def test_running_medians_need_enough_species():
    many = plot_species_scores(np.linspace(0.01, 1, 50), {"model": np.linspace(0.5, 1, 50)}, chance=None)
    assert (np.diff(many.axes[0].lines[0].get_ydata()) > 0).all()
    few = plot_species_scores(np.linspace(0.01, 1, 5), {"model": np.ones(5)}, chance=None)
    assert len(few.axes[0].lines[0].get_xdata()) == 0


def make_scores(num_lists=80):
    return {
        metric: {method: RNG.random(num_lists) * level for method, level in (("model", 1.0), ("EASE", 0.8))}
        for metric in ("NDCG@100", "Recall@20", "AUC")
    }


def test_bars_of_all_splits_stand_side_by_side():
    scores = make_scores()
    scores["AUC"]["EASE"][3] = np.nan
    figure = plot_completion_scores({"random": SplitScores(scores), "by site": SplitScores(scores, np.arange(80) // 8)})
    assert len(figure.axes) == 6
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["random", "", "", "by site", "", ""]
    assert figure.axes[2].patches[1].get_width() == pytest.approx(np.nanmean(scores["AUC"]["EASE"]))
    assert get_labels(figure.axes[0].yaxis) == ["model", "EASE"]
    assert [axes.get_xlabel() for axes in figure.axes[3:]] == ["NDCG@100", "Recall@20", "AUC"]
    figure_to_svg(figure)


def test_bars_of_a_method_without_a_score_are_left_out():
    figure = plot_completion_scores({"random": SplitScores({"AUC": {"model": np.ones(5), "EASE": np.full(5, np.nan)}})})
    assert find_texts(figure) == ["1.000"]
    figure_to_svg(figure)


def test_attrition_tells_what_each_step_left_and_dropped():
    steps = pl.DataFrame(
        {"step": ["read", "complete", "rare"], "num_lists": [2000, 1500, 1500], "num_species": [90, None, 45]}
    )
    figure = plot_attrition(steps)
    minus = "\N{MINUS SIGN}"
    assert find_texts(figure) == ["2,000", f"1,500  ({minus}25 %)", "1,500", "90", "not known", f"45  ({minus}50 %)"]
    assert get_labels(figure.axes[0].yaxis) == ["read", "complete", "rare"]
    figure_to_svg(figure)


@pytest.mark.parametrize(("left", "text"), [(0, "100 %"), (4, "99.6 %"), (999, "0.10 %")])
def test_a_step_that_leaves_something_is_told_from_one_that_leaves_nothing(left, text):
    steps = pl.DataFrame({"step": ["read", "filter"], "num_lists": [1000, left], "num_species": [None, None]})
    assert find_texts(plot_attrition(steps))[1] == f"{left}  (\N{MINUS SIGN}{text})"


@pytest.mark.parametrize("num_dims", [1, 16, 100])
def test_correlation_with_effort_is_a_table_of_covariates_and_dimensions(num_dims):
    latents = RNG.normal(size=(40, num_dims))
    covariates = pl.DataFrame({"duration_min": -latents[:, 0], "hour": np.ones(40)})
    figure = plot_effort_correlation(compute_effort_correlation(latents, covariates))
    assert get_labels(figure.axes[0].yaxis) == ["duration (min)", "hour"]
    assert figure.axes[0].collections[0].get_array().shape == (2, num_dims)
    assert ("\N{MINUS SIGN}1.00" in find_texts(figure)) == (num_dims < 25)
    figure_to_svg(figure)


def test_rare_classes_are_merged_and_unknown_ones_named_so():
    labels = [f"habitat {number}" for number in range(20) for _ in range(number + 1)] + [None]
    merged = merge_rare_labels(labels)
    assert len(set(merged)) == 13
    assert merged[-1] == "not known"
    assert set(merged[:45]) == {"other"}


def test_a_map_of_classes_has_a_key_with_their_sizes():
    labels = ["marsh"] * 5 + ["forest"] * 7 + [None] * 2
    figure = plot_class_map(RNG.normal(size=(14, 2)), labels, axis_names=("one", "two"))
    assert get_key(figure) == ["forest (7)", "marsh (5)", "not known (2)"]
    assert figure.axes[0].get_xlabel() == "one"
    figure_to_svg(figure)


def test_a_map_of_values_has_a_scale_and_shows_unknown_ones():
    values = np.array([1.0, 2.0, np.nan, 400.0])
    figure = plot_value_map(RNG.normal(size=(4, 2)), values, "duration (min)")
    grey, coloured = figure.axes[0].collections
    assert (len(grey.get_offsets()), len(coloured.get_offsets())) == (1, 3)
    assert figure.axes[1].get_ylabel() == "duration (min)"
    assert type(coloured.norm).__name__ == "LogNorm"
    figure_to_svg(figure)


@pytest.mark.parametrize("values", [np.full(3, np.nan), np.full(3, 7.0), np.array([0.0, 1.0, 2.0])])
def test_values_without_a_range_are_drawn(values):
    figure_to_svg(plot_value_map(RNG.normal(size=(3, 2)), values, "richness"))


def test_the_most_common_species_are_named_on_the_map():
    names = [f"species {number}" for number in range(40)]
    figure = plot_species_map(RNG.normal(size=(40, 2)), names, np.linspace(0, 0.9, 40), num_named=3)
    assert find_texts(figure) == ["species 39", "species 38", "species 37"]
    assert get_key(figure)[-1] == "75 % of lists"
    figure_to_svg(figure)


@pytest.mark.parametrize("num_species", [1, 2, 5])
def test_few_species_in_one_place_are_drawn(num_species):
    names = [f"${number}_" for number in range(num_species)]
    figure_to_svg(plot_species_map(np.zeros((num_species, 2)), names, np.full(num_species, 0.001)))


def test_names_cover_neither_one_another_nor_named_points():
    points, sizes = RNG.random((12, 2)) * 300, np.full((12, 2), [40.0, 8.0])
    centres = points + place_names(points, sizes)
    for one in range(12):
        assert (np.abs(centres[one] - points) >= [20.0, 4.0]).any(axis=1).all()
        for other in range(one):
            assert (np.abs(centres[one] - centres[other]) >= [40.0, 8.0]).any()


def make_example():
    """Return one list of six species: two shown, two hidden, one neither found nor hidden, one unknown."""
    shown, hidden = np.array([[1, 1, 0, 0, 0, 0]], bool), np.array([[0, 0, 1, 1, 0, 0]], bool)
    candidates = np.array([[0, 0, 1, 1, 1, 0]], bool)
    probability = np.array([[0.99, 0.98, 0.2, 0.7, 0.5, 0.97]])
    return build_completion_examples(["L1"], list("abcdef"), probability, shown, hidden, candidates, num_suggestions=2)


def test_an_example_tells_what_was_shown_hidden_and_suggested():
    (example,) = make_example()
    assert example.shown == ("a", "b")
    assert example.hidden == (("d", 1.0), ("c", 3.0))
    assert example.num_candidates == 3
    assert example.suggestions == (("d", 0.7, True), ("e", 0.5, False))


def test_examples_are_drawn_row_by_row():
    figure = plot_completion_examples([*make_example(), *make_example()])
    assert len(figure.axes) == 6
    assert [axes.get_title(loc="left") for axes in figure.axes[:3]] == [
        "L1: 2 shown",
        "2 hidden, ranked among 3",
        "best suggestions",
    ]
    assert find_texts(figure)[:5] == ["a, b", "d", "1", "c", "3"]
    figure_to_svg(figure)


def test_long_lists_are_cut_and_empty_ones_say_so():
    names = [f"a bird with a very long name indeed {number}" for number in range(80)]
    shown = np.zeros((2, 80), bool)
    shown[0, :40] = True
    hidden = np.zeros((2, 80), bool)
    hidden[0, 40:] = True
    examples = build_completion_examples(["long", "empty"], names, RNG.random((2, 80)), shown, hidden, ~shown)
    texts = find_texts(plot_completion_examples(examples))
    assert any("and 16 more" in text for text in texts)
    assert "nothing" in texts
    assert all(len(text) <= 46 for text in texts)


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: plot_calibration({}, np.zeros(3)), "no calibration"),
        (lambda: plot_completion_scores({}), "no scores"),
        (lambda: plot_attrition(pl.DataFrame({"step": [], "num_lists": [], "num_species": []})), "no attrition"),
        (lambda: plot_effort_correlation(pl.DataFrame({"dimension": [0, 1]})), "no correlation"),
        (lambda: plot_class_map(np.zeros((3, 2)), ["a"]), "for 1 classes, not"),
        (lambda: plot_value_map(np.zeros((3, 3)), np.zeros(3), ""), "for 3 values, not"),
        (lambda: plot_species_map(np.zeros((3, 2)), ["a"], np.zeros(3)), "of the same species"),
        (lambda: plot_completion_examples([]), "no completions"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, sentence):
    with pytest.raises(SubsongError, match=sentence):
        draw()
