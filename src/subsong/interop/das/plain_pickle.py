"""Pickles of plain values, as DAS leaves them in its files, read without running anything that is in them.

Only plain containers, text, numbers, and NumPy arrays and scalars of these are built. Every name that a pickle may ask
for stands for a function of ours; any other name is refused.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from subsong.core.errors import SubsongError

_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC, _BUILTINS = ("numpy.core.numeric", "numpy._core.numeric"), ("builtins", "__builtin__")


def read_plain_pickle(file: IO[bytes], path: Path) -> Any:
    """Return the plain value of a pickle, arrays as lists.

    Parameters
    ----------
    file
        Open where the pickle begins.
    path
        What errors call it.

    Raises
    ------
    SubsongError
        When it holds anything that could run, or is damaged.
    """
    try:
        return _to_plain(_PlainUnpickler(file).load())
    except _RefusedError as error:
        raise SubsongError(f"{path} asks for {error}, which could run a program: it is not opened") from error
    except (pickle.UnpicklingError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise SubsongError(f"{path} is damaged ({error}): make it again") from error
    except (EOFError, RecursionError, OverflowError, MemoryError) as error:
        raise SubsongError(f"{path} is damaged or cut short ({type(error).__name__}): make it again") from error


class _RefusedError(Exception):
    """A pickle asks for a name that is not among those of plain values."""


class _Dtype:
    """A NumPy type that is being built: state other than a byte order is refused."""

    def __init__(self, name: str, align: bool = False, copy: bool = False) -> None:
        if not isinstance(name, str):
            raise _RefusedError("a structured type")
        self.dtype = np.dtype(name)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, order, subtype, names, fields, *_ = state
        if subtype is not None or names is not None or fields is not None:
            raise _RefusedError("a structured type")
        self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """A NumPy array that is being built; `values` is its content as lists."""

    values: Any = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, is_fortran, data = state
        if dtype.dtype == np.dtype(object):
            self.values = data[0] if shape == () else list(data)
        else:
            self.values = np.frombuffer(data, dtype.dtype).reshape(shape, order="F" if is_fortran else "C").tolist()


def _build_array(kind: object, shape: object, code: object) -> _Array:
    return _Array()


def _build_from_buffer(data: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str, *axes: object) -> _Array:
    array = _Array()
    array.__setstate__((1, shape, dtype, order == "F", data))
    return array


def _build_scalar(dtype: _Dtype, data: bytes) -> Any:
    if dtype.dtype == np.dtype(object):
        raise _RefusedError("an object inside a number")
    return np.frombuffer(data, dtype.dtype)[0].item()


def _encode(text: str, encoding: str = "latin1") -> bytes:
    return text.encode("latin1")


_MAKERS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "dtype"): _Dtype,
    ("collections", "OrderedDict"): dict,
    ("_codecs", "encode"): _encode,
    **{(builtins, kind.__name__): kind for builtins in _BUILTINS for kind in (complex, set, frozenset)},
    **{(numeric, "_frombuffer"): _build_from_buffer for numeric in _NUMERIC},
    **{(multiarray, "_reconstruct"): _build_array for multiarray in _MULTIARRAY},
    **{(multiarray, "scalar"): _build_scalar for multiarray in _MULTIARRAY},
}


class _PlainUnpickler(pickle.Unpickler):
    """Builds plain values alone."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name, or refuse it."""
        if (module, name) == ("numpy", "ndarray"):
            return None
        if (module, name) not in _MAKERS:
            raise _RefusedError(f"{module}.{name}")
        make = _MAKERS[module, name]
        # A function of its own each time: a pickle may write into what it is given.
        return lambda *parts: make(*parts)


def _to_plain(value: Any) -> Any:
    """Return a value with the arrays in it as lists."""
    if isinstance(value, _Array):
        return _to_plain(value.values)
    if isinstance(value, _Dtype):
        return value.dtype.str
    if isinstance(value, dict):
        return {_to_plain(key): _to_plain(content) for key, content in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_to_plain(content) for content in value]
    return value
