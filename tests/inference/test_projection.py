"""Maps that are kept and applied to new items."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.decomposition import PCA

from subsong.core.errors import SubsongError
from subsong.inference.projection import ProjectionOptions, fit_projection, load_projection, place_among

RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(4, 8)) * 8


def draw_clusters(num_items: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(4, size=num_items)
    return CENTRES[labels] + generator.normal(size=(num_items, 8)), labels


def test_principal_components_of_new_items_are_those_of_sklearn() -> None:
    latents, new = RNG.normal(size=(50, 5)) * np.arange(1, 6), RNG.normal(size=(20, 5))
    found = fit_projection(latents, "pca")
    expected = PCA(2).fit(latents)
    assert np.abs(found.transform(new)) == pytest.approx(np.abs(expected.transform(new)))
    assert found.transform(latents) == pytest.approx(found.coordinates)


@pytest.mark.parametrize("kind", ["umap", "pca", "tsne"])
def test_a_map_read_back_places_new_items_as_the_first_one_did(tmp_path, kind) -> None:
    latents, new = draw_clusters(120)[0], draw_clusters(15, seed=1)[0]
    fitted = fit_projection(latents, kind, seed=3)
    fitted.save(tmp_path / "map")
    loaded = load_projection(tmp_path / "map")
    assert (loaded.kind, loaded.seed, loaded.options) == (kind, 3, ProjectionOptions())
    assert (loaded.coordinates == fitted.coordinates).all()
    assert (loaded.transform(new) == fitted.transform(new)).all()


@pytest.mark.parametrize("kind", ["umap", "tsne"])
def test_new_items_land_in_their_own_cluster(kind) -> None:
    (latents, labels), (new, new_labels) = draw_clusters(200), draw_clusters(40, seed=1)
    fitted = fit_projection(latents, kind, options=ProjectionOptions(perplexity=15.0))
    centres = np.stack([np.median(fitted.coordinates[labels == label], axis=0) for label in range(4)])
    nearest = np.linalg.norm(fitted.transform(new)[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == new_labels).all()
    assert fitted.transform(latents) == pytest.approx(fitted.coordinates)


def test_an_items_place_does_not_depend_on_its_company() -> None:
    (latents, _), (new, _) = draw_clusters(100), draw_clusters(30, seed=1)
    places = RNG.normal(size=(100, 2))
    alone = np.concatenate([place_among(item[None], latents, places, "euclidean") for item in new])
    assert place_among(new, latents, places, "euclidean") == pytest.approx(alone, abs=1e-12)


@pytest.mark.slow
def test_places_agree_with_umaps_own_transform() -> None:
    from umap import UMAP

    (latents, _), (new, _) = draw_clusters(300), draw_clusters(60, seed=1)
    umap = UMAP(n_neighbors=20, random_state=0, n_jobs=1)
    places = umap.fit_transform(latents)
    expected, found = umap.transform(new), place_among(new, latents, places.astype(float), "euclidean")
    distance = np.linalg.norm(found - expected, axis=1) / np.ptp(places, axis=0).max()
    assert np.median(distance) < 0.03


def test_parameters_and_the_seed_make_the_map() -> None:
    latents, _ = draw_clusters(60)
    first = fit_projection(latents, "umap", seed=1)
    assert (first.coordinates == fit_projection(latents, "umap", seed=1).coordinates).all()
    other = fit_projection(latents, "umap", seed=1, options=ProjectionOptions(num_neighbours=5))
    assert not np.allclose(first.coordinates, other.coordinates)


@pytest.mark.parametrize("latents", [RNG.normal(size=(3, 4)), np.ones((20, 4))])
def test_without_neighbourhoods_the_map_is_that_of_principal_components(latents) -> None:
    found = fit_projection(latents, "umap")
    assert found.kind == "pca"
    assert np.isfinite(found.transform(latents)).all()


def test_what_cannot_be_placed_or_read_is_said(tmp_path) -> None:
    fitted = fit_projection(draw_clusters(20)[0], "pca")
    with pytest.raises(SubsongError, match="have 3 dimensions, the map was fitted on 8"):
        fitted.transform(np.zeros((2, 3)))
    with pytest.raises(SubsongError, match="row 1 are not finite"):
        fit_projection(np.array([[0.0], [np.nan]]), "umap")
    with pytest.raises(SubsongError, match="missing"):
        load_projection(tmp_path / "nowhere")
    fitted.save(tmp_path / "map")
    arrays = load_file(tmp_path / "map" / "arrays.safetensors")
    del arrays["axes.mean"]
    save_file(arrays, tmp_path / "map" / "arrays.safetensors")
    with pytest.raises(SubsongError, match="damaged"):
        load_projection(tmp_path / "map")
