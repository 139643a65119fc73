"""Pickles that are read without executing them."""

from __future__ import annotations

import collections
import pickle

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.pickle_values import read_pickle_values

SHARED = [1, 2]
VALUES = {
    "plain": [None, True, False, 3, -(2**70), 2.5, "text", "ä", b"bytes", (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "nested": {"a": {"b": [[], {}]}},
    "shared": [SHARED, SHARED],
}
ARRAYS = {
    "double": np.random.default_rng(0).normal(size=(3, 4)),
    "big-endian": np.arange(5, dtype=">i4"),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "flags": np.array([True, False]),
    "texts": np.array(["a", "bcd"]),
    "objects": np.array(["a", 1, None], object),
    "scalar": np.float32(1.5),
    "empty": np.zeros((0, 3)),
}


def save(path, value, protocol):
    path.write_bytes(pickle.dumps(value, protocol))
    return path


class Runs:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_come_back(tmp_path, protocol):
    assert read_pickle_values(save(tmp_path / "a.p", VALUES, protocol)) == VALUES


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back(tmp_path, name, protocol):
    value = read_pickle_values(save(tmp_path / "a.p", {"x": ARRAYS[name], "y": [ARRAYS[name]]}, protocol))
    np.testing.assert_array_equal(value["x"], ARRAYS[name])
    np.testing.assert_array_equal(value["y"][0], ARRAYS[name])


def test_text_arrays_of_python_2_come_back(tmp_path):
    # What Python 2 wrote for numpy.array([1.0, -2.0]) with protocol 2, its bytes being a str.
    data = np.array([1.0, -2.0]).tobytes()
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85cnumpy\ndtype\n"
        b"U\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x10" + data + b"tb."
    )
    (tmp_path / "a.p").write_bytes(content)
    np.testing.assert_array_equal(read_pickle_values(tmp_path / "a.p"), [1.0, -2.0])


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(tmp_path, protocol):
    path = save(tmp_path / "a.p", {"imgs": [Runs(tmp_path / "ran")]}, protocol)
    with pytest.raises(
        SubsongError, match=r"a call of (io|_io|__builtin__)\.open, .*not read, as it could run a program"
    ):
        read_pickle_values(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "value",
    [collections.OrderedDict(a=1), {1, 2}, range(3), np.dtype([("a", "f8")])],
    ids=lambda value: str(type(value)),
)
def test_other_classes_are_refused(tmp_path, value):
    with pytest.raises(SubsongError, match=r"a\.p (holds|cannot be read as a pickle)"):
        read_pickle_values(save(tmp_path / "a.p", value, 4))


def test_raw_bytes_never_become_objects(tmp_path):
    # An array of objects whose content is bytes would be a list of forged addresses.
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x01\x85cnumpy\ndtype\n"
        b"U\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x08AAAAAAAAtb."
    )
    (tmp_path / "a.p").write_bytes(content)
    with pytest.raises(SubsongError, match="cannot be read as a pickle of plain values"):
        read_pickle_values(tmp_path / "a.p")


def test_every_cut_of_a_pickle_is_one_sentence(tmp_path):
    content = pickle.dumps(VALUES | ARRAYS, 2)
    for length in range(0, len(content) - 1, 41):
        (tmp_path / "a.p").write_bytes(content[:length])
        with pytest.raises(SubsongError, match=r"a\.p"):
            read_pickle_values(tmp_path / "a.p")
