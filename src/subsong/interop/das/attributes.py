"""What a DAS dataset says of itself: ``attrs.npy``, a pickled dict, read without running anything that is in it.

Only plain containers, text, numbers, and NumPy arrays and scalars of these are built. Every name that a pickle may ask
for stands for a function of ours; any other name is refused.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from subsong.core.errors import SubsongError

ATTRIBUTES_NAME = "attrs.npy"
_MOST_BYTES = 1 << 28
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC, _BUILTINS = ("numpy.core.numeric", "numpy._core.numeric"), ("builtins", "__builtin__")


class DasAttributes(NamedTuple):
    """What is needed of the attributes of a DAS dataset.

    Attributes
    ----------
    sample_rate_hz
        Of sound and targets.
    class_names, class_kinds
        Columns of the targets; the first is ``noise``. Kinds are ``"segment"`` or ``"event"``.
    event_width_s, gap_s
        How the targets were made; 0 where it does not say.
    """

    sample_rate_hz: int
    class_names: tuple[str, ...]
    class_kinds: tuple[str, ...]
    event_width_s: float
    gap_s: float


def read_attributes(path: Path) -> DasAttributes:
    """Read the file ``attrs.npy`` of a dataset.

    Raises
    ------
    SubsongError
        When it holds anything that could run, is damaged, or lacks what a dataset must say.
    """
    attributes = _load(path)
    rate = _require(path, attributes, "samplerate_x_Hz")
    names = [str(name) for name in _require(path, attributes, "class_names")]
    kinds = [str(kind) for kind in _require(path, attributes, "class_types")]
    if len(names) != len(kinds) or not set(kinds) <= {"segment", "event"}:
        raise SubsongError(
            f"{path} has class_names {names} and class_types {kinds}: expected 'segment' or 'event' each"
        )
    if not isinstance(rate, int | float) or not float(rate).is_integer() or rate < 1:
        raise SubsongError(f"{path} has the sample rate {rate!r}: expected a whole number above 0")
    widths = (attributes.get(name) or 0.0 for name in ("event_std_seconds", "gap_seconds"))
    event_width_s, gap_s = (float(width) for width in widths)
    return DasAttributes(int(rate), tuple(names), tuple(kinds), event_width_s, gap_s)


def _require(path: Path, attributes: dict[Any, Any], name: str) -> Any:
    if attributes.get(name) is None:
        raise SubsongError(f"{path} does not say {name}: found {', '.join(map(str, attributes)) or 'nothing'}")
    return attributes[name]


def _load(path: Path) -> dict[Any, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SubsongError(f"{path} is larger than any attributes of a dataset: it is something else")
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read_header = np.lib.format.read_array_header_1_0
            shape, _, dtype = (read_header if version == (1, 0) else np.lib.format.read_array_header_2_0)(file)
            if shape != () or dtype != np.dtype(object):
                raise SubsongError(f"{path} holds {dtype} of shape {shape}: expected one dict, as DAS writes it")
            attributes = _to_plain(_PlainUnpickler(file).load())
    except FileNotFoundError as error:
        raise SubsongError(f"{path} is missing: copy the whole dataset") from error
    except _RefusedError as error:
        raise SubsongError(f"{path} asks for {error}, which could run a program: it is not opened") from error
    except (pickle.UnpicklingError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise SubsongError(f"{path} is damaged ({error}): make the dataset again") from error
    except (EOFError, RecursionError, OverflowError, MemoryError, UnicodeError, OSError) as error:
        raise SubsongError(f"{path} is damaged or cut short ({type(error).__name__}): make it again") from error
    if not isinstance(attributes, dict):
        raise SubsongError(f"{path} holds {type(attributes).__name__}: expected one dict, as DAS writes it")
    return attributes


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
