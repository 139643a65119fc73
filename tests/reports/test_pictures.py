"""Grids of pictures: exact pixels and labelled figures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.reports.pictures import (
    encode_png,
    plot_interpolation,
    plot_latent_walk,
    plot_reconstructions,
    plot_samples,
    tile_pictures,
    write_picture_grid,
    write_reconstruction_grid,
)
from subsong.reports.style import figure_to_svg

RNG = np.random.default_rng(0)


def read_pixels(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_pictures_lie_in_rows_on_white() -> None:
    images = np.stack([np.full((1, 2, 3), value) for value in (0.0, 0.5, 1.0)])
    grid = tile_pictures(images, num_columns=2, pad=1)
    assert grid.shape == (2 * 3 + 1, 2 * 4 + 1, 1)
    assert (grid[1:3, 1:4] == 0).all()
    assert (grid[1:3, 5:8] == 128).all()
    assert (grid[4:6, 1:4] == 255).all()
    assert (grid[0] == 255).all()
    assert (grid[3:, 5:] == 255).all()


@pytest.mark.parametrize(
    ("value", "value_range", "expected"),
    [
        (0.0, (-1, 1), 128),
        (-1, (-1, 1), 0),
        (7, (0, 1), 255),
        (-7, (0, 1), 0),
        (np.nan, (0, 1), 128),
        (51, (0, 255), 51),
    ],
)
def test_the_given_range_decides_the_brightness(value, value_range, expected) -> None:
    grid = tile_pictures(np.full((1, 1, 2, 2), value, dtype=float), 1, value_range, pad=0)
    assert (grid == expected).all()


def test_the_range_is_never_guessed_from_the_data() -> None:
    dim = np.full((1, 1, 2, 2), 0.1)
    bright = np.concatenate([dim, np.ones((1, 1, 2, 2))])
    assert (tile_pictures(bright, 1, pad=0)[:2] == tile_pictures(dim, 1, pad=0)).all()


@pytest.mark.parametrize("shape", [(0, 1, 4, 4), (2, 4, 4), (2, 2, 4, 4), (2, 1, 0, 4)])
def test_a_shape_that_makes_no_picture_is_refused(shape) -> None:
    with pytest.raises(SubsongError, match="pictures should have the shape"):
        tile_pictures(np.zeros(shape), 2)


def test_an_empty_range_and_no_columns_are_refused() -> None:
    with pytest.raises(SubsongError, match="low < high"):
        tile_pictures(np.zeros((1, 1, 2, 2)), 1, (1, 1))
    with pytest.raises(SubsongError, match="at least 1 column"):
        tile_pictures(np.zeros((1, 1, 2, 2)), 0)


@pytest.mark.parametrize("num_channels", [1, 3])
def test_a_written_grid_has_exact_pixels(tmp_path, num_channels) -> None:
    images = RNG.random((5, num_channels, 4, 6))
    write_picture_grid(tmp_path / "grid.png", images, num_columns=3, scale=2)
    expected = tile_pictures(images, 3).repeat(2, axis=0).repeat(2, axis=1)
    assert (read_pixels(tmp_path / "grid.png") == expected.squeeze()).all()


def test_the_same_pixels_give_the_same_file() -> None:
    pixels = tile_pictures(RNG.random((2, 3, 4, 4)), 2)
    assert encode_png(pixels) == encode_png(pixels)
    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize("num_pictures", [1, 3, 8, 50])
def test_reconstructions_lie_below_their_originals_in_eight_columns_at_most(tmp_path, num_pictures) -> None:
    targets = RNG.random((num_pictures, 1, 5, 5))
    write_reconstruction_grid(tmp_path / "reconstruction_0.png", targets, 1 - targets)
    pixels = read_pixels(tmp_path / "reconstruction_0.png")
    num_columns = min(8, num_pictures)
    assert pixels.shape == (2 * 7 + 2, num_columns * 7 + 2)
    last = slice(2 + 7 * (num_columns - 1), 7 * num_columns)
    assert (pixels[2:7, last] == np.round(targets[num_columns - 1, 0] * 255)).all()
    assert (pixels[9:14, last] == np.round((1 - targets[num_columns - 1, 0]) * 255)).all()


def test_pairs_of_unequal_shape_are_refused(tmp_path) -> None:
    with pytest.raises(SubsongError, match="one shape"):
        write_reconstruction_grid(tmp_path / "grid.png", np.zeros((2, 1, 4, 4)), np.zeros((2, 1, 4, 5)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("num_pictures", "num_bands"), [(1, 1), (4, 1), (9, 3)])
def test_reconstructions_are_drawn_in_bands(num_pictures, num_bands) -> None:
    images = RNG.random((num_pictures, 3, 6, 4))
    labels = [str(number) for number in range(num_pictures)]
    figure = plot_reconstructions(images, images, labels, num_columns=4)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert len(figure.axes) == num_bands
    assert texts.count("original") == texts.count("reconstruction") == num_bands
    assert set(labels) <= set(texts)


def test_pictures_in_a_figure_keep_their_pixels() -> None:
    images = RNG.random((3, 1, 6, 6))
    drawn = plot_samples(images).axes[0].images[0].get_array()
    assert (drawn[:, :6, 0] == np.round(images[0, 0] * 255)).all()
    assert (drawn[:, 6, 3] == 0).all()


def test_a_latent_walk_names_its_rows_and_steps() -> None:
    figure = plot_latent_walk(RNG.random((2, 3, 1, 4, 4)), [-2.5, 0.0, 2.5])
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert texts == {"dimension 0", "dimension 1", "\N{MINUS SIGN}2.5", "0", "+2.5"}


def test_a_latent_walk_needs_a_value_a_step() -> None:
    with pytest.raises(SubsongError, match="needs 3 values, not 2"):
        plot_latent_walk(np.zeros((2, 3, 1, 4, 4)), [0, 1])


def test_an_interpolation_goes_from_one_end_to_the_other() -> None:
    figure = plot_interpolation(RNG.random((2, 5, 3, 4, 4)))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert "<svg" in figure_to_svg(figure)


def test_strips_of_another_shape_are_refused() -> None:
    with pytest.raises(SubsongError, match="strips of pictures"):
        plot_interpolation(np.zeros((2, 1, 4, 4)))


def test_no_figure_is_wider_than_a_page() -> None:
    figure = plot_samples(RNG.random((30, 1, 200, 200)), num_columns=30)
    assert figure.get_size_inches()[0] * 25.4 <= 180.5
