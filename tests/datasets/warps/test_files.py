from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.files import load_warp, write_warp
from subsong.datasets.warps.fitting import fit_warp
from subsong.datasets.warps.time_base import TimeBase

BASE = TimeBase(start_s=-0.1, dt_s=0.004, num_time_bins=20)
CONFIG = WarpConfig(kind="piecewise", num_knots=2, num_iterations=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fitted = fit_warp(np.random.default_rng(0).random((3, 20, 2)), CONFIG)
    return write_warp(tmp_path / "warp", fitted, CONFIG, BASE)


def test_what_is_read_is_what_was_written(folder: Path) -> None:
    fitted = fit_warp(np.random.default_rng(0).random((3, 20, 2)), CONFIG)
    stored = load_warp(folder)
    assert (stored.config, stored.time_base) == (CONFIG, BASE)
    for found, expected in zip((*stored.fitted[0], *stored.fitted[1:]), (*fitted[0], *fitted[1:]), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="is not a fitted warp"):
        load_warp(tmp_path)


def test_a_newer_format_is_refused_in_words(folder: Path) -> None:
    write_json(folder / "warp.json", read_json(folder / "warp.json") | {"format_version": 2})
    with pytest.raises(SubsongError, match="format 2"):
        load_warp(folder)


@pytest.mark.parametrize("content", [b"", b"not numbers"])
def test_damaged_arrays_are_told(folder: Path, content: bytes) -> None:
    (folder / "arrays.safetensors").write_bytes(content)
    with pytest.raises(SubsongError, match="damaged"):
        load_warp(folder)


def test_a_damaged_description_is_told(folder: Path) -> None:
    write_json(folder / "warp.json", read_json(folder / "warp.json") | {"time_base": {"start": 0}})
    with pytest.raises(SubsongError, match="damaged"):
        load_warp(folder)


def test_a_template_on_another_time_base_is_not_written(tmp_path: Path) -> None:
    fitted = fit_warp(np.random.default_rng(0).random((3, 21, 2)), CONFIG)
    with pytest.raises(ValueError, match="21 frames"):
        write_warp(tmp_path / "warp", fitted, CONFIG, BASE)
    assert not (tmp_path / "warp").exists()
