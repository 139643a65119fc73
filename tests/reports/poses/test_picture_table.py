"""Tables of pictures: exact elements, labels that fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.reports.poses.picture_table import PictureTable, plot_picture_table, shorten
from subsong.reports.style import save_figure

RNG = np.random.default_rng(0)


def make_cells(num_rows: int = 2, num_columns: int = 3, size: int = 8) -> np.ndarray:
    cells = RNG.integers(0, 256, (num_rows, num_columns, size, size, 4), dtype=np.uint8)
    cells[..., 3] = 255
    return cells


def read_saved(table: PictureTable, path: Path) -> np.ndarray:
    save_figure(plot_picture_table(table), path)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def find_picture(pixels: np.ndarray, picture: np.ndarray, scale: int) -> tuple[int, int]:
    """Return where a picture, each element `scale` dots wide, begins in a larger one."""
    enlarged = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    height, width = enlarged.shape[:2]
    corners = (pixels == enlarged[0, 0]).all(axis=2)
    for top, left in np.argwhere(corners[: len(pixels) - height + 1, : pixels.shape[1] - width + 1]):
        if (pixels[top : top + height, left : left + width] == enlarged).all():
            return int(top), int(left)
    raise AssertionError("the picture is not there element by element")


def test_every_element_of_every_picture_is_a_square_of_equal_dots(tmp_path: Path) -> None:
    cells = make_cells()
    pixels = read_saved(PictureTable(cells, ["anna", "ben"], ["one", "two", "three"]), tmp_path / "table.png")
    # 26 mm at 300 dots an inch are 307 dots: 38 for each of 8 elements.
    places = [find_picture(pixels, cells[row, column, ..., :3], 38) for row in range(2) for column in range(3)]
    assert len({top for top, _ in places}) == 2
    assert len({left for _, left in places}) == 3


def test_a_break_is_wider_than_the_other_gaps(tmp_path: Path) -> None:
    cells = make_cells(1, 3)
    pixels = read_saved(PictureTable(cells, column_breaks=(2,)), tmp_path / "table.png")
    lefts = [find_picture(pixels, cells[0, column, ..., :3], 38)[1] for column in range(3)]
    assert lefts[2] - lefts[1] > lefts[1] - lefts[0]


def test_labels_lie_within_the_picture_and_off_the_cells(tmp_path: Path) -> None:
    cells = make_cells(2, 2, 16)
    names = ["Wwwwwwwwwwwwwwwwwwwwww", "b"]
    pixels = read_saved(PictureTable(cells, names, [*names]), tmp_path / "table.png")
    edges = np.concatenate([pixels[:2].reshape(-1, 3), pixels[:, :2].reshape(-1, 3)])
    assert (edges == 255).all()
    assert (pixels[:, :400] < 128).any()
    find_picture(pixels, cells[0, 0, ..., :3], 19)


def test_a_table_of_many_columns_is_drawn_dot_by_dot(tmp_path: Path) -> None:
    cells = make_cells(1, 40, 64)
    pixels = read_saved(PictureTable(cells), tmp_path / "table.png")
    assert pixels.shape[:2] == (64, 40 * 64 + 39 * 8)
    assert (pixels[:, -64:] == cells[0, -1, ..., :3]).all()


def test_more_pictures_than_a_file_holds_are_refused() -> None:
    with pytest.raises(SubsongError, match=r"900 x 1 pictures are too many .* choose fewer"):
        plot_picture_table(PictureTable(np.zeros((900, 1, 80, 80, 4), np.uint8)))


def test_a_table_without_pictures_is_refused() -> None:
    with pytest.raises(SubsongError, match=r"shape \(R, C, H, W, 4\), not \(0, 3, 8, 8, 4\)"):
        plot_picture_table(PictureTable(np.zeros((0, 3, 8, 8, 4), np.uint8)))


def test_a_long_name_loses_its_middle() -> None:
    assert shorten("walk/left/1") == "walk/left/1"
    assert shorten("a-very-long-name-of-a-pose-17") == "a-very-lon…-a-pose-17"
