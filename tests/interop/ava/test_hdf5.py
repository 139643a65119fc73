"""AVA's HDF5 files."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.interop.ava.hdf5 import SpecFile, find_hdf5, map_specs, read_column, read_specs, write_specs

from .files import make_specs, write_like_ava


def test_a_file_of_avas_is_read(tmp_path: Path) -> None:
    write_like_ava(tmp_path / "a.hdf5", 3, 4)
    content = read_specs(tmp_path / "a.hdf5")
    np.testing.assert_array_equal(content.specs, make_specs(3, 4))
    np.testing.assert_array_equal(content.onsets, [0.25, 1.25, 2.25, 3.25])
    assert content.audio_filenames == ["audio/bird3.wav"] * 4


def test_what_is_written_is_read_again_and_has_avas_types(tmp_path: Path) -> None:
    content = SpecFile(
        make_specs(1, 3), np.array([0.1, 0.2, 0.3]), np.array([0.15, 0.25, 0.35]), ["a.wav", "ö.wav", "b"]
    )
    write_specs(tmp_path / "a.hdf5", content)
    again = read_specs(tmp_path / "a.hdf5")
    np.testing.assert_array_equal(again.specs, content.specs)
    assert again.audio_filenames == content.audio_filenames
    with h5py.File(tmp_path / "a.hdf5") as file:
        assert {name: file[name].dtype.kind for name in file} == dict(
            audio_filenames="S", offsets="f", onsets="f", specs="f"
        )
        assert file["specs"].dtype == np.float64
        assert not file.attrs


def test_files_of_windows_have_no_onsets(tmp_path: Path) -> None:
    write_specs(tmp_path / "a.hdf5", SpecFile(make_specs(1, 3).astype("f4"), audio_filenames=["a.wav"] * 3))
    assert read_specs(tmp_path / "a.hdf5").onsets is None
    with pytest.raises(SubsongError, match="has no data set 'onsets'"):
        read_column(tmp_path / "a.hdf5", "onsets")


@pytest.mark.parametrize("storage", [{}, {"compression": "gzip"}, {"dtype": "f4"}, {"dtype": ">f8"}])
def test_spectrograms_are_mapped_however_they_are_stored(tmp_path: Path, storage: dict[str, str]) -> None:
    specs = make_specs(2, 3).astype("f4").astype("f8")
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.create_dataset("specs", data=specs, **storage)
    np.testing.assert_array_equal(map_specs(tmp_path / "a.hdf5"), specs)


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.hdf5").write_bytes(b"no hdf5")
    with h5py.File(tmp_path / "empty.hdf5", "w"):
        pass
    for name, message in (("bad", "no HDF5 file"), ("empty", "three axes"), ("missing", "no file")):
        with pytest.raises(SubsongError, match=message):
            read_specs(tmp_path / f"{name}.hdf5")
    with pytest.raises(SubsongError, match="no folder"):
        find_hdf5([tmp_path / "nowhere"])


def test_columns_of_different_length_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["specs"], file["onsets"] = make_specs(1, 3), np.zeros(2)
    with pytest.raises(SubsongError, match="differ in length"):
        read_specs(tmp_path / "a.hdf5")
