"""Maps of the latent space."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.reports.latent import (
    compute_pca,
    compute_umap,
    plot_kl_per_dimension,
    plot_latent_map,
    sort_labels,
    spread_boxes,
)
from subsong.reports.style import BLUE, figure_to_svg

RNG = np.random.default_rng(0)


def test_principal_components_agree_with_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    latents = RNG.normal(size=(50, 6)) * [5, 4, 3, 1, 1, 1]
    reference = PCA(3).fit(latents)
    found = compute_pca(latents, 3)
    assert np.abs(found.coordinates) == pytest.approx(np.abs(reference.transform(latents)))
    assert found.explained == pytest.approx(reference.explained_variance_ratio_)


def test_the_sign_of_a_component_does_not_depend_on_the_order_of_the_items() -> None:
    latents = RNG.normal(size=(40, 4)) * [4, 3, 2, 1]
    assert compute_pca(latents[::-1]).coordinates[::-1] == pytest.approx(compute_pca(latents).coordinates)


@pytest.mark.parametrize("latents", [np.ones((1, 5)), np.ones((10, 3)), np.arange(4.0)[:, None]])
def test_directions_the_data_does_not_have_are_zero(latents) -> None:
    found = compute_pca(latents)
    assert found.coordinates.shape == (len(latents), 2)
    assert found.coordinates[:, 1] == pytest.approx(0.0)
    assert np.isfinite(found.explained).all()


@pytest.mark.parametrize("compute", [compute_pca, lambda latents: compute_umap(latents, 0)])
@pytest.mark.parametrize(
    ("latents", "sentence"),
    [
        (np.zeros((0, 3)), "at least 1 each"),
        (np.zeros(3), "shape"),
        (np.array([[0.0], [np.nan]]), "row 1 are not finite"),
    ],
)
def test_latents_that_cannot_be_mapped_are_refused(compute, latents, sentence) -> None:
    with pytest.raises(SubsongError, match=sentence):
        compute(latents)


def test_umap_keeps_clusters_apart_and_repeats_itself() -> None:
    latents = np.concatenate([RNG.normal(size=(30, 5)), RNG.normal(size=(30, 5)) + 20])
    first, second = compute_umap(latents, seed=3), compute_umap(latents, seed=3)
    assert (first.coordinates == second.coordinates).all()
    near, far = first.coordinates[:30], first.coordinates[30:]
    assert np.linalg.norm(near.mean(0) - far.mean(0)) > 3 * max(near.std(), far.std()) / 2
    assert first.indices.tolist() == list(range(60))


def test_umap_samples_when_there_are_too_many() -> None:
    found = compute_umap(RNG.normal(size=(100, 3)), seed=1, max_items=20)
    assert found.coordinates.shape == (20, 2)
    assert (np.diff(found.indices) > 0).all()


@pytest.mark.parametrize("num_items", [1, 2, 4, 5, 9])
def test_umap_takes_few_items(num_items) -> None:
    found = compute_umap(RNG.normal(size=(num_items, 3)), seed=0)
    assert found.coordinates.shape == (num_items, 2)
    assert np.isfinite(found.coordinates).all()


@pytest.mark.parametrize("latents", [np.ones((30, 3)), np.repeat(np.eye(3), 10, axis=0), np.arange(20.0)[:, None]])
def test_umap_takes_items_that_are_the_same(latents) -> None:
    assert np.isfinite(compute_umap(latents, seed=0).coordinates).all()


def test_each_class_is_named_on_the_map() -> None:
    points = RNG.normal(size=(200, 2))
    figure = plot_latent_map(points, np.arange(200) % 12, "map", ("one", "two"))
    assert [text.get_text() for text in figure.axes[0].texts] == [str(number) for number in range(12)]
    assert figure.axes[0].get_xlabel() == "one"


@pytest.mark.parametrize(("num_points", "num_classes"), [(50, 0), (50, 13), (2500, 0)])
def test_without_few_classes_the_map_shows_density(num_points, num_classes) -> None:
    labels = np.arange(num_points) % num_classes if num_classes else None
    figure = plot_latent_map(RNG.normal(size=(num_points, 2)), labels)
    assert not figure.axes[0].texts
    assert len(figure.axes) == (2 if num_points > 2000 else 1)
    figure_to_svg(figure)


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.zeros((5, 2)), np.array([[0.0, 0], [0, 1]])])
def test_points_without_extent_are_drawn(points) -> None:
    figure_to_svg(plot_latent_map(points, ["same"] * len(points)))


def test_a_map_of_ten_thousand_points_stays_small() -> None:
    svg = figure_to_svg(plot_latent_map(RNG.normal(size=(10_000, 2)), np.arange(10_000) % 10))
    assert len(svg) < 800_000


@pytest.mark.parametrize(
    ("points", "labels"), [(np.zeros((0, 2)), None), (np.zeros((3, 3)), None), (np.zeros((3, 2)), [1])]
)
def test_a_map_of_another_shape_is_refused(points, labels) -> None:
    with pytest.raises(SubsongError, match="a map"):
        plot_latent_map(points, labels)


def test_numbers_sort_by_size_and_names_by_letter() -> None:
    assert sort_labels(np.array(["b", "10", "9", "a", "9"])) == ["9", "10", "a", "b"]


def test_boxes_end_apart_and_lonely_ones_stay() -> None:
    centres = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [50.0, 50.0]])
    sizes = np.full((4, 2), 8.0)
    placed = spread_boxes(centres, sizes)
    for one in range(4):
        for other in range(one):
            assert (np.abs(placed[one] - placed[other]) >= 8.0 - 1e-5).any()
    assert placed[3].tolist() == [50.0, 50.0]
    assert (spread_boxes(centres, sizes) == placed).all()


def test_bars_are_sorted_and_coloured_by_activity() -> None:
    from matplotlib.colors import to_hex

    figure = plot_kl_per_dimension(np.array([0.1, 3.0, 1.0]), np.array([False, True, True]), threshold=0.5)
    axes = figure.axes[0]
    assert [bar.get_height() for bar in axes.patches] == [3.0, 1.0, 0.1]
    assert [to_hex(bar.get_facecolor()) == BLUE for bar in axes.patches] == [True, True, False]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "0"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["2 active", "1 inactive"]


@pytest.mark.parametrize("num_dims", [1, 30, 200])
def test_any_number_of_dimensions_is_drawn(num_dims) -> None:
    figure_to_svg(plot_kl_per_dimension(np.zeros(num_dims), np.zeros(num_dims, dtype=bool)))


def test_divergences_of_another_shape_are_refused() -> None:
    with pytest.raises(SubsongError, match="both have shape"):
        plot_kl_per_dimension(np.zeros(3), np.zeros(2, dtype=bool))
