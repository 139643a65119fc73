"""The file of peaks: taken up again after a kill, whole when it has its name."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.studio.sound.sounds_in_memory import describe

from subsong.studio.sound.peak_file import PeakFile, PeaksGoneError
from subsong.studio.sound.peaks import plan_peaks

PLAN = plan_peaks(describe(3600 * 2000, 2000))


def make_columns(num_columns: int = PLAN.num_columns) -> np.ndarray:
    columns = np.zeros(num_columns, PLAN.dtype)
    columns["greatest"], columns["is_made"] = np.arange(num_columns), 1
    return columns


def test_what_was_added_is_read_before_and_after_the_file_is_whole(tmp_path: Path) -> None:
    file = PeakFile(tmp_path / "a.peaks", PLAN)
    columns = make_columns()
    file.add(columns[:100])
    assert file.read(10, 20)["greatest"].tolist() == list(range(10, 20))
    with pytest.raises(PeaksGoneError):
        file.read(90, 101)


@pytest.mark.parametrize("torn", ["half a column", "zeros"])
def test_after_a_kill_it_goes_on_from_the_last_whole_column(tmp_path: Path, torn: str) -> None:
    columns = make_columns()
    PeakFile(tmp_path / "a.peaks", PLAN).add(columns[:100])
    (partial,) = tmp_path.iterdir()
    with open(partial, "ab") as file:
        file.write(bytes(1000) if torn == "zeros" else columns[100:102].tobytes()[:-5])
    again = PeakFile(tmp_path / "a.peaks", PLAN)
    again.take_up()
    assert again.num_ready == (100 if torn == "zeros" else 101)
    again.add(columns[again.num_ready :])
    again.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["a.peaks"]
    assert PeakFile(tmp_path / "a.peaks", PLAN).is_whole
    assert np.array_equal(again.read(0, PLAN.num_columns), columns)


def test_a_file_that_is_deleted_while_it_is_used_is_said_to_be_gone_and_made_anew(tmp_path: Path) -> None:
    file = PeakFile(tmp_path / "a.peaks", PLAN)
    file.add(make_columns(5))
    os.unlink(next(tmp_path.iterdir()))
    with pytest.raises(PeaksGoneError, match="ask again"):
        file.add(make_columns(5))
    assert file.num_ready == 0
    file.take_up()
    file.add(make_columns(5))
    assert file.num_ready == 5
