"""What a DAS dataset says of itself is read, and nothing that a pickle may ask for is run."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.interop.das.attributes import DasAttributes, read_attributes

GOOD: dict[str, Any] = {
    "samplerate_x_Hz": 10_000,
    "class_names": ["noise", "pulse", "sine"],
    "class_types": ["segment", "event", "segment"],
    "event_std_seconds": 0.0016,
    "gap_seconds": 0.0,
}
MADE = DasAttributes(10_000, ("noise", "pulse", "sine"), ("segment", "event", "segment"), 0.0016, 0.0)


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def save(path: Path, value: Any) -> Path:
    held = np.empty((), object)
    held[()] = value
    np.save(path, held, allow_pickle=True)
    return path


def save_raw(path: Path, pickled: bytes) -> Path:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": ()})
    path.write_bytes(buffer.getvalue() + pickled)
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"class_names": np.array(GOOD["class_names"])},
        {"class_names": np.array(GOOD["class_names"], object)},
        {"samplerate_x_Hz": np.float64(10_000), "gap_seconds": np.float32(0.0)},
        {"samplerate_x_Hz": 10_000.0, "file_splits": OrderedDict(train=1), "data_splits": {"a": {"train": [[0, 1]]}}},
        {"event_std_seconds": np.array(0.0016), "more": [None, True, 1j, b"x", (1, {2}), np.zeros((2, 3), ">i4")]},
    ],
)
def test_what_datasets_say_is_read(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert read_attributes(save(tmp_path / "attrs.npy", GOOD | changes)) == MADE


def test_what_older_pickles_and_numpys_say_is_read(tmp_path: Path) -> None:
    held = np.empty((), object)
    held[()] = GOOD | {"class_names": np.array(GOOD["class_names"])}
    for protocol in range(6):
        pickled = pickle.dumps(held, protocol=protocol)
        if protocol < 4:
            pickled = pickled.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
        assert read_attributes(save_raw(tmp_path / "attrs.npy", pickled)) == MADE


@pytest.mark.parametrize("where", ["top", "inside", "array"])
def test_a_pickle_that_would_run_something_is_refused_and_does_not(tmp_path: Path, where: str) -> None:
    evil = Evil(tmp_path / "ran")
    value = {"top": evil, "inside": GOOD | {"x": evil}, "array": GOOD | {"x": np.array([evil], object)}}[where]
    with pytest.raises(SubsongError, match=r"attrs\.npy asks for (posix|nt)\.system, which could run"):
        read_attributes(save(tmp_path / "attrs.npy", value))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "pickled",
    [
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cbuiltins\ngetattr\n.",
        b"cnumpy\nfromfile\n.",
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I9999999999\ntS'b'\ntR}b.",
        b"cnumpy\ndtype\n(S'O8'\ntR(dS'__code__'\nI1\nsb.",
        b"cnumpy\ndtype\n((lp0\n(S'a'\nS'O'\ntatR.",
        b"\x80\x04\x95",
        b"",
        b"I1\n.",
        b"}" + b"q" * 40,
    ],
)
def test_crafted_and_damaged_files_are_refused(tmp_path: Path, pickled: bytes) -> None:
    with pytest.raises(SubsongError, match=r"attrs\.npy"):
        read_attributes(save_raw(tmp_path / "attrs.npy", pickled))


def test_a_pickle_cannot_change_what_the_next_one_is_given(tmp_path: Path) -> None:
    with pytest.raises(SubsongError):
        read_attributes(save_raw(tmp_path / "attrs.npy", b"c_codecs\nencode\n(N}S'__defaults__'\nNstb."))
    test_what_older_pickles_and_numpys_say_is_read(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samplerate_x_Hz": None}, "does not say samplerate_x_Hz"),
        ({"samplerate_x_Hz": 0.5}, "sample rate 0.5"),
        ({"class_types": ["segment", "event"]}, "class_types"),
        ({"class_types": ["segment", "event", "sine"]}, "expected 'segment' or 'event'"),
    ],
)
def test_what_is_lacking_is_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SubsongError, match=message):
        read_attributes(save(tmp_path / "attrs.npy", GOOD | changes))


def test_other_arrays_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "attrs.npy", np.zeros(3))
    with pytest.raises(SubsongError, match="expected one dict"):
        read_attributes(tmp_path / "attrs.npy")
