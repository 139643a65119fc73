"""The figures of trajectories: what they draw is what they were given."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from matplotlib.collections import LineCollection, PathCollection

from subsong.core.errors import SubsongError
from subsong.reports.style import PALETTE, figure_to_svg
from subsong.reports.trajectories.maps import Paths, plot_paths_by_class, plot_paths_by_time
from subsong.reports.trajectories.spectrogram import TimedSpectrogram, find_sounds
from subsong.reports.trajectories.traces import plot_traces
from subsong.reports.trajectories.variability import plot_variability_along

RNG = np.random.default_rng(0)
PLACES = RNG.normal(size=(9, 2))
PATHS = Paths(PLACES, np.array([0, 4, 5, 9]), RNG.normal(size=(20, 2)))
TIME_S = np.linspace(0.04, 0.96, 12)


def make_spectrogram() -> TimedSpectrogram:
    """Return two sounds, from 0.2 to 0.4 s and from 0.6 to 0.8 s."""
    image = np.zeros((16, 101))
    image[5, 20:41] = image[8:10, 60:81] = 0.9
    return TimedSpectrogram(image, 0.0, 1.0, np.linspace(400.0, 10_000.0, 16))


def get_steps(figure) -> LineCollection:
    return next(found for found in figure.axes[0].collections if isinstance(found, LineCollection))


def test_lines_lead_from_window_to_window_and_never_from_sequence_to_sequence() -> None:
    steps = get_steps(plot_paths_by_time(PATHS, np.arange(9.0), "time (s)")).get_segments()
    drawn = {tuple(map(tuple, step)) for step in steps}
    expected = {(tuple(PLACES[n]), tuple(PLACES[n + 1])) for n in (0, 1, 2, 5, 6, 7)}
    assert drawn == expected


def test_lines_have_the_time_they_begin_at_and_the_background_is_there() -> None:
    figure = plot_paths_by_time(PATHS, np.arange(9.0), "time (s)")
    lines = get_steps(figure)
    times = {tuple(step[0]): time for step, time in zip(lines.get_segments(), lines.get_array(), strict=True)}
    assert all(times[tuple(PLACES[n])] == n for n in (0, 1, 2, 5, 6, 7))
    points = next(found for found in figure.axes[0].collections if isinstance(found, PathCollection))
    assert len(points.get_offsets()) == 20
    assert figure.axes[1].get_ylabel() == "time (s)"


def test_classes_keep_their_colours_and_are_counted() -> None:
    figure = plot_paths_by_class(PATHS, np.array(["b", "a", "b"]), "rendition")
    colours = {colour for colour in map(tuple, get_steps(figure).get_colors()[:, :3].round(3).tolist())}
    assert len(colours) == 1  # the sequence of one window has no line
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["a (1 rendition)", "b (2 renditions)"]
    assert figure.legends[0].get_lines()[0].get_color() == PALETTE[0]


def test_traces_share_the_axis_of_the_spectrogram_and_show_means() -> None:
    components = RNG.normal(size=(7, 12, 2))
    classes = np.array(["a"] * 4 + ["b"] * 3)
    figure = plot_traces(components, TIME_S, classes, make_spectrogram(), np.array([0.5, 0.2]), ("time (s)", "motif"))
    first = figure.axes[1]
    assert first.get_xlim() == figure.axes[0].get_xlim() == (0.0, 1.0)
    means = [line.get_ydata() for line in first.get_lines() if line.get_linewidth() > 1]
    np.testing.assert_allclose(means, [components[:4, :, 0].mean(axis=0), components[4:, :, 0].mean(axis=0)])
    assert len(first.get_lines()) == 7 + 2


def test_variability_has_its_band_dots_where_contexts_differ_and_bars_of_sound() -> None:
    value = 1 + np.arange(12) / 10
    table = pl.DataFrame({"context": ["a"] * 12, "time_s": TIME_S, "variability": value})
    table = table.with_columns(low=pl.col("variability") - 0.1, high=pl.col("variability") + 0.2)
    contrast = pl.DataFrame({"time_s": TIME_S, "p_corrected": [0.01] * 3 + [0.5] * 9})
    overall = pl.DataFrame({"context": ["a"], "num_renditions": [5]})
    figure = plot_variability_along(table, overall, contrast, make_spectrogram(), "time (s)")
    curve, dots = figure.axes[1].get_lines()
    np.testing.assert_allclose(curve.get_ydata(), value)
    np.testing.assert_allclose(dots.get_xdata(), TIME_S[:3])
    assert len(figure.axes[1].patches) == 2
    assert "<svg" in figure_to_svg(figure)


def test_sounds_are_found_where_they_are() -> None:
    np.testing.assert_allclose(find_sounds(make_spectrogram()), [[0.2, 0.4], [0.6, 0.8]])
    silence = make_spectrogram()._replace(image_FG=np.zeros((16, 101)))
    assert find_sounds(silence).shape == (0, 2)


def test_figures_of_nothing_are_refused() -> None:
    with pytest.raises(SubsongError, match="at least 1 and a time each"):
        plot_paths_by_time(Paths(PLACES[:0], np.array([0]), PLACES), np.zeros(0), "time (s)")
    with pytest.raises(SubsongError, match="3 sequences need as many classes, not 1"):
        plot_paths_by_class(PATHS, np.array(["a"]), "rendition")
    with pytest.raises(SubsongError, match="need as many times and classes"):
        plot_traces(np.zeros((2, 3, 1)), TIME_S, np.array(["a"] * 2), make_spectrogram(), np.ones(1), ("", ""))
