"""Predictions of DAS in HDF5 become annotations: lists in groups, long ones in pickles, nothing run."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.interop.das.predictions import read_das_predictions

from .test_attributes import Evil

_LONGEST = 255


def write_like_das(path: Path, content: dict[str, Any]) -> Path:
    """Write as DAS does by pytables: a group a dict or short list, scalars as attributes, long lists pickled."""
    with h5py.File(path, "w") as file:
        for name, value in content.items():
            write_node(file, name, value)
    return path


def write_node(parent: h5py.Group, name: str, value: Any) -> None:
    if isinstance(value, dict) or (isinstance(value, list) and len(value) <= _LONGEST):
        is_list = isinstance(value, list)
        group = parent.create_group(name)
        group.attrs["TITLE"] = np.bytes_(f"{'list' if is_list else 'dict'}:{len(value)}")
        group.attrs["CLASS"] = np.bytes_("GROUP")
        for key, one in enumerate(value) if is_list else value.items():
            write_node(group, f"i{key}" if is_list else key, one)
    elif isinstance(value, list | Evil):
        data = np.frombuffer(pickle.dumps(value, protocol=0), np.uint8)
        parent.create_dataset(name, (1,), h5py.vlen_dtype(np.uint8))[0] = data
    elif isinstance(value, np.ndarray):
        parent[name] = value
    else:
        parent.attrs[name] = value


def make(num_events: int) -> dict[str, Any]:
    seconds = [np.float64(0.1 * number + 0.05) for number in range(num_events)]
    events = {"samplerate_Hz": 10_000.0, "names": ["pulse"], "seconds": seconds, "sequence": ["pulse"] * num_events}
    segments = {
        "index": np.array([0, 2]),
        "names": ["noise", "sine"],
        "onsets_seconds": np.array([0.2, 0.8]),
        "offsets_seconds": np.array([0.5, 0.9]),
        "sequence": ["sine", "sine"],
        "probabilities": np.zeros((4, 2)),
    }
    return {"events": {**events, "probabilities": [0.9] * num_events}, "segments": segments}


@pytest.mark.parametrize("num_events", [3, 300])
def test_events_and_segments_are_read(tmp_path: Path, num_events: int) -> None:
    table = read_das_predictions(write_like_das(tmp_path / "song_das.h5", make(num_events)))
    assert table["recording"].unique().to_list() == ["song"]
    assert table["onset_s"].is_sorted()
    segments = table.filter(table["label"] == "sine").select("onset_s", "offset_s").rows()
    assert segments == [(0.2, 0.5), (0.8, 0.9)]
    events = table.filter(table["label"] == "pulse")
    np.testing.assert_allclose(events["onset_s"], 0.1 * np.arange(num_events) + 0.05)
    assert events["onset_s"].equals(events["offset_s"].alias("onset_s"))


def test_segments_named_by_number_have_their_name(tmp_path: Path) -> None:
    content = make(1)
    content["segments"]["sequence"] = np.array([2, 2])
    table = read_das_predictions(write_like_das(tmp_path / "song_das.h5", content))
    assert table["label"].to_list() == ["pulse", "sine", "sine"]


def test_what_is_damaged_is_said_and_nothing_is_run(tmp_path: Path) -> None:
    content = make(1)
    content["segments"]["sequence"] = ["sine"]
    with pytest.raises(SubsongError, match="2 times and 1 names"):
        read_das_predictions(write_like_das(tmp_path / "a_das.h5", content))
    content["segments"]["sequence"] = Evil(tmp_path / "ran")
    with pytest.raises(SubsongError, match="could run a program"):
        read_das_predictions(write_like_das(tmp_path / "b_das.h5", content))
    assert not (tmp_path / "ran").exists()
    with pytest.raises(SubsongError, match="neither events nor segments"):
        read_das_predictions(write_like_das(tmp_path / "c_das.h5", {}))
    (tmp_path / "d_das.h5").write_bytes(b"no")
    with pytest.raises(SubsongError, match="no HDF5 file, or a damaged one"):
        read_das_predictions(tmp_path / "d_das.h5")
